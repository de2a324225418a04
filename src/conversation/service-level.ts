import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Audit } from '../accounts/index.js';
import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { Database } from '../database/database.js';
import { LEVELS, type Level, type LevelChange } from './level.js';

export { LEVELS, type Level, type LevelChange };

type Listener = (level: Level, before: Level) => void;

/** Another process on the same PostgreSQL may have changed the level: it is read again so often, milliseconds. */
const POLL = 1_000;
const REASON_LIMIT = 200;

/**
 * The operator's switch. It is kept in the store, holds for every process on it and over restarts; while the store is away the
 * last known level stands. Reading it costs nothing, so that it can be asked before every sentence.
 */
@Injectable()
export class ServiceLevel implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('service level');
  readonly #listeners = new Set<Listener>();
  readonly #permits = new Map<Level, AbortController>();
  #current: Level = 'full';
  /** Of the change that is in force; a poll that was overtaken by a newer change must not undo it. */
  #changeId = 0;
  #poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.#read();
    // The embedded store has this process alone.
    if (this.database.kind !== 'postgres') return;
    this.#poll = setInterval(() => void this.#read().catch(() => undefined), POLL);
    this.#poll.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#poll);
  }

  get current(): Level {
    return this.#current;
  }

  allows(least: Level): boolean {
    return LEVELS.indexOf(this.#current) >= LEVELS.indexOf(least);
  }

  /** A signal for work that needs at least this level: aborted as soon as the service is below it. */
  holding(least: Level): AbortSignal {
    if (!this.allows(least)) return AbortSignal.abort();
    const permit = this.#permits.get(least) ?? new AbortController();
    this.#permits.set(least, permit);
    return permit.signal;
  }

  /**
   * Takes effect in this process before it returns, in others on the same store within about a second.
   * @throws AppError `input.invalid` for a reason that is too long; `store.unavailable`: nothing was changed.
   */
  async set(level: Level, by: LevelChange['by'], reason?: string): Promise<LevelChange> {
    const given = reason?.trim() || undefined;
    if (given !== undefined && given.length > REASON_LIMIT)
      throw AppError.of('input.invalid', { field: 'reason', expected: `≤ ${REASON_LIMIT}` });
    // Stepping down must work while the audit log does not; the change itself is kept in its own table.
    await this.audit
      .record({ stage: 'admin', action: 'level', detail: { level, by } })
      .catch((error) => this.#logger.warn({ what: 'audit of a level', code: AppError.from(error).code }));
    const [row] = await this.database.query<LevelRow>(
      `INSERT INTO service_level_changes (level, reason, by, at) VALUES ($1, $2, $3, $4) RETURNING ${COLUMNS}`,
      [level, given ?? null, by, this.clock.now()],
    );
    this.#apply(row!);
    return toChange(row!);
  }

  /** The newest changes first. */
  async history(limit: number): Promise<LevelChange[]> {
    const rows = await this.database.query<LevelRow>(
      `SELECT ${COLUMNS} FROM service_level_changes ORDER BY id DESC LIMIT $1`,
      [limit],
    );
    return rows.map(toChange);
  }

  /** Calls `listener` after each change from now on. */
  onChange(listener: Listener): void {
    this.#listeners.add(listener);
  }

  async #read(): Promise<void> {
    const [newest] = await this.database.query<LevelRow>(
      `SELECT ${COLUMNS} FROM service_level_changes ORDER BY id DESC LIMIT 1`,
    );
    if (newest) this.#apply(newest);
  }

  #apply({ id, level }: LevelRow): void {
    if (id <= this.#changeId) return;
    const before = this.#current;
    this.#changeId = id;
    this.#current = level;
    if (level === before) return;
    this.#logger.log({ from: before, to: level });
    for (const [least, permit] of this.#permits)
      if (!this.allows(least)) {
        this.#permits.delete(least);
        permit.abort();
      }
    for (const listener of this.#listeners) listener(level, before);
  }
}

const COLUMNS = 'id, level, reason, by, at';

interface LevelRow {
  id: number;
  level: Level;
  reason: string | null;
  by: LevelChange['by'];
  at: Date;
}

function toChange({ level, reason, by, at }: LevelRow): LevelChange {
  return { level, ...(reason === null ? {} : { reason }), by, at: at.toISOString() };
}
