import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { text, type Locale } from '../config/texts.js';
import { FixedTexts, InputRails, PhoneRegistry, type UrgentLine } from '../guardrails/index.js';
import { cleanText } from '../text/normalise.js';
import { ConversationLog, type Listener } from './conversation-log.js';
import type { Conversation, ConversationId, NewEvent, Signal } from './events.js';
import { KeyedQueue } from './keyed-queue.js';
import { Masking } from './masking.js';
import { ResumeTokens } from './resume-token.js';
import { handoffText, nextOpening } from './service-hours.js';
import { Turn, type TurnInput } from './turn.js';

/** A message may have so many UTF-16 units. */
export const MESSAGE_LIMIT = 4_000;
/** Messages that may wait for their turn in one conversation. */
const WAITING_LIMIT = 5;
/** A conversation without a sign of life for so long is closed and its resume token is void, milliseconds. */
export const IDLE_LIMIT = 30 * 60_000;
/** Clients are warned so long before, milliseconds (KWCAG 2.2: at least 20 s, extendable). */
const IDLE_WARNING = 60_000;
/** Events before a message that its turn may look at. */
const HISTORY = 40;
const SWEEP_INTERVAL = 15_000;

export interface Opened {
  conversation: Conversation;
  resumeToken: string;
}

type SignalListener = (signal: Signal) => void;

