import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '../config/config.module.js';
import type { Settings } from '../config/settings.js';
import { TurnModule } from '../conversation/turn.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { KnowledgeModule } from '../knowledge/knowledge.module.js';
import { ModelsModule } from '../models/models.module.js';

/** What commands need of the application: the store, knowledge, models and the turn, without sockets and HTTP. */
@Module({})
export class CommandsModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: CommandsModule,
      imports: [ConfigModule.with(settings), DatabaseModule, ModelsModule, KnowledgeModule, TurnModule],
    };
  }
}
