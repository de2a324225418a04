import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from './database.js';
import { openDatabase } from './open-database.js';

/** The store, open and migrated. It closes last, after every room has said what it had to. */
@Global()
@Module({
  providers: [{ provide: Database, inject: [Settings], useFactory: (settings: Settings) => openDatabase(settings) }],
  exports: [Database],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
