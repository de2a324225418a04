import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Clock } from '../../src/config/clock.js';
import type { Database } from '../../src/database/database.js';
import { EmbeddedDatabase } from '../../src/database/embedded-database.js';
import { migrate } from '../../src/database/migrations.js';
import { PostgresDatabase } from '../../src/database/postgres-database.js';
import { loadCalibration } from '../../src/knowledge/calibration.js';
import { openKnowledge, type ImportEvent, type Knowledge } from '../../src/knowledge/index.js';
import type { KnowledgeOptions } from '../../src/knowledge/knowledge.js';
import type { Embedder } from '../../src/models/embedder.js';
import { freshDatabase, postgresServer } from '../support/postgres.js';
import { tempFolder } from '../support/temp-folder.js';
import { HashingEmbedder } from './hashing-embedder.js';

/** A clock that stands still at a day's noon in Korea. */
export class DayClock extends Clock {
  day = '2026-11-24';

  override now(): Date {
    return new Date(`${this.day}T12:00:00+09:00`);
  }

  override monotonic(): number {
    return 0;
  }

  override computed(): number {
    return 0;
  }
}

type StoreKind = Database['kind'];

/** The stores that tests run on: PostgreSQL where a server is given. */
export const STORES: StoreKind[] = postgresServer === undefined ? ['embedded'] : ['embedded', 'postgres'];

/** The room over a store of its own, and a folder of files to import. */
export class Room {
  readonly clock = new DayClock();
  private readonly folder = tempFolder();

  readonly embedder = new HashingEmbedder();

  private constructor(
    readonly database: Database,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  /** @param prepare makes the schema: today's where it is not given */
  static async open(
    kind: StoreKind = 'embedded',
    prepare: (database: Database) => Promise<void> = migrate,
  ): Promise<Room> {
    const server = kind === 'postgres' ? await freshDatabase() : undefined;
    const database = server ? new PostgresDatabase(server.url) : await EmbeddedDatabase.open();
    await prepare(database);
    return new Room(database, async () => server?.drop());
  }

  /** The parts over this store, as a new process would make them. */
  knowledge(embedder: Embedder = this.embedder, options: KnowledgeOptions = {}): Knowledge {
    const calibration = { ...loadCalibration(), embedder: this.embedder.id };
    return openKnowledge(this.database, embedder, this.clock, { calibration, ...options });
  }

  get path(): string {
    return this.folder.path;
  }

  /** Writes a file below the folder; returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  erase(name: string): void {
    rmSync(join(this.path, name));
  }

  /** Empties the store and the folder. */
  async clear(): Promise<void> {
    await this.database.script(`
      SELECT switch_vector_set(0);
      TRUNCATE passages, documents, exemplar_texts, exemplars, settings;
    `);
    rmSync(this.path, { recursive: true });
    mkdirSync(this.path);
    this.clock.day = '2026-11-24';
    this.embedder.available = true;
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.dropDatabase();
    this.folder.remove();
  }
}

export async function all(events: AsyncIterable<ImportEvent>): Promise<ImportEvent[]> {
  const found: ImportEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

export const statute = (title: string, from: string, articles: string, number = '1'): string => `---
제목: ${title}
법령MST: ${number}
법령구분: 법률
시행일자: ${from}
---

# ${title}

## 제1장 총칙

${articles}

## 부칙

제1조(시행일) 이 법은 공포한 날부터 시행한다.
`;

export const sheet = (id: string, title: string, body: string): string => `---
id: ${id}
title: ${title}
category: 예적금
valid_from: 2026-09-01
aliases: [예금]
---
# ${title}

${body}
`;
