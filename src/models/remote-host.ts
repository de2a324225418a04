import { Logger } from '@nestjs/common';
import type { BaseMessage } from '@langchain/core/messages';
import type { ChatGenerationChunk } from '@langchain/core/outputs';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostStatus } from './chat-model.js';
import { HostChatModel, type HostCallOptions } from './host-chat-model.js';
import { HostFailure } from './host-failure.js';
import type { ModelReason } from './model-reason.js';
import type { ChatTimes } from './model-settings.js';
import { unlessSilent } from './unless-silent.js';

export interface RemoteSettings extends ChatTimes {
  /** Each up to and with `/v1`. */
  urls: readonly string[];
  apiKey: string | undefined;
  /** The name under which the hosts serve the model; undefined where each serves one only. */
  model: string | undefined;
}

export interface ProbeTimes {
  /** Between two looks at a host that is well, ms. */
  probeEveryMs?: number;
  /** First wait before another look at a host that is not, ms; doubles with each in a row. Also the rest after a failure. */
  backoffMs?: number;
}

type HostCall = Pick<HostCallOptions, 'maxTokens' | 'temperature' | 'stop' | 'seed' | 'signal'>;

type Health = { state: 'unknown' } | { state: 'up'; model: string } | { state: 'down'; reason: ModelReason };

const PROBE_EVERY_MS = 5_000;
const BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
/** Requests that failed in a row although the host looks well, after which it counts as down until its rest is over. */
const FAILURES_UNTIL_DOWN = 3;
/** A host that asks to be left alone (`Retry-After`) for longer than this counts as down until then, ms. */
const LONGEST_WAIT_MS = 5_000;
/** And is asked again after this, whatever it said. */
const LONGEST_REST_MS = 60_000;

/**
 * One OpenAI-compatible server. Looks at it again and again (`/models`: reachable, the key, the model; `/health`, where there
 * is one: loaded), and learns from requests that fail: after a failure the host rests, longer with each in a row, and is asked
 * only if no other is there.
 */
export class RemoteHost {
  readonly #chat: HostChatModel;
  readonly #logger = new Logger('models');
  readonly #closing = new AbortController();
  /** Requests that the host has not begun to answer. */
  readonly #unanswered = new Set<AbortController>();
  #health: Health = { state: 'unknown' };
  #served = '';
  #probing: Promise<void> | undefined;
  #running = 0;
  #failuresInARow = 0;
  #lastFailure: ModelReason = 'host-failed';
  #restsUntil = 0;
  #refusesUntil = 0;

  /** `isAnotherUp`: whether a request that waits for this host has somewhere else to go. */
  constructor(
    readonly url: string,
    private readonly settings: RemoteSettings,
    private readonly isAnotherUp: () => boolean,
    private readonly times: ProbeTimes = {},
  ) {
    this.#chat = new HostChatModel(url, settings.apiKey);
    void this.#watch();
  }

  /** Answers under way or waiting at the host. */
  get running(): number {
    return this.#running;
  }

