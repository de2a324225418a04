import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { Vault } from '../privacy/index.js';
import { Audit } from './audit.js';
import { Retention } from './retention.js';

const HOURLY = 3_600_000;
const DAILY = 24 * HOURLY;
/** After the start, so that customers come first, milliseconds. */
const FIRST_RETENTION = 60_000;

/** What a service does by itself for its records: anchors of the audit log every hour, retention every day. Commands have none of it. */
@Injectable()
export class RecordKeeping implements OnApplicationShutdown {
  readonly #logger = new Logger('records');
  readonly #stop = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly audit: Audit,
    private readonly retention: Retention,
    private readonly vault: Vault,
  ) {}

  /**
   * To be called once by the service. An audit log that cannot be written does not keep it from starting: customers get its safe texts.
   * @throws AppError `vault.wrong-key`
   */
  async begin(): Promise<void> {
    await this.vault.lock();
    await this.#tried('anchor', () => this.audit.anchor('begin'));
    this.#timers.push(
      setInterval(() => void this.#tried('anchor', () => this.audit.anchor('hourly')), HOURLY),
      setTimeout(() => void this.#tried('retention', () => this.#retain()), FIRST_RETENTION),
      setInterval(() => void this.#tried('retention', () => this.#retain()), DAILY),
    );
    for (const timer of this.#timers) timer.unref();
  }

  onApplicationShutdown(): void {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #retain(): Promise<void> {
    for await (const { record, removed } of this.retention.run(false, this.#stop.signal))
      if (removed > 0) this.#logger.log({ record, removed });
  }

  async #tried(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.error({ what, code: AppError.from(error).code });
    }
  }
}
