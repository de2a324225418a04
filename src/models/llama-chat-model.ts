import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel, type BaseChatModelCallOptions } from '@langchain/core/language_models/chat_models';
import type { BaseMessage, MessageContent } from '@langchain/core/messages';
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs';
import { estimatedTokens, fromLangChain, gathered, textChunk } from './langchain-messages.js';
import type { LlamaProcess } from './llama-process.js';

export interface LlamaCallOptions extends BaseChatModelCallOptions {
  maxTokens?: number;
  /** 0 is greedy. */
  temperature?: number;
  seed?: number;
}

const DEFAULT_MAX_TOKENS = 512;

/** A GGUF model in a child process as a LangChain chat model. */
export class LlamaChatModel extends BaseChatModel<LlamaCallOptions> {
  constructor(private readonly process: LlamaProcess) {
    super({});
  }

  override _llmType(): string {
    return 'llama-child';
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const generation = {
      messages: fromLangChain(messages),
      maxTokens: options.maxTokens ?? DEFAULT_MAX_TOKENS,
      temperature: options.temperature ?? 0,
      stop: options.stop ?? [],
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    };
    for await (const text of this.process.generate(generation, options.signal)) {
      yield textChunk(text);
      await runManager?.handleLLMNewToken(text);
    }
  }

  override _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    return gathered(this._streamResponseChunks(messages, options, runManager));
  }

  /** An estimate. The inherited one fetches an encoding file from a public site, which takes minutes in a closed network. */
  override async getNumTokens(content: MessageContent): Promise<number> {
    return estimatedTokens(content);
  }
}
