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
  type PolicyFinding,
  type UrgentLine,
} from '../guardrails/index.js';
import { Retriever, type Hit } from '../knowledge/index.js';
import { ChatModel, type ModelCapability, type PromptMessage } from '../models/chat-model.js';
import { ANSWER_INSTRUCTIONS, answerPrompt, NO_ANSWER, secondPrompt } from './answer-prompt.js';
import { splitSentences } from '../text/sentences.js';
import { approvedSource, cite, citedSource, nameOf } from './citation.js';
import type {
  CitedSource,
  Conversation,
  ConversationEvent,
  ConversationState,
  Finish,
  NewEvent,
  NoticeKind,
  Origin,
  Signal,
} from './events.js';
import { retrievalQueries } from './follow-up.js';
import { messageJudged, sourcesRetrieved } from './observations.js';
import { choosePlan, type Plan } from './plan.js';
import { PROMPTS_VERSION } from './prompts-version.js';
import { Release, type Released, type ReleaseContext } from './release.js';
import { handoffText, nextOpening, serviceText } from './service-hours.js';
import { chosenSentences, sentencesToChooseFrom } from './sentence-choice.js';
import { ServiceLevel } from './service-level.js';

/** One customer message that is to be answered. All of it is masked. */
export interface TurnInput {
  conversation: Conversation;
  /** The message's number; answers refer to it as `turn`. */
  seq: number;
  text: string;
  /** The customer typed a password, a code or the like, which was deleted. */
  secretTyped: boolean;
  /** The last committed events before the message. */
  history: readonly ConversationEvent[];
  /**
   * Of the whole conversation before the message: notices, and first sentences that are neither generated nor approved answers. Read when a
   * verdict asks for them: most do not.
   */
  remarks: () => Promise<readonly ConversationEvent[]>;
}

/** An event to commit (with the state that the conversation takes by it), or a signal to pass on. */
export type TurnStep = { event: NewEvent; state?: ConversationState } | { signal: Signal };

