import { ContextOverflowError } from '@langchain/core/errors';
import { parseRetryAfterMs } from '@langchain/core/utils/async_caller';
import type { ModelReason } from './model-reason.js';

/** Why a server of models gave no answer, or no whole one. Holds nothing that the server said: that may quote the prompt. */
export class HostFailure extends Error {
  constructor(
    readonly reason: ModelReason,
    /** Another host may do better. False where the request itself is at fault. */
    readonly elsewhere = true,
    /** How long the host asks to be left alone, ms. */
    readonly retryAfterMs?: number,
  ) {
    super(reason);
  }

  /** What a client of LangChain threw. `begun`: the server had begun to answer. */
  static from(thrown: unknown, begun: boolean): HostFailure {
    if (thrown instanceof HostFailure) return thrown;
    const { status, headers, error } = (thrown ?? {}) as {
      status?: unknown;
      headers?: unknown;
      error?: { type?: unknown };
    };
    if (ContextOverflowError.isInstance(thrown) || error?.type === 'exceed_context_size_error')
      return new HostFailure('prompt-too-long', false);
    if (typeof status === 'number')
      return HostFailure.ofStatus(status, headers instanceof Headers ? headers : undefined);
    // An error that came as an event of the stream.
    if (error !== undefined) return new HostFailure('host-failed');
    return new HostFailure(begun || thrown instanceof SyntaxError ? 'stream-broken' : 'host-unreachable');
  }

  static ofStatus(status: number, headers?: Headers): HostFailure {
    if (status === 401 || status === 403) return new HostFailure('unauthorized');
    if (status === 404 || status === 405) return new HostFailure('model-not-served');
    if (status === 429) return new HostFailure('rate-limited', true, parseRetryAfterMs(headers?.get('retry-after')));
    if (status === 503) return new HostFailure('host-not-ready');
    if (status >= 500) return new HostFailure('host-failed');
    return new HostFailure('generation-failed', false);
  }
}
