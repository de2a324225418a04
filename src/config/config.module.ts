import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Clock, Ids, SystemClock, UuidIds } from './clock.js';
import { Settings } from './settings.js';

/** Settings, time and ids, for every room. */
@Global()
@Module({})
export class ConfigModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: Clock, useClass: SystemClock },
        { provide: Ids, useClass: UuidIds },
      ],
      exports: [Settings, Clock, Ids],
    };
  }
}
