import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Limits } from '../chat/limits.js';
import { ERRORS, errorMet } from '../config/app-error.js';
import { VERSION } from '../config/version.js';
import { Conversations } from '../conversation/conversations.js';
import { FINISHES } from '../conversation/events.js';
import {
  eventAppended,
  messageJudged,
  personalDataMasked,
  sentenceChecked,
  sourcesRetrieved,
  turnEnded,
} from '../conversation/observations.js';
import { LEVELS, ServiceLevel } from '../conversation/service-level.js';
import { RuleSet } from '../guardrails/index.js';
import { Knowledge, VectorUpkeep } from '../knowledge/index.js';
import { ChatModel, type ChatModelState } from '../models/chat-model.js';
import { generationBegan, generationEnded } from '../models/observations.js';
import { Health } from './health.js';
import { PROMPTS_VERSION } from '../conversation/prompts-version.js';
import { StoreFacts } from './store-facts.js';

/** Seconds. Customers wait: below a third of a second nobody notices, above half a minute nobody stays. */
const WAITS = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 13, 20, 30, 60];
/** Seconds. The store and the retrieval are counted in milliseconds. */
const SHORT = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 5, 20];

const MODEL_STATES: readonly ChatModelState[] = ['none', 'fetching', 'loading', 'ready', 'failed'];

/**
 * What is counted, in the text format of Prometheus. Labels take values of closed sets; nothing of any customer. What each
 * means: docs/operations.md.
 */
@Injectable()
export class Metrics implements OnModuleInit, OnModuleDestroy {
  readonly #registry = new Registry();
  #stop: (() => void)[] = [];

