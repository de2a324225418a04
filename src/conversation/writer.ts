import { Injectable } from '@nestjs/common';
import { AppError } from '../config/app-error.js';
import { text, type Locale } from '../config/texts.js';
import { OutputRails, type PolicyFinding } from '../guardrails/index.js';
import type { Hit } from '../knowledge/index.js';
import { ChatModel, type PromptMessage } from '../models/chat-model.js';
import type { AnswerEvents, TurnStep } from './answer-events.js';
import { ANSWER_INSTRUCTIONS, answerPrompt, NO_ANSWER, secondPrompt } from './answer-prompt.js';
import { approvedSource, cite, citedSource } from './citation.js';
import type { Conversation, ConversationEvent } from './events.js';
import { isUnchecked, Release, type ReleaseContext } from './release.js';
import { chosenSentences, sentencesToChooseFrom } from './sentence-choice.js';
import { ServiceLevel } from './service-level.js';

/** What a written answer needs to know of its turn. */
export interface WriterInput {
  conversation: Conversation;
  /** The customer's question, masked. */
  text: string;
  /** See `TurnInput`. */
  remarks: () => Promise<readonly ConversationEvent[]>;
  isNoticeElsewhere?: true;
}

/**
 * How writing ended: `whole`; `incomplete` where sentences were left out; `nothing` where none went out; `interrupted` where the model or a
 * check failed after some; `stood-down` where the service no longer allows a model; `aborted` by the signal.
 */
export type WritingEnd = 'whole' | 'incomplete' | 'nothing' | 'interrupted' | 'stood-down' | 'aborted';

/** Room for five Korean sentences. */
const MAX_TOKENS = 400;
/** Room for five numbers with their commas. */
const MAX_NUMBER_TOKENS = 24;
/** Conditions that are added to one answer: more would bury it. */
const MAX_CONDITIONS = 3;

/**
 * Has the model write an answer from sources and gives out its verified sentences. Where a figure has no source the model is asked once
 * more, with the complaint; what is still wrong then is left out. Conditions that the answer omits are added in the sources' words.
 */
@Injectable()
export class Writer {
  constructor(
    private readonly chatModel: ChatModel,
    private readonly release: Release,
    private readonly rails: OutputRails,
    private readonly level: ServiceLevel,
  ) {}

  async *write(
    answer: AnswerEvents,
    hits: readonly Hit[],
    input: WriterInput,
    signal: AbortSignal,
  ): AsyncGenerator<TurnStep, WritingEnd> {
    const { capability, model } = this.chatModel.status();
    const sources = hits.map((hit) => hit.text);
    const selects = capability === 'select';
    const texts = selects ? sentencesToChooseFrom(sources) : sources;
    const messages = answerPrompt(capability, texts, input.text);
    const allowed = this.level.holding('full');
    const task: WritingTask = {
      hits,
      input,
      ...(selects ? { chooseFrom: texts } : {}),
      context: {
        sources,
        question: input.text,
        promptText: ANSWER_INSTRUCTIONS,
        verbatim: selects,
        origin: { ...answer.origin, model },
      },
      signal: AbortSignal.any([signal, allowed]),
    };
    let attempt: Attempt = { withheld: [], isUnchecked: false };
    try {
      attempt = yield* this.#attempt(answer, messages, task, { stopsAtUngrounded: !selects });
      const complaints = attempt.withheld.filter(({ category }) => category === 'OUT_UNGROUNDED');
      if (!selects && complaints.length > 0 && !attempt.isUnchecked && !task.signal.aborted) {
        const again = secondPrompt(
          messages,
          complaints.map(({ rule }) => rule),
          answer.said,
        );
        const count = answer.count;
        const second = yield* this.#attempt(answer, again, task, { stopsAtUngrounded: false });
        // Where nothing came of it, what the first attempt lost is still missing.
        const lost = answer.count > count ? [] : attempt.withheld;
        attempt = { ...second, withheld: [...lost, ...second.withheld] };
      }
    } catch (error) {
      if (signal.aborted) return 'aborted';
      if (AppError.from(error).code !== 'model.unavailable') throw error;
      if (answer.count > 0) return 'interrupted';
    }
    if (signal.aborted) return 'aborted';
    if (attempt.isUnchecked) return 'interrupted';
    if (answer.count === 0) return 'nothing';
    if (allowed.aborted) return 'stood-down';
    yield* this.#addConditions(answer, task);
    return attempt.withheld.length > 0 ? 'incomplete' : 'whole';
  }

