import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { UsageMetadata } from '@langchain/core/messages';
import { AppError, errorMet } from '../config/app-error.js';
import { ChatModel, type ChatModelStatus, type ChatRequest } from './chat-model.js';
import { toLangChain } from './langchain-messages.js';
import type { ModelReason } from './model-reason.js';
import { generationBegan, generationEnded } from './observations.js';

/** Where the chat model comes from; it may change while the service runs (loading, stepping up, a crash). */
export abstract class ChatModelSource {
  abstract status(): ChatModelStatus;
  /** The model, while the state is `ready`. */
  abstract current(): BaseChatModel | undefined;
}

/** The port over any LangChain chat model. */
export class LangChainChatModel extends ChatModel {
  constructor(private readonly source: ChatModelSource) {
    super();
    keepPromptsInside(process.env);
  }

  override status(): ChatModelStatus {
    return this.source.status();
  }

  override async *stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const model = this.source.current();
    if (!model) throw unavailable(this.status().reason ?? ('loading' satisfies ModelReason));
    const meter = new GenerationMeter();
    try {
      const chunks = await model.stream(toLangChain(request.messages), { ...callOptions(request), signal });
      for await (const chunk of chunks) {
        if (signal.aborted) return;
        meter.chunk(chunk);
        if (chunk.text) yield chunk.text;
      }
      if (!signal.aborted) meter.outcome = 'ended';
    } catch (error) {
      // LangChain throws on abort; here an abort is an end that the caller asked for.
      if (signal.aborted) return;
      meter.outcome = 'failed';
      errorMet.tell({ code: 'model.unavailable' });
      throw error instanceof AppError ? error : unavailable('generation-failed', error);
    } finally {
      meter.end();
    }
  }
}

/** Follows one generation and tells its end. One that nobody reads to its end was aborted. */
class GenerationMeter {
  outcome: 'ended' | 'aborted' | 'failed' = 'aborted';
  readonly #begun = performance.now();
  #firstChunk: number | undefined;
  #characters = 0;
  #tokens = 0;

  constructor() {
    generationBegan.tell({});
  }

  chunk({ text, usage_metadata: usage }: { text: string; usage_metadata?: UsageMetadata | undefined }): void {
    if (text) this.#firstChunk ??= performance.now() - this.#begun;
    this.#characters += text.length;
    this.#tokens += usage?.output_tokens ?? 0;
  }

  end(): void {
    generationEnded.tell({
      outcome: this.outcome,
      ...(this.#firstChunk === undefined ? {} : { firstChunk: this.#firstChunk }),
      total: performance.now() - this.#begun,
      characters: this.#characters,
      tokens: this.#tokens,
    });
  }
}

/** What is passed to `BaseChatModel.stream` beside the signal; each of our models takes these names. */
function callOptions({ maxTokens, temperature, stop, seed, affinity }: ChatRequest): object {
  return {
    maxTokens,
    temperature,
    ...(stop ? { stop: [...stop] } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(affinity === undefined ? {} : { affinity }),
  };
}

function unavailable(reason: string, cause?: unknown): AppError {
  return AppError.of('model.unavailable', { reason }, { cause });
}

/** Variables by which LangChain and the vendors' clients send every prompt to LangSmith, or print it. */
const OTHER_DOORS = [
  'LANGSMITH_TRACING_V2',
  'LANGCHAIN_TRACING_V2',
  'LANGSMITH_TRACING',
  'LANGCHAIN_TRACING',
  'LANGSMITH_GATEWAY',
  'LANGCHAIN_VERBOSE',
  'OPENAI_LOG',
  'ANTHROPIC_LOG',
];

function keepPromptsInside(env: NodeJS.ProcessEnv): void {
  for (const name of OTHER_DOORS) delete env[name];
}
