import { Injectable } from '@nestjs/common';
import { Audit } from '../accounts/index.js';
import { AppError, errorMet } from '../config/app-error.js';
import { Clock } from '../config/clock.js';
import { text, type Locale } from '../config/texts.js';
import {
  FixedTexts,
  InputRails,
  Quarantine,
  PhoneRegistry,
  timed,
  type InputVerdict,
  type JudgedVerdict,
  type PolicyCategory,
  type UrgentLine,
} from '../guardrails/index.js';
import { Retriever, type Hit } from '../knowledge/index.js';
import { ChatModel, type ModelCapability } from '../models/chat-model.js';
import { AnswerEvents, type TurnStep } from './answer-events.js';
import { splitSentences } from '../text/sentences.js';
import { approvedSource, citedSource, nameOf } from './citation.js';
import type { Conversation, ConversationEvent, Finish } from './events.js';
import { retrievalQueries } from './follow-up.js';
import { messageJudged, sourcesRetrieved } from './observations.js';
import { choosePlan, type Plan } from './plan.js';
import { PROMPTS_VERSION } from './prompts-version.js';
import { isUnchecked, Release } from './release.js';
import { handoffText, nextOpening, serviceText } from './service-hours.js';
import { ServiceLevel } from './service-level.js';
import { Writer } from './writer.js';

/** One customer message that is to be answered. All of it is masked. */
export interface TurnInput {
  conversation: Conversation;
  /** The message's number; answers refer to it as `turn`. */
  seq: number;
  text: string;
  /** The customer typed a password, a code or the like, which was deleted. */
  secretTyped: boolean;
  /** The search for personal data in it took longer than it may: no model is asked. */
  isLate: boolean;
  /** The last committed events before the message. */
  history: readonly ConversationEvent[];
  /**
   * Of the whole conversation before the message: notices, and first sentences that are neither generated nor approved answers. Read when a
   * verdict asks for them: most do not.
   */
  remarks: () => Promise<readonly ConversationEvent[]>;
  /** The bank's own front end tells the customer that an AI answers; else the conversation must hold the notice. */
  isNoticeElsewhere?: true;
}

/** Hits that are looked at for one question. */
const CANDIDATES = 8;
/** Attempts to override the rules in one conversation after which a person takes over (policy: 3). */
const INJECTIONS = 3;

/**
 * What the assistant does about one customer message, top to bottom. Yields events in the order in which they are to be
 * committed; the last one is `answer.completed`. Ends early, without it, when the signal is aborted.
 */
