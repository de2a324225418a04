import type { Level } from '../../conversation/level.js';
import type { OperationsReport } from '../../operations/report.js';
import type { Locale } from './texts.js';

/** What the server refused; `message` is in the reader's language. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** An answer that takes longer counts as none, milliseconds. */
const PATIENCE = 5_000;

/** The operators' HTTP surface. Every call throws `Refused`, or what `fetch` throws where nobody answers. */
export class OperationsService {
  constructor(private readonly locale: Locale) {}

  async report(): Promise<OperationsReport> {
    return (await this.#call('GET', '/api/operations')).json() as Promise<OperationsReport>;
  }

  async setLevel(level: Level, reason: string): Promise<void> {
    await this.#call('PUT', '/api/operations/level', { level, ...(reason === '' ? {} : { reason }) });
  }

  /** The answer sets a cookie that no script can read. */
  async signIn(token: string): Promise<void> {
    await this.#call('POST', '/api/operations/session', { token });
  }

  async signOut(): Promise<void> {
    await this.#call('DELETE', '/api/operations/session');
  }

  async #call(method: string, path: string, body?: object): Promise<Response> {
    const response = await fetch(path, {
      method,
      // `x-sangdam` is what a form or a page of another origin cannot send.
      headers: { 'accept-language': this.locale, 'content-type': 'application/json', 'x-sangdam': 'operations' },
      signal: AbortSignal.timeout(PATIENCE),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (response.ok) return response;
    const { detail = response.statusText } = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new Refused(response.status, detail);
  }
}