  /** One answer of the model, sentence by sentence, each once. */
  async *#attempt(
    answer: AnswerEvents,
    messages: readonly PromptMessage[],
    { hits, input, chooseFrom, context, signal }: WritingTask,
    { stopsAtUngrounded }: { stopsAtUngrounded: boolean },
  ): AsyncGenerator<TurnStep, Attempt> {
    const withheld: PolicyFinding[] = [];
    const request = {
      messages,
      maxTokens: chooseFrom ? MAX_NUMBER_TOKENS : MAX_TOKENS,
      temperature: 0,
      affinity: input.conversation.id,
    };
    const written = this.chatModel.stream(request, signal);
    const generated = chooseFrom ? chosenSentences(written, chooseFrom) : written;
    for await (const sentence of this.release.sentences(generated, context)) {
      if (signal.aborted) break;
      if (isUnchecked(sentence)) return { withheld, isUnchecked: true };
      if (sentence.action === 'withhold') {
        withheld.push(...sentence.findings);
        if (stopsAtUngrounded && sentence.findings.some(({ category }) => category === 'OUT_UNGROUNDED')) break;
      } else if (NO_ANSWER.test(sentence.text)) break;
      else if (!answer.has(sentence.text)) {
        yield* this.#noticeBefore(answer, input);
        yield answer.sentence('ai', sentence.text, cite(sentence.text, hits));
      }
    }
    return { withheld, isUnchecked: false };
  }

  /** Nothing that an AI wrote goes out before the notice that an AI answers (인공지능기본법 art. 31(1)); it begins each conversation. */
  async *#noticeBefore(
    answer: AnswerEvents,
    { conversation: { locale }, remarks, isNoticeElsewhere }: WriterInput,
  ): AsyncGenerator<TurnStep> {
    if (isNoticeElsewhere || answer.said.length > 0) return;
    const isThere = (await remarks()).some(({ type, data }) => type === 'notice' && data.kind === 'ai');
    if (!isThere) yield answer.notice('ai', await this.#addedNotice(answer, locale));
  }

  async #addedNotice(answer: AnswerEvents, locale: Locale): Promise<string> {
    const because: PolicyFinding = { category: 'OUT_NOTICE', rule: 'ai-notice', score: 1, start: 0, end: 0 };
    return (await this.release.ours(answer.origin, text('notice.ai', {}, locale), because)).join(' ');
  }

  async *#addConditions(answer: AnswerEvents, { hits, input, context }: WritingTask): AsyncGenerator<TurnStep> {
    const { locale } = input.conversation;
    const added: Parameters<AnswerEvents['sentence']>[] = [];
    for (const { source, sentence, finding } of this.rails.omissions(answer.said, context).slice(0, MAX_CONDITIONS)) {
      const hit = hits[source]!;
      const own = { ...context, sources: [hit.text], verbatim: true, because: finding };
      for await (const released of this.release.sentences([sentence], own))
        if (released.action === 'release' && !answer.has(released.text))
          added.push(
            hit.kind === 'exemplar'
              ? ['exemplar', released.text, [approvedSource(hit, locale)]]
              : ['system', released.text, [citedSource(hit)]],
          );
    }
    if (added.length === 0) return;
    yield* answer.sentences('system', await this.release.ours(answer.origin, text('turn.conditions', {}, locale)));
    for (const sentence of added) yield answer.sentence(...sentence);
  }
}

/** What the attempts of one answer have in common. */
interface WritingTask {
  hits: readonly Hit[];
  input: WriterInput;
  /** Sentences that a model of capability `select` names by number. */
  chooseFrom?: readonly string[];
  context: ReleaseContext;
  signal: AbortSignal;
}

/** How one attempt went: what its withheld sentences broke, and whether a check itself failed. */
interface Attempt {
  withheld: PolicyFinding[];
  isUnchecked: boolean;
}