@Injectable()
export class Turn {
  constructor(
    private readonly inputRails: InputRails,
    private readonly fixedTexts: FixedTexts,
    private readonly retriever: Retriever,
    private readonly quarantine: Quarantine,
    private readonly phones: PhoneRegistry,
    private readonly chatModel: ChatModel,
    private readonly release: Release,
    private readonly writer: Writer,
    private readonly level: ServiceLevel,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** Safety texts come at every level of service; the answer only while the level allows it, asked again before every sentence. */
  async *run(input: TurnInput, signal: AbortSignal): AsyncGenerator<TurnStep> {
    const answer = new AnswerEvents(input.conversation.id, input.seq);
    const { locale } = input.conversation;

    const begun = this.clock.monotonic();
    const { verdict, isSure } = await this.#judge(input);
    messageJudged.tell({ category: verdict.category ?? 'none' });
    const audited = await this.#record(answer, verdict, isSure, this.clock.monotonic() - begun);
    if (input.secretTyped)
      yield answer.notice('secret', (await this.#fixed(answer, 'SECRET', undefined, locale)).join(' '));
    if (verdict.category === 'CRISIS' || verdict.category === 'FRAUD_VICTIM')
      return yield* this.#route(answer, verdict, input);
    if (!audited || !isSure || input.isLate) return yield* this.#noAnswer(answer, input);

    const serving = this.level.holding('exemplars');
    try {
      const steps = serving.aborted ? [] : this.#reply(answer, verdict, input, AbortSignal.any([signal, serving]));
      for await (const step of steps) {
        if (serving.aborted) break;
        yield step;
        if (isEnd(step)) return;
      }
    } catch (error) {
      if (AppError.from(error).code === 'audit.unavailable') return yield* this.#noAnswer(answer, input);
      if (!serving.aborted) throw error;
    }
    if (serving.aborted) yield* this.#standDown(answer, input);
  }

  /** Both tiers. Not sure where the first one fails or takes too long: then no model is asked, and only crisis and fraud are still met. */
  async #judge({ text, history }: TurnInput): Promise<{ verdict: JudgedVerdict; isSure: boolean }> {
    const { inputRails, clock } = this;
    const alone = timed(clock, inputRails.timeout, () => inputRails.check(text));
    try {
      if (alone.state === 'done')
        return { verdict: await inputRails.judge(text, customerMessages(history), alone.value), isSure: true };
    } catch (error) {
      errorMet.tell({ code: AppError.from(error).code });
    }
    const found: InputVerdict =
      alone.state === 'failed' ? { action: 'handoff', findings: [], rulesVersion: inputRails.version } : alone.value;
    return { verdict: { ...found, secondTier: 'not-needed' }, isSure: false };
  }

  /** The verdict on the message, written before anything is done about it. False where no line can be written. */
  async #record(answer: AnswerEvents, verdict: JudgedVerdict, isSure: boolean, latency: number): Promise<boolean> {
    try {
      await this.audit.record({
        stage: 'input',
        action: verdict.action,
        ...answer.origin,
        rules: verdict.findings.map(({ rule }) => rule),
        versions: { rules: verdict.rulesVersion, prompts: PROMPTS_VERSION },
        latency: Math.round(latency * 10) / 10,
        detail: { secondTier: verdict.secondTier, ...(isSure ? {} : { firstTier: 'unchecked' }) },
      });
      return true;
    } catch {
      return false;
    }
  }

  /** What was not checked, or cannot be put on record, is not done: no model, no answer, a person instead. */
  async *#noAnswer(answer: AnswerEvents, { conversation: { locale }, history }: TurnInput): AsyncGenerator<TurnStep> {
    yield answer.withheld(text(answer.count > 0 ? 'turn.interrupted' : 'turn.unaudited', {}, locale));
    if (!isWaiting(history)) yield this.#queued('service', []);
    yield answer.completed('handoff');
  }

