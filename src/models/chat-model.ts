import type { ModelReason } from './model-reason.js';

/** One message of a prompt. */
export interface PromptMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatRequest {
  messages: readonly PromptMessage[];
  /** Upper bound of generated tokens. */
  maxTokens: number;
  /** 0 is greedy. */
  temperature: number;
  stop?: readonly string[];
  seed?: number;
  /** Requests with the same value begin alike: a model on several hosts sends them to the same one while it has room. */
  affinity?: string;
}

/**
 * What a model may do, recorded in data/models/models.json and measured, not guessed:
 * `select` leads, chooses and joins sentences that stand word for word in a source; `write` writes its own.
 */
export type ModelCapability = 'select' | 'write';

export type ChatModelState = 'none' | 'fetching' | 'loading' | 'ready' | 'failed';

export interface ChatModelStatus {
  state: ChatModelState;
  /** Name in the model list, or under which hosts serve it; empty for `none`, and while no host has told it. */
  model: string;
  capability: ModelCapability;
  /** Why it is not ready, a key of texts/*.yaml under `model.reason`. */
  reason?: ModelReason;
  /** 0 to 1 while fetching. */
  progress?: number;
  /** The servers, where the model is on others than this one. */
  hosts?: readonly HostStatus[];
  /** Of a local model: answers under way, and how many there may be at the same time. */
  slots?: { busy: number; total: number };
  /** Of a local model: requests that wait for a slot. */
  queued?: number;
}

export interface HostStatus {
  url: string;
  state: 'unknown' | 'up' | 'down';
  /** What it serves, once it told. */
  model?: string;
  /** Why it is down, as in `ChatModelStatus`. */
  reason?: ModelReason;
  /** Our requests that it has under way. */
  running: number;
}

/**
 * The language model that writes answers. One implementation, over LangChain's BaseChatModel (`LangChainChatModel`);
 * which BaseChatModel stands behind it (llama child process, scripted, …) is chosen by the configuration.
 */
export abstract class ChatModel {
  abstract status(): ChatModelStatus;
  /**
   * Text as it is generated, in chunks of any size.
   * Aborting the signal ends the stream within one decode step and frees the model's slot.
   * @throws AppError `model.unavailable` where the model is not ready or dies in the middle.
   */
  abstract stream(request: ChatRequest, signal: AbortSignal): AsyncIterable<string>;
}
