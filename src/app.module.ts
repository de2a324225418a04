import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { randomBytes } from 'node:crypto';
import { ChatModule } from './chat/chat.module.js';
import { AdminController, AdminToken } from './commands/admin.controller.js';
import { CommandsModule } from './commands/commands.module.js';
import type { Settings } from './config/settings.js';
import { OperationsModule } from './operations/operations.module.js';

/** The service: everything that commands use, and the ways in for customers and operators. */
@Module({})
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot({ pinoHttp: { level: settings.logLevel, autoLogging: false, quietReqLogger: true } }),
        CommandsModule.with(settings),
        ChatModule,
        OperationsModule,
      ],
      controllers: [AdminController],
      providers: [
        { provide: AdminToken, useValue: { value: randomBytes(32).toString('base64url') } satisfies AdminToken },
      ],
    };
  }
}
