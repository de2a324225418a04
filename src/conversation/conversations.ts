import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RecordKeeping } from '../accounts/index.js';
import { AppError, errorMet } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { text, type Locale } from '../config/texts.js';
import { FixedTexts, InputRails, PhoneRegistry, type UrgentLine } from '../guardrails/index.js';
import { cleanText } from '../text/normalise.js';
import { ConversationLog, type Feedback, type Listener } from './conversation-log.js';
import type { Conversation, ConversationId, NewEvent, Signal } from './events.js';
import { IdentityHash } from './identity-hash.js';
import { KeyedQueue } from './keyed-queue.js';
import { Masking, type MaskedMessage } from './masking.js';
import { TurnMeter } from './observations.js';
import { ResumeTokens } from './resume-token.js';
import { handoffText, nextOpening, reach, serviceText } from './service-hours.js';
import { ServiceLevel, type Level } from './service-level.js';
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
    private readonly identityHash: IdentityHash,
    private readonly inputRails: InputRails,
    private readonly fixedTexts: FixedTexts,
    private readonly phones: PhoneRegistry,
    private readonly level: ServiceLevel,
    private readonly recordKeeping: RecordKeeping,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.level.onChange((level, before) => this.#levelChanged(level, before));
    await this.recordKeeping.begin();
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

  /**
   * A new conversation; its first event is the notice that an AI answers (AI Basic Act art. 31(1)).
   * @param customer the bank's number of the customer who signed in, if one did
   */
  async start(locale: Locale, customer?: string): Promise<Opened> {
    const { token, hash } = this.tokens.issue();
    const identityHash = customer === undefined ? undefined : this.identityHash.of(customer);
    const conversation = await this.log.create(hash, locale, identityHash);
    const notice: NewEvent = {
      type: 'notice',
      origin: 'system',
      data: { text: text('notice.ai', {}, locale), kind: 'ai' },
    };
    await this.log.append(conversation.id, notice);
    if (this.level.current === 'off') await this.#tellClosed(conversation);
    return { conversation, resumeToken: token };
  }

  /**
   * An earlier conversation, for whoever holds its token. One of a signed-in customer is resumed by that customer alone, so
   * that the next person at a shared computer is not; an anonymous one becomes the customer's who signs in to it.
   * @throws AppError `conversation.forbidden` for a wrong token, id or customer (they are not told apart), `conversation.expired`.
   */
  async resume(id: ConversationId, resumeToken: string, customer?: string): Promise<Opened> {
    const found = await this.log.find(id);
    if (!found || !this.tokens.matches(resumeToken, found.resumeHash)) throw AppError.of('conversation.forbidden');
    if (this.clock.now().getTime() - found.lastSeenAt.getTime() > IDLE_LIMIT) throw AppError.of('conversation.expired');
    const mayResume =
      customer === undefined ? !found.signedIn : await this.log.claim(id, this.identityHash.of(customer));
    if (!mayResume) throw AppError.of('conversation.forbidden');
    await this.log.touch(id);
    const { state, locale } = found;
    const conversation = { id, state, locale };
    if (this.level.current === 'off') await this.#tellClosed(conversation);
    return { conversation, resumeToken };
  }

  /** Events after `after` and then every later one, without a gap and none twice. Returns the way to stop. */
  async follow(id: ConversationId, after: number, listener: Listener): Promise<() => void> {
    return this.log.inOrder(id, async () => {
      for (const event of await this.log.read(id, after)) listener(event);
      return this.log.subscribe(id, listener);
    });
  }

  /** Turns of this process: under way, and waiting for an earlier one of their conversation. */
  get load(): { running: number; waiting: number } {
    const asked = [...this.#waiting.values()].reduce((sum, count) => sum + count, 0);
    return { running: this.#running.size, waiting: asked - this.#running.size };
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
   * @throws AppError `message.*`, `privacy.failed`, `limit.queue`, `conversation.closed`, `store.unavailable`, `service.off`.
   */
  send(conversation: Conversation, clientMessageId: string, raw: string): Promise<{ seq: number }> {
    refuseUnacceptable(raw);
    const { id } = conversation;
    return this.#messages.run(id, async () => {
      const earlier = await this.log.findMessage(id, clientMessageId);
      if (earlier !== undefined) return { seq: earlier };
      this.#refuseWhenOff();
      if ((this.#waiting.get(id) ?? 0) >= WAITING_LIMIT) throw AppError.of('limit.queue', { limit: WAITING_LIMIT });
      const masked = await this.masking.mask(id, raw);
      const { event, duplicate } = await this.log.append(
        id,
        { type: 'message', origin: 'customer', data: { text: masked.text } },
        { clientMessageId, maskCounts: masked.counts, sealed: masked.sealed },
      );
      if (duplicate) return { seq: event.seq };
      masked.committed(event.seq);
      try {
        await this.#redact(id, masked);
      } finally {
        // The message is committed: whatever becomes of the rest, it is answered.
        this.#enqueue(conversation, {
          seq: event.seq,
          text: masked.text,
          secretTyped: masked.secretTyped,
          isLate: masked.isLate,
        });
      }
      return { seq: event.seq };
    });
  }

  /** The text and the lines that help at once when a message cannot be accepted: for crisis and fraud they are static and local. */
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

  /**
   * Puts the conversation into people's queue. A second request changes nothing.
   * @throws AppError `service.off`
   */
  async requestHandoff(conversation: Conversation, reason: string | undefined): Promise<void> {
    const { id, locale } = conversation;
    this.#refuseWhenOff();
    const now = this.clock.now();
    const told = handoffText(now, locale, this.phones);
    const opensAt = nextOpening(now);
    await this.#messages.run(id, async () => {
      if ((await this.#current(id)).state !== 'assistant') return;
      const masked = reason === undefined ? undefined : await this.masking.mask(id, reason);
      await this.log.append(
        id,
        {
          type: 'handoff.queued',
          origin: 'system',
          data: { reason: masked?.text ?? 'requested', text: told, ...(opensAt ? { opensAt } : {}) },
        },
        { state: 'queued', ...(masked ? { maskCounts: masked.counts, sealed: masked.sealed } : {}) },
      );
      if (masked) await this.#redact(id, masked);
      await this.log.touch(id);
    });
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
  async giveFeedback(id: ConversationId, { comment, ...rating }: Feedback): Promise<void> {
    const event = await this.log.event(id, rating.seq);
    if (!event?.type.startsWith('answer.')) throw AppError.of('event.unknown', { field: 'seq' });
    await this.#messages.run(id, async () => {
      const masked = comment === undefined ? undefined : await this.masking.mask(id, comment);
      await this.log.addFeedback(id, masked ? { ...rating, comment: masked.text } : rating, masked?.counts);
      if (masked) await this.#redact(id, masked);
      await this.log.touch(id);
    });
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

  /** Earlier messages that a new text shows to hold personal data. */
  async #redact(id: ConversationId, { redactions }: MaskedMessage): Promise<void> {
    for (const { seq, text: redacted } of redactions) await this.log.redact(id, seq, redacted);
  }

  #enqueue(conversation: Conversation, message: Pick<TurnInput, 'seq' | 'text' | 'secretTyped' | 'isLate'>): void {
    const { id } = conversation;
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
    const meter = new TurnMeter(this.clock);
    const run = this.#turns.run(id, () => this.#runTurn(conversation, message, meter));
    void run
      .catch((error) => this.#report('turn', error))
      .finally(() => {
        const left = (this.#waiting.get(id) ?? 1) - 1;
        if (left === 0) this.#waiting.delete(id);
        else this.#waiting.set(id, left);
      });
  }

  async #runTurn(
    conversation: Conversation,
    message: Pick<TurnInput, 'seq' | 'text' | 'secretTyped' | 'isLate'>,
    meter: TurnMeter,
  ): Promise<void> {
    const { id, locale } = conversation;
    const abort = new AbortController();
    this.#running.set(id, abort);
    if (this.#stopping) abort.abort();
    let completed = false;
    try {
      const history = await this.log.before(id, message.seq, HISTORY);
      const remarks = () => this.log.remarks(id, message.seq);
      for await (const step of this.turn.run({ conversation, ...message, history, remarks }, abort.signal)) {
        if (abort.signal.aborted) break;
        if ('signal' in step) {
          this.#signal(id, step.signal);
          continue;
        }
        await this.log.appendSurely(id, step.event, step.state ? { state: step.state } : {});
        meter.event(step.event);
        completed ||= step.event.type === 'answer.completed';
      }
      if (!completed) await this.#end(id, message.seq, meter);
    } catch (error) {
      if (AppError.from(error).code === 'conversation.closed') return;
      if (abort.signal.aborted) return await this.#end(id, message.seq, meter);
      this.#report('turn', error);
      if (!completed) await this.#fail(id, message.seq, locale, meter);
    } finally {
      this.#running.delete(id);
    }
  }

  /** A turn that was aborted. One that the service's own end cut short stays open and is taken up at the next start. */
  async #end(id: ConversationId, turn: number, meter: TurnMeter): Promise<void> {
    if (!this.#stopping) meter.event(await this.log.appendSurely(id, completedEvent(turn, 'stopped')));
  }

  /** However a turn went wrong: a safe text, the next step, one end. */
  async #fail(id: ConversationId, turn: number, locale: Locale, meter: TurnMeter): Promise<void> {
    await this.log.appendSurely(id, {
      type: 'answer.withheld',
      origin: 'system',
      data: { turn, text: text('turn.interrupted', {}, locale) },
    });
    meter.event(await this.log.appendSurely(id, completedEvent(turn, 'failed')));
  }

  /** Turns that a killed process left: begun ones get their end, the others are run. */
  async #finishInterruptedTurns(): Promise<void> {
    for (const { conversation, turn, released } of await this.log.unfinishedTurns()) {
      const { id, locale } = conversation;
      const event = await this.log.event(id, turn);
      if (released || event?.type !== 'message') await this.#fail(id, turn, locale, new TurnMeter(this.clock));
      else this.#enqueue(conversation, { seq: turn, text: event.data.text, secretTyped: false, isLate: false });
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

  /** @throws AppError `service.off` with where to call instead. */
  #refuseWhenOff(): void {
    if (this.level.current === 'off') throw AppError.of('service.off', reach(this.phones));
  }

  /** Open pages learn the level; who is in a conversation is told that the chat has closed, or is open again. */
  #levelChanged(level: Level, before: Level): void {
    const followed = [...this.#signals.keys()];
    for (const id of followed) this.#signal(id, { type: 'service', data: { level } });
    if (level !== 'off' && before !== 'off') return;
    for (const id of followed)
      void this.#tellWhetherOpen(id).catch((error) => this.#report('notice of the level', error));
  }

  async #tellWhetherOpen(id: ConversationId): Promise<void> {
    const conversation = await this.#current(id);
    if (conversation.state === 'closed') return;
    if (this.level.current === 'off') return this.#tellClosed(conversation);
    await this.log.append(id, serviceNotice(text('service.reopened', {}, conversation.locale)));
  }

  /** Nothing where that is the last thing that was said. */
  async #tellClosed({ id, state, locale }: Conversation): Promise<void> {
    const last = await this.log.last(id);
    if (state === 'closed' || (last?.type === 'notice' && last.data.kind === 'service')) return;
    await this.log.append(id, serviceNotice(serviceText('service.closed', locale, this.phones)));
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
    errorMet.tell({ code });
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error({ what, code, cause });
  }
}

function serviceNotice(notice: string): NewEvent {
  return { type: 'notice', origin: 'system', data: { text: notice, kind: 'service' } };
}

function completedEvent(turn: number, finish: 'stopped' | 'failed'): NewEvent {
  return { type: 'answer.completed', origin: 'system', data: { turn, finish } };
}

/**
 * Refuses what is no message.
 * @param field where it stood in what the client sent
 * @throws AppError `message.malformed`, `message.too-long`, `message.empty`.
 */
export function refuseUnacceptable(raw: string, field = 'text'): void {
  if (!raw.isWellFormed()) throw AppError.of('message.malformed', { field });
  if (raw.length > MESSAGE_LIMIT)
    throw AppError.of('message.too-long', { field, limit: MESSAGE_LIMIT, length: raw.length });
  if (cleanText(raw).trim() === '') throw AppError.of('message.empty', { field });
}
