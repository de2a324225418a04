import type { MessageContent } from '@langchain/core/messages';
import { ChatOpenAICompletions, type ChatOpenAICompletionsCallOptions } from '@langchain/openai';
import { estimatedTokens } from './langchain-messages.js';

export interface HostCallOptions extends ChatOpenAICompletionsCallOptions {
  /** The name under which the host serves the model. */
  model?: string;
  maxTokens?: number;
  /** 0 is greedy. */
  temperature?: number;
}

/**
 * LangChain's client of one OpenAI-compatible server. It is the half of `ChatOpenAI` that speaks `/chat/completions`, the one
 * protocol that llama-server and vLLM share. Use `_streamResponseChunks`: it makes no request but that one.
 */
export class HostChatModel extends ChatOpenAICompletions<HostCallOptions> {
  /** `url` up to and with `/v1`. */
  constructor(url: string, apiKey: string | undefined) {
    super({
      apiKey: apiKey ?? 'none', // the client insists on one; servers without keys take any
      maxRetries: 0, // another host is asked instead
      streamUsage: false,
      configuration: {
        baseURL: url,
        fetchOptions: { redirect: 'error' }, // a prompt goes to the hosts that were configured, and no further
        // Said here, since the client would else take each from a variable of its own (OPENAI_LOG=debug prints prompts).
        logLevel: 'off',
        organization: null,
        project: null,
        adminAPIKey: null,
      },
    });
  }

  /** The settings of a call, which LangChain has for the whole model only. */
  override invocationParams(
    options?: this['ParsedCallOptions'],
    extra?: { streaming?: boolean },
  ): ReturnType<ChatOpenAICompletions['invocationParams']> {
    const { model = '', maxTokens, temperature } = options ?? ({} as Partial<this['ParsedCallOptions']>);
    return {
      ...super.invocationParams(options, extra),
      model,
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
    };
  }

  /** An estimate. The inherited one fetches an encoding file from a public site, which takes minutes in a closed network. */
  override async getNumTokens(content: MessageContent): Promise<number> {
    return estimatedTokens(content);
  }
}
