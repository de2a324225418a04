import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel, type BaseChatModelCallOptions } from '@langchain/core/language_models/chat_models';
import type { BaseMessage, MessageContent } from '@langchain/core/messages';
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../config/app-error.js';
import { HostFailure } from './host-failure.js';
import { estimatedTokens, gathered } from './langchain-messages.js';
import type { ModelReason } from './model-reason.js';
import type { RemoteHost } from './remote-host.js';
import type { RemoteHosts } from './remote-hosts.js';

export interface RemoteCallOptions extends BaseChatModelCallOptions {
  maxTokens?: number;
  /** 0 is greedy. */
  temperature?: number;
  seed?: number;
  /** Requests with the same value go to the same host while it has room; without one, or empty, those with the same instructions. */
  affinity?: string;
}

/** Requests to hosts that had asked to wait, beside one to each host. */
const SECOND_REQUESTS = 2;

/**
 * A model on a bank's own servers as a LangChain chat model. A request that fails goes to another host, but only until the
 * first text: after that, two answers would be mixed.
 */
export class RemoteChatModel extends BaseChatModel<RemoteCallOptions> {
  /** `patienceMs`: the longest that a request waits for the first text of one host; of another one after it, but no third. */
  constructor(
    private readonly hosts: RemoteHosts,
    private readonly patienceMs: number,
  ) {
    super({});
  }

  override _llmType(): string {
    return 'remote';
  }

  /** @throws AppError `model.unavailable` with the last host's reason. */
  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { signal } = options;
    const key = options.affinity || beginning(messages);
    const tried = new Set<RemoteHost>();
    let reason: ModelReason = this.hosts.status().reason ?? 'host-unreachable';
    const latest = performance.now() + 2 * this.patienceMs;
    for (let attempts = this.hosts.count + SECOND_REQUESTS; attempts > 0 && performance.now() < latest; attempts--) {
      const host = this.hosts.choose(key, tried);
      if (!host) break;
      if (host.refusesMs > 0) await delay(host.refusesMs, undefined, signal ? { signal } : {});
      let begun = false;
      try {
        for await (const chunk of host.generate(messages, options)) {
          begun ||= chunk.text !== '';
          yield chunk;
          await runManager?.handleLLMNewToken(chunk.text);
        }
        return;
      } catch (error) {
        if (!(error instanceof HostFailure)) throw error;
        ({ reason } = error);
        if (begun || !error.elsewhere) break;
        if (reason !== 'rate-limited') tried.add(host);
      }
    }
    throw AppError.of('model.unavailable', { reason });
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
}

/** What the prompts of one kind have in common: their instructions. */
function beginning(messages: readonly BaseMessage[]): string {
  return messages[0]?.text ?? '';
}