  /** What is left to say below the level of exemplars: who helps instead. */
  async *#standDown(answer: AnswerEvents, { conversation: { locale }, history }: TurnInput): AsyncGenerator<TurnStep> {
    if (!this.level.allows('people')) {
      yield answer.withheld(text('turn.closed', {}, locale));
      return yield answer.completed('stopped');
    }
    if (answer.count > 0) yield answer.withheld(text('turn.cut-short', {}, locale));
    yield* answer.sentences(
      'system',
      await this.release.ours(answer.origin, serviceText('service.people', locale, this.phones)),
    );
    if (!isWaiting(history)) yield this.#queued('service', []);
    yield answer.completed('handoff');
  }

  async *#reply(
    answer: AnswerEvents,
    verdict: JudgedVerdict,
    input: TurnInput,
    signal: AbortSignal,
  ): AsyncGenerator<TurnStep> {
    const { locale } = input.conversation;
    if (verdict.action !== 'pass' && verdict.action !== 'mask') return yield* this.#route(answer, verdict, input);
    if (verdict.category === 'ABUSE') {
      const [warning] = splitSentences(this.#fixedText('ABUSE', 'first', locale));
      const warned = timesSaid(warning, await input.remarks()) > 0;
      yield answer.notice('abuse', (await this.#fixed(answer, 'ABUSE', warned ? 'second' : 'first', locale)).join(' '));
      if (warned) return yield answer.completed('refused');
    }

    if (verdict.category === 'HANDOFF') return yield* this.#toPerson(answer, locale, 'requested');
    if (verdict.category === 'GREETING') {
      yield* answer.sentences('system', await this.#fixed(answer, 'GREETING', verdict.variant, locale));
      return yield answer.completed('fixed');
    }

    yield { signal: { type: 'progress', data: { turn: input.seq, stage: 'searching' } } };
    const searched = this.clock.monotonic();
    const { hits, withheld } = await this.#retrieve(input, signal);
    sourcesRetrieved.tell({ total: this.clock.monotonic() - searched });
    if (signal.aborted) return;
    // Something was found and all of it is withheld: that is not the same as having found nothing.
    if (withheld && hits.length === 0) return yield* this.#end(answer, 'withheld', locale);
    // What the second tier would have said is not known: a death, a fraud, a complaint are left to people then.
    if (verdict.secondTier === 'late' && hits[0]?.exemplar?.sensitive)
      return yield* this.#toPerson(answer, locale, 'service');
    const lead = LEADS.find((category) => verdict.category === category);
    if (lead) yield* answer.sentences('system', await this.#fixed(answer, lead, undefined, locale));

    // Where the classifier is missing, nothing is generated: only approved answers and quotations.
    const plan = choosePlan(hits, lead || verdict.secondTier === 'absent' ? undefined : this.#readyModel());
    // Advice, law and other banks: the route, and of our own only what was approved for just this question, or what the law says itself.
    const isGiven = plan.kind === 'exemplar' || (lead === 'LEGAL_TAX' && plan.kind === 'quote');
    if (lead && !isGiven) return yield answer.completed('refused');
    yield* this.#answer(answer, plan, input, signal);
  }

  async *#answer(answer: AnswerEvents, plan: Plan, input: TurnInput, signal: AbortSignal): AsyncGenerator<TurnStep> {
    const { locale } = input.conversation;
    switch (plan.kind) {
      case 'exemplar':
        return yield* this.#giveExemplar(answer, plan.hit, input, signal);
      case 'write':
        return yield* this.#write(answer, plan, input, signal);
      case 'quote':
        return yield* this.#quote(answer, plan.hit, input, signal);
      case 'ask':
        yield* answer.sentences('system', await this.release.ours(answer.origin, text('turn.asked', {}, locale)));
        return yield answer.completed('asked', plan.choices);
      case 'abstain':
        yield* answer.sentences('system', await this.release.ours(answer.origin, text('turn.abstained', {}, locale)));
        return yield answer.completed('abstained');
      default:
        return plan satisfies never;
    }
  }

  #readyModel(): ModelCapability | undefined {
    const { state, capability } = this.chatModel.status();
    return state === 'ready' && this.level.allows('full') ? capability : undefined;
  }

  /** Fixed texts: no generation, and people's queue where the rule says so. */
  async *#route(
    answer: AnswerEvents,
    verdict: InputVerdict,
    { conversation: { locale }, remarks }: TurnInput,
  ): AsyncGenerator<TurnStep> {
    const category = verdict.category ?? 'OFF_TOPIC';
    const said = await this.#fixed(answer, category, verdict.variant, locale);
    const insists = category === 'INJECTION' && timesSaid(said[0], await remarks()) >= INJECTIONS - 1;
    const handsOff = verdict.action === 'handoff' || insists;
    yield* answer.sentences('system', said);
    if (category === 'CRISIS' || category === 'FRAUD_VICTIM' || handsOff)
      yield this.#queued(category.toLowerCase(), this.phones.urgent(category, locale));
    yield answer.completed(handsOff ? 'handoff' : verdict.action === 'fixed' ? 'fixed' : 'refused');
  }

  /** The customer asked for a person in words (the button does the same without a turn), or the subject is left to people. */
  async *#toPerson(answer: AnswerEvents, locale: Locale, reason: 'requested' | 'service'): AsyncGenerator<TurnStep> {
    const told = handoffText(this.clock.now(), locale, this.phones);
    yield* answer.sentences('system', await this.release.ours(answer.origin, told));
    yield this.#queued(reason, []);
    yield answer.completed('handoff');
  }

  #queued(reason: string, phones: readonly UrgentLine[]): TurnStep {
    const opensAt = nextOpening(this.clock.now());
    const data = { reason, ...(opensAt ? { opensAt } : {}), ...(phones.length > 0 ? { phones } : {}) };
    return { event: { type: 'handoff.queued', origin: 'system', data }, state: 'queued' };
  }

  /** The message by itself decides; where it leans on the conversation and finds nothing, the question before it helps. */
  async #retrieve(input: TurnInput, signal: AbortSignal): Promise<{ hits: Hit[]; withheld: boolean }> {
    const queries = retrievalQueries(input.text, input.history);
    const find = (query: string): Promise<Hit[]> => this.retriever.retrieve(query, { k: CANDIDATES, signal });
    const alone = queries.standalone === '' ? [] : await find(queries.standalone);
    const contextual = queries.contextual === undefined ? [] : await find(queries.contextual);
    const chosen = confidence(contextual) > confidence(alone) ? contextual : alone;
    const admitted = await Promise.all(chosen.map(async (hit) => ({ hit, checked: await this.#admit(hit, input) })));
    const hits = admitted.flatMap(({ hit, checked }) => (checked === undefined ? [] : [{ ...hit, text: checked }]));
    return { hits, withheld: hits.length < chosen.length };
  }

  /** A source's text as it may be used; undefined where it is withheld: its check found something, or failed. */
  async #admit({ source, title, text: retrieved }: Hit, { conversation, seq }: TurnInput): Promise<string | undefined> {
    try {
      const admitted = await this.quarantine.admit({ source, title, text: retrieved });
      if (admitted !== undefined) return this.phones.render(admitted);
      const where = { conversation: conversation.id, turn: seq };
      await this.audit.record({ stage: 'passage', action: 'withhold', ...where, detail: { source } });
    } catch (error) {
      errorMet.tell({ code: AppError.from(error).code });
    }
    return undefined;
  }

  async *#giveExemplar(
    answer: AnswerEvents,
    hit: Hit,
    input: TurnInput,
    signal: AbortSignal,
  ): AsyncGenerator<TurnStep> {
    const source = approvedSource(hit, input.conversation.locale);
    const context = { sources: [hit.text], question: input.text, verbatim: true, origin: answer.origin };
    const checked = await Array.fromAsync(this.release.sentences([hit.text], context));
    if (checked.some(isUnchecked)) return yield* this.#cutOff(answer, input.conversation.locale);
    // An approved answer is given whole or not at all: the sentence that is missing could be its condition.
    if (checked.every(({ action }) => action === 'release'))
      for (const sentence of checked) {
        if (signal.aborted) return;
        if (sentence.action === 'release') yield answer.sentence('exemplar', sentence.text, [source]);
      }
    yield* this.#end(answer, 'exemplar', input.conversation.locale);
  }

  async *#quote(answer: AnswerEvents, hit: Hit, input: TurnInput, signal: AbortSignal): AsyncGenerator<TurnStep> {
    const { locale } = input.conversation;
    const source = citedSource(hit);
    const lead = await this.release.ours(answer.origin, text('turn.quoted', { title: nameOf(hit, locale) }, locale));
    const context = { sources: [hit.text], question: input.text, verbatim: true, origin: answer.origin };
    for (const sentence of lead) yield answer.sentence('system', sentence, [source]);
    for await (const sentence of this.release.sentences([hit.text], context)) {
      if (signal.aborted) return;
      if (isUnchecked(sentence)) return yield* this.#cutOff(answer, locale);
      if (sentence.action === 'release') yield answer.sentence('system', sentence.text, [source]);
    }
    yield* this.#end(answer, 'answered', locale);
  }

  /** The model writes; where none of its sentences may go out, the approved answer is given, or nothing. */
  async *#write(
    answer: AnswerEvents,
    plan: Plan & { kind: 'write' },
    input: TurnInput,
    signal: AbortSignal,
  ): AsyncGenerator<TurnStep> {
    const { locale } = input.conversation;
    yield { signal: { type: 'progress', data: { turn: input.seq, stage: 'writing' } } };
    const end = yield* this.writer.write(answer, plan.sources, input, signal);
    switch (end) {
      case 'aborted':
        return;
      case 'nothing':
        return yield* this.#answer(answer, withoutModel(plan), input, signal);
      case 'interrupted':
        return yield* this.#cutOff(answer, locale);
      case 'stood-down':
        yield answer.withheld(text('turn.cut-short', {}, locale));
        return yield answer.completed('stopped');
      case 'incomplete':
        yield answer.withheld(text('turn.unchecked', {}, locale));
        return yield answer.completed('answered');
      case 'whole':
        return yield answer.completed('answered');
      default:
        return end satisfies never;
    }
  }

  /** The answer cannot be verified to its end: what was said stays, and the customer is told. */
  *#cutOff(answer: AnswerEvents, locale: Locale): Generator<TurnStep> {
    yield answer.withheld(text('turn.interrupted', {}, locale));
    yield answer.completed('failed');
  }

  async *#end(answer: AnswerEvents, finish: Finish, locale: Locale): AsyncGenerator<TurnStep> {
    if (answer.count === 0) {
      yield answer.withheld(text('turn.withheld', {}, locale));
      return yield answer.completed('withheld');
    }
    yield answer.completed(finish);
  }

  /** The fixed text of a category as it goes out. */
  #fixed(
    answer: AnswerEvents,
    category: PolicyCategory,
    variant: string | undefined,
    locale: Locale,
  ): Promise<string[]> {
    return this.release.ours(answer.origin, this.#fixedText(category, variant, locale));
  }

  /** Where none is written, what is said when nothing was found. */
  #fixedText(category: PolicyCategory, variant: string | undefined, locale: Locale): string {
    return this.fixedTexts.text(category, locale, variant) ?? text('turn.abstained', {}, locale);
  }
}

