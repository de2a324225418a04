import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel, type BaseChatModelCallOptions } from '@langchain/core/language_models/chat_models';
import type { BaseMessage, MessageContent } from '@langchain/core/messages';
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs';
import { initChatModel, MODEL_PROVIDER_CONFIG, type ConfigurableModel } from 'langchain/chat_models/universal';
import { AppError } from '../config/app-error.js';
import { HostFailure } from './host-failure.js';
import { estimatedTokens, gathered, textChunk } from './langchain-messages.js';
import type { ChatTimes } from './model-settings.js';
import { unlessSilent } from './unless-silent.js';

export interface VendorCallOptions extends BaseChatModelCallOptions {
  maxTokens?: number;
  /** 0 is greedy. */
  temperature?: number;
}

/** What the packages of the vendors call the bound of generated tokens; each ignores the others' names. */
const BOUNDS = ['maxTokens', 'maxOutputTokens', 'numPredict'] as const;
const MAX_RETRIES = 2;

/**
 * Any model that LangChain's `initChatModel` knows. Address, key and region are the variables of the vendor's own package
 * (`OPENAI_API_KEY`, `AWS_REGION`, …); retries are its client's.
 */
export class VendorChatModel extends BaseChatModel<VendorCallOptions> {
  private constructor(
    private readonly model: ConfigurableModel,
    private readonly times: ChatTimes,
  ) {
    super({});
  }

  /**
   * `name` is `vendor:model`.
   * @throws AppError `config.invalid` where the vendor is unknown, its package is not installed, or it refuses to be made
   * (mostly: a variable of its own is missing).
   */
  static async open(name: string, times: ChatTimes): Promise<VendorChatModel> {
    const invalid = (expected: string): AppError =>
      AppError.of('config.invalid', { variable: 'SANGDAM_CHAT_MODEL', value: name, expected });
    const [modelProvider, model] = vendorAndModel(name);
    const known = new Map<string, { package: string }>(Object.entries(MODEL_PROVIDER_CONFIG));
    const vendor = known.get(modelProvider);
    if (!vendor) throw invalid(`<vendor>:<model> with one of the vendors ${[...known.keys()].join(', ')}`);
    await import(vendor.package).catch((error: NodeJS.ErrnoException) => {
      throw isMissing(error) ? invalid(`the package ${vendor.package}: npm install ${vendor.package}`) : error;
    });
    const configurableFields = ['temperature', ...BOUNDS];
    const made = await initChatModel(model, { modelProvider, configurableFields, maxRetries: MAX_RETRIES }).catch(
      (error: Error) => {
        throw invalid(error.message);
      },
    );
    return new VendorChatModel(made, times);
  }

  override _llmType(): string {
    return 'vendor';
  }

  /** @throws AppError `model.unavailable` */
  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const attempt = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, attempt.signal]) : attempt.signal;
    let begun = false;
    try {
      for await (const chunk of unlessSilent(this.#chunks(messages, options, signal), this.times, attempt)) {
        begun ||= chunk.text !== '';
        yield chunk;
        await runManager?.handleLLMNewToken(chunk.text);
      }
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw AppError.of('model.unavailable', { reason: HostFailure.from(error, begun).reason });
    } finally {
      attempt.abort();
    }
  }

  override _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    return gathered(this._streamResponseChunks(messages, options, runManager));
  }

  /** An estimate; see `HostChatModel`. */
  override async getNumTokens(content: MessageContent): Promise<number> {
    return estimatedTokens(content);
  }

  async *#chunks(
    messages: BaseMessage[],
    { maxTokens, temperature, stop }: VendorCallOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ChatGenerationChunk> {
    const configurable = { temperature, ...Object.fromEntries(BOUNDS.map((bound) => [bound, maxTokens])) };
    const chunks = await this.model.stream(messages, { configurable, ...(stop ? { stop } : {}), signal });
    for await (const chunk of chunks) yield textChunk(chunk.text);
  }
}

function vendorAndModel(name: string): [string, string] {
  const colon = name.indexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}

function isMissing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