  constructor(
    private readonly health: Health,
    private readonly level: ServiceLevel,
    private readonly conversations: Conversations,
    private readonly limits: Limits,
    private readonly chatModel: ChatModel,
    private readonly rules: RuleSet,
    private readonly store: StoreFacts,
    private readonly knowledge: Knowledge,
    private readonly upkeep: VectorUpkeep,
  ) {}

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  onModuleInit(): void {
    collectDefaultMetrics({ register: this.#registry });
    this.#stop = [...this.#countWork(), ...this.#countModel()];
    this.#showState();
  }

  onModuleDestroy(): void {
    for (const stop of this.#stop) stop();
    this.#registry.clear();
  }

  #countWork(): (() => void)[] {
    const turns = this.#counter('sangdam_turns_total', 'Turns that ended, by how.', 'finish');
    for (const finish of FINISHES) turns.inc({ finish }, 0);
    const first = this.#histogram('sangdam_first_sentence_seconds', 'From a message to its first sentence.', WAITS);
    const total = this.#histogram('sangdam_turn_seconds', 'From a message to the end of its turn.', WAITS);
    const messages = this.#counter(
      'sangdam_messages_total',
      'Messages, by the category of the input rails.',
      'category',
    );
    const sentences = this.#counter('sangdam_sentences_total', 'Sentences at the way out.', 'action', 'category');
    const personal = this.#counter('sangdam_personal_data_total', 'Personal data found in messages, by type.', 'type');
    const retrieval = this.#histogram('sangdam_retrieval_seconds', 'Looking for sources.', SHORT);
    const append = this.#histogram('sangdam_append_seconds', 'Committing one event.', SHORT);
    const errors = this.#counter('sangdam_errors_total', 'Errors, by code.', 'code');
    for (const code of Object.keys(ERRORS)) errors.inc({ code }, 0);
    return [
      turnEnded.listen(({ finish, firstSentence, total: ms }) => {
        turns.inc({ finish });
        total.observe(ms / 1000);
        if (firstSentence !== undefined) first.observe(firstSentence / 1000);
      }),
      messageJudged.listen(({ category }) => messages.inc({ category })),
      sentenceChecked.listen(({ action, category }) => sentences.inc({ action, category })),
      personalDataMasked.listen(({ types }) => types.forEach((type) => personal.inc({ type }))),
      sourcesRetrieved.listen(({ total: ms }) => retrieval.observe(ms / 1000)),
      eventAppended.listen(({ total: ms }) => append.observe(ms / 1000)),
      errorMet.listen(({ code }) => errors.inc({ code })),
    ];
  }

  #countModel(): (() => void)[] {
    const running = new Gauge({
      name: 'sangdam_generations_running',
      help: 'Requests that the chat model works on or has waiting.',
      registers: [this.#registry],
    });
    const generations = this.#counter('sangdam_generations_total', 'Generations that ended, by how.', 'outcome');
    for (const outcome of ['ended', 'aborted', 'failed']) generations.inc({ outcome }, 0);
    const first = this.#histogram('sangdam_generation_first_chunk_seconds', 'From a request to its first text.', WAITS);
    const total = this.#histogram('sangdam_generation_seconds', 'From a request to the end of its text.', WAITS);
    const characters = this.#counter('sangdam_generated_characters_total', 'Characters that the chat model wrote.');
    const tokens = this.#counter('sangdam_generated_tokens_total', 'Tokens that it wrote, where it reports them.');
    return [
      generationBegan.listen(() => running.inc()),
      generationEnded.listen((generation) => {
        running.dec();
        generations.inc({ outcome: generation.outcome });
        total.observe(generation.total / 1000);
        if (generation.firstChunk !== undefined) first.observe(generation.firstChunk / 1000);
        characters.inc(generation.characters);
        tokens.inc(generation.tokens);
      }),
    ];
  }

  #showState(): void {
    const info = new Gauge({
      name: 'sangdam_info',
      help: 'Always 1; the labels are the versions.',
      labelNames: ['version', 'rules', 'prompts'],
      registers: [this.#registry],
    });
    info.set({ version: VERSION, rules: this.rules.version, prompts: PROMPTS_VERSION }, 1);
    const { conversations, health } = this;
    this.#asked('sangdam_service_level', 'The level in force is 1.', () => oneOf(LEVELS, this.level.current), 'level');
    const modelState = (): ChatModelState => this.chatModel.status().state;
    this.#asked(
      'sangdam_model_state',
      'The chat model is in the state that is 1.',
      () => oneOf(MODEL_STATES, modelState()),
      'state',
    );
    this.#asked('sangdam_turns_running', 'Turns under way.', () => conversations.load.running);
    this.#asked('sangdam_turns_waiting', 'Turns that wait for an earlier one.', () => conversations.load.waiting);
    this.#asked('sangdam_sockets', 'Open connections of customers.', () => this.limits.connections);
    this.#asked('sangdam_retrieval_hybrid', '1 with the embedder, 0 where retrieval is lexical alone.', async () =>
      (await health.readiness()).retrieval === 'hybrid' ? 1 : 0,
    );
    this.#asked(
      'sangdam_vectors_share',
      'Share of the texts that have a vector of the configured embedder.',
      () => this.upkeep.status().progress,
    );
    this.#asked(
      'sangdam_reranked_questions',
      'Questions since the start whose hits were put into the reranker’s order, or could not be.',
      () => this.knowledge.rerank?.counts ?? { reranked: 0, failed: 0 },
      'outcome',
    );
    this.#asked('sangdam_store_up', '1 while the store answers.', async () =>
      (await health.readiness()).store === 'unavailable' ? 0 : 1,
    );
    this.#asked('sangdam_store_bytes', 'Size of the store.', () => this.store.bytes());
    this.#asked(
      'sangdam_conversations',
      'Open conversations, by state.',
      () => this.store.openConversations(),
      'state',
    );
  }

  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }

  /** A figure that is asked for at each reading, one or one for each value of a label; absent where that fails (the store is away). */
  #asked(name: string, help: string, value: () => number | Asked | Promise<number | Asked>, label?: string): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [],
      async collect() {
        if (label === undefined) gauge.remove();
        else gauge.reset();
        try {
          const current = await value();
          if (typeof current === 'number') gauge.set(current);
          else for (const [of, count] of Object.entries(current)) gauge.set({ [label!]: of }, count);
        } catch {
          // It stays absent.
        }
      },
    });
    this.#registry.registerMetric(gauge);
  }
}

type Asked = Readonly<Record<string, number>>;

function oneOf(values: readonly string[], current: string): Asked {
  return Object.fromEntries(values.map((value) => [value, value === current ? 1 : 0]));
}
