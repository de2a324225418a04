import { AppError } from '../config/app-error.js';

/** How often work is tried again while the store is away, and the pause between two tries, milliseconds: 20 s in all. */
const RETRY = { tries: 40, pause: 500 };

/**
 * Work that must not be lost once it is decided: waits for a store that is away to come back.
 * @param onAway called once, when it has to wait
 * @throws what the work throws; `store.unavailable` after the last try
 */
export async function whileAway<T>(work: () => Promise<T>, onAway?: () => void): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (AppError.from(error).code !== 'store.unavailable' || attempt >= RETRY.tries) throw error;
      if (attempt === 1) onAway?.();
      await new Promise((resolve) => setTimeout(resolve, RETRY.pause));
    }
  }
}