/** Hits that are looked at for one question. */
const CANDIDATES = 8;
/** Room for five Korean sentences. */
const MAX_TOKENS = 400;
/** Attempts to override the rules in one conversation after which a person takes over (policy: 3). */
const INJECTIONS = 3;
/** Room for five numbers with their commas. */
const MAX_NUMBER_TOKENS = 24;

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
    if (!audited || !isSure) return yield* this.#noAnswer(answer, input);

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
      alone.state === 'failed'
        ? { action: 'handoff', findings: [], rulesVersion: inputRails.version }
        : alone.value;
    return { verdict: { ...found, secondTier: 'not-needed' }, isSure: false };
  }

  /** The verdict on the message, written before anything is done about it. False where no line can be written. */
  async #record(
    answer: AnswerEvents,
    verdict: JudgedVerdict,
    isSure: boolean,
    latency: number,
  ): Promise<boolean> {
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
      await this.#sentences(answer, serviceText('service.people', locale, this.phones)),
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

    if (verdict.category === 'HANDOFF') return yield* this.#toPerson(answer, locale);
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
    const lead = LEADS.find((category) => verdict.category === category);
    if (lead) yield* answer.sentences('system', await this.#fixed(answer, lead, undefined, locale));

    // Where the classifier is missing, nothing is generated: only approved answers and quotations.
    const plan = choosePlan(hits, lead || verdict.secondTier === 'absent' ? undefined : this.#readyModel());
    // Advice, law and other banks: the route, and of our own only what was approved for just this question.
    if (lead && plan.kind !== 'exemplar') return yield answer.completed('refused');
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
        yield* answer.sentences('system', await this.#sentences(answer, text('turn.asked', {}, locale)));
        return yield answer.completed('asked', plan.choices);
      case 'abstain':
        yield* answer.sentences('system', await this.#sentences(answer, text('turn.abstained', {}, locale)));
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

  /** The customer asked for a person in words; the button does the same without a turn. */
  async *#toPerson(answer: AnswerEvents, locale: Locale): AsyncGenerator<TurnStep> {
    const told = handoffText(this.clock.now(), locale, this.phones);
    yield* answer.sentences('system', await this.#sentences(answer, told));
    yield this.#queued('requested', []);
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
    const lead = await this.#sentences(answer, text('turn.quoted', { title: nameOf(hit, locale) }, locale));
    const context = { sources: [hit.text], question: input.text, verbatim: true, origin: answer.origin };
    for (const sentence of lead) yield answer.sentence('system', sentence, [source]);
    for await (const sentence of this.release.sentences([hit.text], context)) {
      if (signal.aborted) return;
      if (isUnchecked(sentence)) return yield* this.#cutOff(answer, locale);
      if (sentence.action === 'release') yield answer.sentence('system', sentence.text, [source]);
    }
    yield* this.#end(answer, 'answered', locale);
  }

  /**
   * The model writes; only verified sentences go out. Where a figure has no source it is asked once more, with the complaint; what is
   * still wrong then is left out. Where no sentence goes out, the approved answer is given, or nothing.
   */
  async *#write(
    answer: AnswerEvents,
    plan: Plan & { kind: 'write' },
    input: TurnInput,
    signal: AbortSignal,
  ): AsyncGenerator<TurnStep> {
    const { locale } = input.conversation;
    const { capability, model } = this.chatModel.status();
    const sources = plan.sources.map((hit) => hit.text);
    const selects = capability === 'select';
    const texts = selects ? sentencesToChooseFrom(sources) : sources;
    const first = answerPrompt(capability, texts, input.text);
    const context = {
      sources,
      question: input.text,
      promptText: ANSWER_INSTRUCTIONS,
      verbatim: selects,
      origin: { ...answer.origin, model },
    };
    const allowed = this.level.holding('full');
    const generation: Generation = {
      maxTokens: selects ? MAX_NUMBER_TOKENS : MAX_TOKENS,
      affinity: input.conversation.id,
      ...(selects ? { chooseFrom: texts } : {}),
      context,
      plan,
      signal: AbortSignal.any([signal, allowed]),
    };
    let outcome: Outcome = { withheld: [], isUnchecked: false };
    yield { signal: { type: 'progress', data: { turn: input.seq, stage: 'writing' } } };
    try {
      outcome = yield* this.#generate(answer, first, generation, !selects);
      const complaints = outcome.withheld.filter(({ category }) => category === 'OUT_UNGROUNDED');
      if (!selects && complaints.length > 0 && !generation.signal.aborted) {
        const rules = complaints.map(({ rule }) => rule);
        const said = answer.count;
        const second = yield* this.#generate(answer, secondPrompt(first, rules, answer.said), generation, false);
        // Where nothing came of it, what the first attempt lost is still missing.
        outcome = answer.count > said ? second : { ...second, withheld: [...outcome.withheld, ...second.withheld] };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (AppError.from(error).code !== 'model.unavailable') throw error;
      if (answer.count > 0) return yield* this.#cutOff(answer, locale);
    }
    if (signal.aborted) return;
    if (outcome.isUnchecked) return yield* this.#cutOff(answer, locale);
    if (answer.count === 0) return yield* this.#answer(answer, withoutModel(plan), input, signal);
    if (allowed.aborted) {
      yield answer.withheld(text('turn.cut-short', {}, locale));
      return yield answer.completed('stopped');
    }
    if (outcome.withheld.length > 0) yield answer.withheld(text('turn.unchecked', {}, locale));
    yield answer.completed('answered');
  }

  /** One answer of the model, sentence by sentence, each once. */
  async *#generate(
    answer: AnswerEvents,
    messages: readonly PromptMessage[],
    { maxTokens, affinity, chooseFrom, context, plan, signal }: Generation,
    stopsAtUngrounded: boolean,
  ): AsyncGenerator<TurnStep, Outcome> {
    const withheld: PolicyFinding[] = [];
    const written = this.chatModel.stream({ messages, maxTokens, temperature: 0, affinity }, signal);
    const generated = chooseFrom ? chosenSentences(written, chooseFrom) : written;
    for await (const sentence of this.release.sentences(generated, context)) {
      if (signal.aborted) break;
      if (isUnchecked(sentence)) return { withheld, isUnchecked: true };
      if (sentence.action === 'withhold') {
        withheld.push(...sentence.findings);
        if (stopsAtUngrounded && sentence.findings.some(({ category }) => category === 'OUT_UNGROUNDED')) break;
      } else if (NO_ANSWER.test(sentence.text)) break;
      else if (!answer.has(sentence.text))
        yield answer.sentence('ai', sentence.text, cite(sentence.text, plan.sources));
    }
    return { withheld, isUnchecked: false };
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
    return this.#sentences(answer, this.#fixedText(category, variant, locale));
  }

  /** Where none is written, what is said when nothing was found. */
  #fixedText(category: PolicyCategory, variant: string | undefined, locale: Locale): string {
    return this.fixedTexts.text(category, locale, variant) ?? text('turn.abstained', {}, locale);
  }

  /** Our own texts take the same way out as every other. */
  async #sentences(answer: AnswerEvents, ours: string): Promise<string[]> {
    const sentences: string[] = [];
    for await (const sentence of this.release.sentences([ours], {
      sources: [ours],
      verbatim: false,
      origin: answer.origin,
      fixed: true,
    }))
      if (sentence.action === 'release') sentences.push(sentence.text);
    return sentences;
  }
}

/** What the two attempts of one answer have in common. */
interface Generation {
  maxTokens: number;
  affinity: string;
  /** Sentences that a model of capability `select` names by number. */
  chooseFrom?: readonly string[];
  context: ReleaseContext;
  plan: Plan & { kind: 'write' };
  signal: AbortSignal;
}

/** How one attempt went: what its withheld sentences broke, and whether a check itself failed. */
interface Outcome {
  withheld: PolicyFinding[];
  isUnchecked: boolean;
}

function isUnchecked(sentence: Released): boolean {
  return sentence.action === 'withhold' && sentence.unchecked === true;
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

/** Makes the events of one answer and counts its sentences. */
class AnswerEvents {
  readonly #texts = new Set<string>();
  #index = 0;

  constructor(
    private readonly conversation: string,
    private readonly turn: number,
  ) {}

  /** For the audit log. */
  get origin(): { conversation: string; turn: number } {
    return { conversation: this.conversation, turn: this.turn };
  }

  get count(): number {
    return this.#texts.size;
  }

  get said(): string[] {
    return [...this.#texts];
  }

  has(sentence: string): boolean {
    return this.#texts.has(sentence);
  }

  sentence(origin: Origin, sentence: string, sources: CitedSource[]): TurnStep {
    this.#texts.add(sentence);
    return {
      event: {
        type: 'answer.sentence',
        origin,
        data: { turn: this.turn, index: this.#index++, text: sentence, sources },
      },
    };
  }

  *sentences(origin: Origin, sentences: readonly string[]): Generator<TurnStep> {
    for (const sentence of sentences) yield this.sentence(origin, sentence, []);
  }

  notice(kind: NoticeKind, notice: string): TurnStep {
    return { event: { type: 'notice', origin: 'system', data: { text: notice, kind } } };
  }

  withheld(reason: string): TurnStep {
    return { event: { type: 'answer.withheld', origin: 'system', data: { turn: this.turn, text: reason } } };
  }

  completed(finish: Finish, choices?: string[]): TurnStep {
    return {
      event: {
        type: 'answer.completed',
        origin: 'system',
        data: { turn: this.turn, finish, ...(choices ? { choices } : {}) },
      },
    };
  }
}