  /** How long it is better left alone, where there is another, ms. */
  get restMs(): number {
    return Math.max(0, this.#restsUntil - performance.now());
  }

  /** How long it asked to be left alone, ms. */
  get refusesMs(): number {
    return Math.max(0, this.#refusesUntil - performance.now());
  }

  status(): HostStatus {
    const { url, running } = this;
    if (this.#health.state !== 'up') return { url, running, ...this.#health };
    const { model } = this.#health;
    if (this.refusesMs > LONGEST_WAIT_MS || (this.#failuresInARow >= FAILURES_UNTIL_DOWN && this.restMs > 0))
      return { url, running, state: 'down', model, reason: this.#lastFailure };
    return { url, running, state: 'up', model };
  }

  /**
   * The answer as it is generated. Aborting, or leaving the loop, closes the connection, and the server ends the generation.
   * @throws HostFailure, or the signal's reason where the caller aborts.
   */
  async *generate(messages: BaseMessage[], call: HostCall): AsyncGenerator<ChatGenerationChunk> {
    const attempt = new AbortController();
    const signal = call.signal ? AbortSignal.any([call.signal, attempt.signal]) : attempt.signal;
    // No answer yet may be a long prompt, a queue, or a host that is gone: ask it.
    const doubt = setTimeout(() => void this.probe(), this.settings.connectMs);
    let begun = false;
    let complete = false;
    this.#running++;
    this.#unanswered.add(attempt);
    try {
      const chunks = this.#chat._streamResponseChunks(messages, { ...call, model: this.#served, signal });
      for await (const chunk of unlessSilent(chunks, this.settings, attempt)) {
        clearTimeout(doubt);
        if (chunk.text !== '') {
          begun = true;
          this.#unanswered.delete(attempt);
        }
        complete ||= chunk.generationInfo?.finish_reason !== undefined;
        yield chunk;
      }
      call.signal?.throwIfAborted();
      // The end of a connection is no end of an answer.
      if (!complete) throw new HostFailure('stream-broken');
      this.#failuresInARow = 0;
      this.#restsUntil = 0;
    } catch (error) {
      if (call.signal?.aborted) throw error;
      const failure = HostFailure.from(error, begun);
      if (failure.elsewhere) this.#rest(failure);
      throw failure;
    } finally {
      clearTimeout(doubt);
      this.#running--;
      this.#unanswered.delete(attempt);
      attempt.abort();
    }
  }

  /** Looks at the host. Resolves when its status is known. */
  probe(): Promise<void> {
    this.#probing ??= this.#look().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  close(): void {
    this.#closing.abort();
  }

  async #watch(): Promise<void> {
    const { probeEveryMs = PROBE_EVERY_MS, backoffMs = BACKOFF_MS } = this.times;
    let down = 0;
    while (!this.#closing.signal.aborted) {
      await this.probe();
      down = this.#health.state === 'down' ? down + 1 : 0;
      const pause = down === 0 ? probeEveryMs : Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** (down - 1));
      await delay(pause, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    let found: Health;
    try {
      const [model] = await Promise.all([this.#servedModel(), this.#refuseUnhealthy()]);
      found = { state: 'up', model };
      this.#served = model;
    } catch (error) {
      const { reason } = HostFailure.from(error, false);
      // Too many requests: it is well, and says so.
      if (reason === 'rate-limited' && this.#health.state === 'up') return;
      found = { state: 'down', reason };
    }
    if (this.#closing.signal.aborted) return;
    this.#tell(found);
    this.#health = found;
    if (found.state === 'down' && this.isAnotherUp())
      for (const attempt of this.#unanswered) attempt.abort(new HostFailure(found.reason));
  }

  /** @throws HostFailure where it does not serve the configured model, or several where none is configured. */
  async #servedModel(): Promise<string> {
    const { apiKey, model } = this.settings;
    const { status, body } = await this.#get(
      `${this.url}/models`,
      apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    );
    if (status !== 200) throw HostFailure.ofStatus(status);
    const served = servedModels(body);
    if (model === undefined) {
      if (served.length > 1) throw new HostFailure('model-ambiguous');
      if (served[0]) return served[0].id;
    } else if (served.some(({ id, aliases }) => id === model || aliases?.includes(model))) return model;
    throw new HostFailure('model-not-served');
  }

  /** llama-server and vLLM have `/health` beside `/v1`; a server without it is taken by its list of models alone. */
  async #refuseUnhealthy(): Promise<void> {
    const { status } = await this.#get(new URL('../health', `${this.url}/`), {});
    if (status >= 500) throw HostFailure.ofStatus(status);
  }

  async #get(url: string | URL, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    const signal = AbortSignal.timeout(this.settings.connectMs);
    try {
      const response = await fetch(url, { headers, signal, redirect: 'error' });
      return { status: response.status, body: await response.text() };
    } catch {
      throw new HostFailure(signal.aborted ? 'hung' : 'host-unreachable');
    }
  }

  #rest({ reason, retryAfterMs }: HostFailure): void {
    const { backoffMs = BACKOFF_MS } = this.times;
    this.#lastFailure = reason;
    const backoff = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** this.#failuresInARow++);
    this.#restsUntil = performance.now() + Math.min(LONGEST_REST_MS, retryAfterMs ?? backoff);
    if (reason === 'rate-limited') this.#refusesUntil = this.#restsUntil;
    else void this.probe();
  }

  #tell(found: Health): void {
    const before = this.#health;
    if (found.state === 'up' && before.state !== 'up') this.#logger.log(`${this.url}: up, serves ${found.model}`);
    if (found.state === 'down' && !(before.state === 'down' && before.reason === found.reason))
      this.#logger.warn(`${this.url}: down (${found.reason})`);
  }
}

interface ServedModel {
  id: string;
  aliases?: readonly string[];
}

/** Of the answer of `/models`; empty where it is none. */
function servedModels(body: string): readonly ServedModel[] {
  try {
    const { data } = JSON.parse(body) as { data?: unknown };
    return Array.isArray(data) ? data.filter((entry): entry is ServedModel => typeof entry?.id === 'string') : [];
  } catch {
    return [];
  }
}
