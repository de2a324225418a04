import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { OpenConversations } from './report.js';

/** What the store knows of itself. */
@Injectable()
export class StoreFacts {
  constructor(private readonly database: Database) {}

  async openConversations(): Promise<OpenConversations> {
    const rows = await this.database.query<{ state: keyof OpenConversations; count: number }>(
      `SELECT state, count(*)::int AS count FROM conversations WHERE state <> 'closed' GROUP BY state`,
    );
    const counts: OpenConversations = { assistant: 0, queued: 0, counsellor: 0 };
    for (const { state, count } of rows) counts[state] = count;
    return counts;
  }

  async bytes(): Promise<number> {
    const [row] = await this.database.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    return Number(row!.bytes);
  }

  /** The newest migration that was applied. */
  async migration(): Promise<string> {
    const [row] = await this.database.query<{ name: string }>('SELECT max(name) AS name FROM migrations');
    return row!.name;
  }
}
