import type { ModelReason } from './model-reason.js';

export interface ModelHostOptions {
  /** Base address; paths are put behind it: `http://gpu1:8080/v1`. */
  url: string;
  /** Sent as a bearer token. */
  apiKey?: string | undefined;
}

/**
 * Why a host did not answer a call. The text of its answer is not kept: it may repeat what was sent. `HostFailure` is for chat, where
 * another host may do better; it needs LangChain, which the start of the service does not load.
 */
export class CallFailure extends Error {
  constructor(
    readonly reason: ModelReason,
    /** What the host asked for by `Retry-After`, milliseconds. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = 'CallFailure';
  }

  /** Whether the same call may succeed a little later. */
  get passing(): boolean {
    return PASSING.has(this.reason);
  }
}

const PASSING = new Set<ModelReason>(['host-unreachable', 'host-not-ready', 'host-failed', 'hung', 'rate-limited']);

/** How llama-server, vLLM and TEI say that a text has more tokens than the model reads; llama-server of some versions by status 500. */
const TOO_LONG = /too (large|long)|exceed|maximum|less than|context (length|size)/i;

/** One server of a model, spoken to in JSON. Redirects are not followed, so that no other host is ever called. */
export class ModelHost {
  private readonly base: string;
  private readonly headers: Record<string, string>;

  constructor({ url, apiKey }: ModelHostOptions) {
    this.base = url.replace(/\/+$/, '');
    this.headers = {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
  }

  /**
   * The parsed answer to one POST.
   * @param timeout milliseconds, until the last byte
   * @throws CallFailure; what the signal was aborted with
   */
  async post(path: string, body: object, timeout: number, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const deadline = AbortSignal.timeout(timeout);
    try {
      const response = await fetch(`${this.base}${path}`, {
        method: 'POST',
        headers: this.headers,
        body: JSON.stringify(body),
        redirect: 'error',
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      const text = await response.text();
      if (!response.ok) throw refusal(response, text);
      return parsed(text);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CallFailure) throw error;
      throw new CallFailure(deadline.aborted ? 'hung' : 'host-unreachable', undefined, { cause: error });
    }
  }
}

function refusal({ status, headers }: Response, text: string): CallFailure {
  const retryAfter = Number(headers.get('retry-after')) * 1_000;
  return new CallFailure(reasonOf(status, text), retryAfter > 0 ? retryAfter : undefined);
}

function reasonOf(status: number, text: string): ModelReason {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404 || status === 405 || status === 501) return 'model-not-served';
  if (status === 429) return 'rate-limited';
  if (status < 500 || TOO_LONG.test(text)) return 'input-refused';
  return status === 503 ? 'host-not-ready' : 'host-failed';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallFailure('bad-answer');
  }
}
