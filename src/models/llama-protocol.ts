import type { PromptMessage } from './chat-model.js';

/** What the child needs to load a model. */
export interface LlamaLoad {
  modelPath: string;
  /** Threads of one decode step. */
  threads: number;
  /** Tokens of one sequence, prompt and answer; bounded by what the model was trained on. */
  contextTokens: number;
  /** Most answers generated at the same time; more requests wait in order. */
  sequences: number;
  /** Memory beyond the model and one sequence, bytes: where it does not hold the others' key-value caches, fewer are made. */
  spareBytes?: number;
}

export interface LlamaGeneration {
  messages: readonly PromptMessage[];
  maxTokens: number;
  temperature: number;
  stop: readonly string[];
  seed?: number;
}

export type ToLlamaChild =
  | ({ type: 'load' } & LlamaLoad)
  | { type: 'generate'; id: number; generation: LlamaGeneration }
  | { type: 'cancel'; id: number }
  | { type: 'ping' };

/** `end`: the model ended it or a stop text came; `length`: maxTokens or the context is used up. */
export type LlamaStop = 'end' | 'length' | 'cancelled';

export type FromLlamaChild =
  | { type: 'loading'; progress: number }
  | { type: 'ready'; contextTokens: number; sequences: number }
  | { type: 'unloadable'; reason: 'load-failed' | 'no-memory'; message: string }
  /** A decode step is done: what each running answer grew by; nothing where prompts are read. */
  | { type: 'step'; texts: [id: number, text: string][] }
  | { type: 'done'; id: number; stop: LlamaStop }
  | { type: 'failed'; id: number; reason: 'prompt-too-long' | 'generation-failed'; message: string }
  | { type: 'pong' };
