import type { Database } from './database.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { migrate } from './migrations.js';
import { PostgresDatabase } from './postgres-database.js';

/** Opens and migrates the configured store: PostgreSQL where a URL is given, else the embedded one in the data folder. */
export async function openDatabase(settings: {
  databaseUrl?: string | undefined;
  dataFolder: string;
}): Promise<Database> {
  const database = settings.databaseUrl
    ? new PostgresDatabase(settings.databaseUrl)
    : await EmbeddedDatabase.open(settings.dataFolder);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