/** Everything that a customer can do with a conversation. Knows nothing of sockets. */
@Injectable()
export class Conversations implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('conversation');
  readonly #messages = new KeyedQueue<ConversationId>();
  readonly #turns = new KeyedQueue<ConversationId>();
  readonly #running = new Map<ConversationId, AbortController>();
  readonly #waiting = new Map<ConversationId, number>();
  readonly #signals = new Map<ConversationId, Set<SignalListener>>();
  #sweeper: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(
    private readonly log: ConversationLog,
    private readonly turn: Turn,
    private readonly masking: Masking,
    private readonly tokens: ResumeTokens,
    private readonly inputRails: InputRails,
    private readonly fixedTexts: FixedTexts,
    private readonly phones: PhoneRegistry,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.#finishInterruptedTurns();
    this.#sweeper = setInterval(
      () => void this.#sweep().catch((error) => this.#report('sweep', error)),
      SWEEP_INTERVAL,
    );
    this.#sweeper.unref();
  }

  /** Ends the turns under way before the store closes. */
  async onApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#sweeper);
    for (const turn of this.#running.values()) turn.abort();
    await this.#turns.idle();
  }

  /** A new conversation; its first event is the notice that an AI answers (AI Basic Act art. 31(1)). */
  async start(locale: Locale): Promise<Opened> {
    const { token, hash } = this.tokens.issue();
    const conversation = await this.log.create(hash, locale);
    const notice: NewEvent = {
      type: 'notice',
      origin: 'system',
      data: { text: text('notice.ai', {}, locale), kind: 'ai' },
    };
    await this.log.append(conversation.id, notice);
    return { conversation, resumeToken: token };
  }

  /**
   * An earlier conversation, for whoever holds its token.
   * @throws AppError `conversation.forbidden` for a wrong token or id (the two are not told apart), `conversation.expired`.
   */
  async resume(id: ConversationId, resumeToken: string): Promise<Opened> {
    const found = await this.log.find(id);
    if (!found || !this.tokens.matches(resumeToken, found.resumeHash)) throw AppError.of('conversation.forbidden');
    if (this.clock.now().getTime() - found.lastSeenAt.getTime() > IDLE_LIMIT) throw AppError.of('conversation.expired');
    await this.log.touch(id);
    const { resumeHash: _hash, lastSeenAt: _seen, ...conversation } = found;
    return { conversation, resumeToken };
  }

  /** Events after `after` and then every later one, without a gap and none twice. Returns the way to stop. */
  async follow(id: ConversationId, after: number, listener: Listener): Promise<() => void> {
    return this.log.inOrder(id, async () => {
      for (const event of await this.log.read(id, after)) listener(event);
      return this.log.subscribe(id, listener);
    });
  }

  onSignal(id: ConversationId, listener: SignalListener): () => void {
    const listeners = this.#signals.get(id) ?? new Set();
    this.#signals.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#signals.delete(id);
    };
  }

  /**
   * Accepts a message: masked, committed, and only then acknowledged by the returned number. The answer follows as events.
   * @throws AppError `message.*`, `limit.queue`, `conversation.closed`, `store.unavailable`.
   */
  send(conversation: Conversation, clientMessageId: string, raw: string): Promise<{ seq: number }> {
    const cleaned = acceptable(raw);
    const { id } = conversation;
    return this.#messages.run(id, async () => {
      const earlier = await this.log.findMessage(id, clientMessageId);
      if (earlier !== undefined) return { seq: earlier };
      if ((this.#waiting.get(id) ?? 0) >= WAITING_LIMIT) throw AppError.of('limit.queue', { limit: WAITING_LIMIT });
      const masked = await this.masking.mask(id, cleaned);
      const { event, duplicate } = await this.log.append(
        id,
        { type: 'message', origin: 'customer', data: { text: masked.text } },
        { clientMessageId, maskCounts: masked.counts },
      );
      if (duplicate) return { seq: event.seq };
      masked.committed(event.seq);
      try {
        for (const { seq, text: redacted } of masked.redactions) await this.log.redact(id, seq, redacted);
      } finally {
        // The message is committed: whatever becomes of the rest, it is answered.
        this.#enqueue(conversation, { seq: event.seq, text: masked.text, secretTyped: masked.secretTyped });
      }
      return { seq: event.seq };
    });
  }

  /** The text and the lines that help at once when the store is away: for crisis and fraud they are static and local. */
  safety(raw: string, locale: Locale): { safeText: string; phones: readonly UrgentLine[] } | undefined {
    const { category, variant } = this.inputRails.check(raw.slice(0, MESSAGE_LIMIT));
    if (category !== 'CRISIS' && category !== 'FRAUD_VICTIM') return undefined;
    const safeText = this.fixedTexts.text(category, locale, variant);
    return safeText === undefined ? undefined : { safeText, phones: this.phones.urgent(category, locale) };
  }

  /** Ends the turn under way, if there is one; what was released stays. */
  stop(id: ConversationId): void {
    this.#running.get(id)?.abort();
  }

  /** Puts the conversation into people's queue. A second request changes nothing. */
  async requestHandoff(conversation: Conversation, reason: string | undefined): Promise<void> {
    const { id, locale } = conversation;
    const current = await this.#current(id);
    if (current.state !== 'assistant') return;
    const now = this.clock.now();
    const told = handoffText(now, locale, this.phones);
    const opensAt = nextOpening(now);
    const masked = reason === undefined ? 'requested' : (await this.masking.mask(id, reason)).text;
    await this.log.append(
      id,
      {
        type: 'handoff.queued',
        origin: 'system',
        data: { reason: masked, text: told, ...(opensAt ? { opensAt } : {}) },
      },
      { state: 'queued' },
    );
    await this.log.touch(id);
  }

  async cancelHandoff(id: ConversationId): Promise<void> {
    const current = await this.#current(id);
    if (current.state !== 'queued') return;
    await this.log.append(
      id,
      { type: 'handoff.ended', origin: 'system', data: { reason: 'cancelled' } },
      { state: 'assistant' },
    );
  }

  /** @throws AppError `event.unknown` where `seq` is no answer of this conversation. */
  async giveFeedback(
    id: ConversationId,
    feedback: { seq: number; rating: 'up' | 'down'; reason?: string; comment?: string },
  ): Promise<void> {
    const event = await this.log.event(id, feedback.seq);
    if (!event?.type.startsWith('answer.')) throw AppError.of('event.unknown', { field: 'seq' });
    const comment =
      feedback.comment === undefined ? undefined : (await this.masking.mask(id, cleanText(feedback.comment))).text;
    await this.log.addFeedback(id, { ...feedback, ...(comment === undefined ? {} : { comment }) });
    await this.log.touch(id);
  }

  /** The customer wants to go on: the idle time starts again. */
  async touch(id: ConversationId): Promise<void> {
    await this.log.touch(id);
  }

  async close(id: ConversationId, reason: 'customer' | 'idle'): Promise<void> {
    this.stop(id);
    await this.#turns.run(id, async () => {
      if ((await this.#current(id)).state === 'closed') return;
      await this.log.append(
        id,
        { type: 'conversation.closed', origin: 'system', data: { reason } },
        { state: 'closed' },
      );
    });
    this.masking.forget(id);
  }

  #enqueue(conversation: Conversation, message: Pick<TurnInput, 'seq' | 'text' | 'secretTyped'>): void {
    const { id } = conversation;
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
    const run = this.#turns.run(id, () => this.#runTurn(conversation, message));
    void run
      .catch((error) => this.#report('turn', error))
      .finally(() => {
        const left = (this.#waiting.get(id) ?? 1) - 1;
        if (left === 0) this.#waiting.delete(id);
        else this.#waiting.set(id, left);
      });
  }

  async #runTurn(conversation: Conversation, message: Pick<TurnInput, 'seq' | 'text' | 'secretTyped'>): Promise<void> {
    const { id, locale } = conversation;
    const abort = new AbortController();
    this.#running.set(id, abort);
    if (this.#stopping) abort.abort();
    let completed = false;
    try {
      const history = await this.log.before(id, message.seq, HISTORY);
      for await (const step of this.turn.run({ conversation, ...message, history }, abort.signal)) {
        if (abort.signal.aborted) break;
        if ('signal' in step) this.#signal(id, step.signal);
        else await this.log.appendSurely(id, step.event, step.state ? { state: step.state } : {});
        completed ||= 'event' in step && step.event.type === 'answer.completed';
      }
      if (!completed) await this.#end(id, message.seq);
    } catch (error) {
      if (AppError.from(error).code === 'conversation.closed') return;
      if (abort.signal.aborted) return await this.#end(id, message.seq);
      this.#report('turn', error);
      if (!completed) await this.#fail(id, message.seq, locale);
    } finally {
      this.#running.delete(id);
    }
  }

  /** A turn that was aborted. One that the service's own end cut short stays open and is taken up at the next start. */
  async #end(id: ConversationId, turn: number): Promise<void> {
    if (!this.#stopping) await this.log.appendSurely(id, completedEvent(turn, 'stopped'));
  }

  /** However a turn went wrong: a safe text, the next step, one end. */
  async #fail(id: ConversationId, turn: number, locale: Locale): Promise<void> {
    await this.log.appendSurely(id, {
      type: 'answer.withheld',
      origin: 'system',
      data: { turn, text: text('turn.interrupted', {}, locale) },
    });
    await this.log.appendSurely(id, completedEvent(turn, 'failed'));
  }

  /** Turns that a killed process left: begun ones get their end, the others are run. */
  async #finishInterruptedTurns(): Promise<void> {
    for (const { conversation, turn, released } of await this.log.unfinishedTurns()) {
      const { id, locale } = conversation;
      const event = await this.log.event(id, turn);
      if (released || event?.type !== 'message') await this.#fail(id, turn, locale);
      else this.#enqueue(conversation, { seq: turn, text: event.data.text, secretTyped: false });
    }
  }

  async #sweep(): Promise<void> {
    const now = this.clock.now().getTime();
    for (const { id } of await this.log.idleSince(new Date(now - IDLE_LIMIT))) await this.close(id, 'idle');
    for (const { id, lastSeenAt } of await this.log.idleSince(new Date(now - IDLE_LIMIT + IDLE_WARNING))) {
      const left = lastSeenAt.getTime() + IDLE_LIMIT - now;
      this.#signal(id, { type: 'closing', data: { seconds: Math.ceil(left / 1000) } });
    }
    this.masking.sweep();
  }

  async #current(id: ConversationId): Promise<Conversation> {
    const current = await this.log.find(id);
    if (!current) throw AppError.of('conversation.unknown');
    return current;
  }

  #signal(id: ConversationId, signal: Signal): void {
    for (const listener of this.#signals.get(id) ?? []) listener(signal);
  }

  #report(what: string, error: unknown): void {
    const { code } = AppError.from(error);
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error({ what, code, cause });
  }
}

function completedEvent(turn: number, finish: 'stopped' | 'failed'): NewEvent {
  return { type: 'answer.completed', origin: 'system', data: { turn, finish } };
}

/** @throws AppError `message.malformed`, `message.too-long`, `message.empty`. */
function acceptable(raw: string): string {
  if (!raw.isWellFormed()) throw AppError.of('message.malformed', { field: 'text' });
  if (raw.length > MESSAGE_LIMIT)
    throw AppError.of('message.too-long', { field: 'text', limit: MESSAGE_LIMIT, length: raw.length });
  const cleaned = cleanText(raw).trim();
  if (cleaned === '') throw AppError.of('message.empty', { field: 'text' });
  return cleaned;
}