/** Categories that are answered by the lawful route first (spec: facts only, never a judgement). */
const LEADS = ['INVEST_ADVICE', 'LEGAL_TAX', 'COMPETITOR'] as const;

/**
 * How often we said that: counted in the conversation's own events, so that a restart forgets none. Where the bank's own system keeps
 * the conversation, our answers come back as whole messages.
 */
function timesSaid(sentence: string | undefined, remarks: readonly ConversationEvent[]): number {
  if (sentence === undefined) return 0;
  return remarks.filter(
    ({ origin, data }) => origin !== 'customer' && 'text' in data && data.text?.startsWith(sentence),
  ).length;
}

function isWaiting(history: readonly ConversationEvent[]): boolean {
  return history.findLast(({ type }) => type.startsWith('handoff.'))?.type === 'handoff.queued';
}

/** What the customer wrote before, masked, oldest first. */
function customerMessages(history: readonly ConversationEvent[]): string[] {
  return history.flatMap((event) => (event.type === 'message' && event.origin === 'customer' ? [event.data.text] : []));
}

function isEnd(step: TurnStep): boolean {
  return 'event' in step && step.event.type === 'answer.completed';
}

function confidence(hits: readonly Hit[]): number {
  return hits[0]?.confidence ?? 0;
}

function withoutModel(plan: Plan & { kind: 'write' }): Plan {
  if (plan.fallback) return { kind: 'exemplar', hit: plan.fallback };
  const [best] = plan.sources;
  return best?.kind === 'passage' ? { kind: 'quote', hit: best } : { kind: 'abstain' };
}
