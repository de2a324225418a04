import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { Retention } from './retention.js';

const DAILY = 86_400_000;
/** After the start, so that customers come first, milliseconds. */
const FIRST = 60_000;

/** The daily run of a service; commands have none. */
@Injectable()
export class RetentionSchedule implements OnApplicationShutdown {
  readonly #logger = new Logger('retention');
  readonly #stop = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(private readonly retention: Retention) {}

  /** To be called once by the service. */
  begin(): void {
    this.#timers.push(
      setTimeout(() => void this.#run(), FIRST),
      setInterval(() => void this.#run(), DAILY),
    );
    for (const timer of this.#timers) timer.unref();
  }

  onApplicationShutdown(): void {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #run(): Promise<void> {
    try {
      for await (const { record, removed } of this.retention.run(false, this.#stop.signal))
        if (removed > 0) this.#logger.log({ record, removed });
    } catch (error) {
      this.#logger.error({ what: 'retention', code: AppError.from(error).code });
    }
  }
}
