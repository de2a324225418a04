import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AppError } from '../config/app-error.js';
import { ChatModel, type ChatModelStatus, type ChatRequest } from './chat-model.js';
import { toLangChain } from './langchain-messages.js';
import type { ModelReason } from './model-reason.js';

/** Where the chat model comes from; it may change while the service runs (loading, stepping up, a crash). */
export abstract class ChatModelSource {
  abstract status(): ChatModelStatus;
  /** The model, while the state is `ready`. */
  abstract current(): BaseChatModel | undefined;
}

/** What is passed to `BaseChatModel.stream` beside the signal. A vendor's model with other names gets its own mapping. */
export type CallOptionsOf = (request: ChatRequest) => object;

/** The port over any LangChain chat model. */
export class LangChainChatModel extends ChatModel {
  constructor(
    private readonly source: ChatModelSource,
    private readonly callOptionsOf: CallOptionsOf = ownCallOptions,
  ) {
    super();
    forbidTracing(process.env);
  }

  override status(): ChatModelStatus {
    return this.source.status();
  }

  override async *stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const model = this.source.current();
    if (!model) throw unavailable(this.status().reason ?? ('loading' satisfies ModelReason));
    try {
      const chunks = await model.stream(toLangChain(request.messages), { ...this.callOptionsOf(request), signal });
      for await (const chunk of chunks) {
        if (signal.aborted) return;
        if (chunk.text) yield chunk.text;
      }
    } catch (error) {
      // LangChain throws on abort; here an abort is an end that the caller asked for.
      if (signal.aborted) return;
      throw error instanceof AppError ? error : unavailable('generation-failed', error);
    }
  }
}

function ownCallOptions({ maxTokens, temperature, stop, seed }: ChatRequest): object {
  return { maxTokens, temperature, ...(stop ? { stop: [...stop] } : {}), ...(seed === undefined ? {} : { seed }) };
}

function unavailable(reason: string, cause?: unknown): AppError {
  return AppError.of('model.unavailable', { reason }, { cause });
}

/** LangChain sends every prompt to LangSmith when one of these is set: customers' words must not leave by that door. */
function forbidTracing(env: NodeJS.ProcessEnv): void {
  for (const name of ['LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING_V2', 'LANGSMITH_TRACING', 'LANGCHAIN_TRACING'])
    delete env[name];
}
