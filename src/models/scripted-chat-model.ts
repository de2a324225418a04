import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseMessage, MessageContent } from '@langchain/core/messages';
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs';
import { parse } from 'yaml';
import { AppError } from '../config/app-error.js';
import type { PromptMessage } from './chat-model.js';
import { fromLangChain, gathered, textChunk } from './langchain-messages.js';

/** What the model says to one request, and how it misbehaves. */
export interface Script {
  chunks: readonly string[] | ((request: ScriptedRequest) => readonly string[]);
  /** Before each chunk, ms. */
  delayMs?: number;
  /** Dies (`model.unavailable`) after this many chunks. */
  failAfter?: number;
  /** Says nothing more after this many chunks, until it is aborted. */
  hangAfter?: number;
}

export interface ScriptedRequest {
  messages: readonly PromptMessage[];
  /** 0 for the first request to this model. */
  index: number;
}

/**
 * A chat model for tests: emits chosen chunks with chosen delays and faults. Use it in code with a script or a function that
 * gives one for each request, or by `SANGDAM_CHAT_MODEL=scripted:<path>` with a YAML or JSON file:
 *
 *     replies:
 *       - when: 이체 한도        # the first reply whose `when` occurs in the last message; without `when`: any message
 *         chunks: ['하루 ', '이체 한도는 …']
 *         delayMs: 5
 *         failAfter: 1
 *       - chunks: ['안녕하세요.']
 */
export class ScriptedChatModel extends BaseChatModel {
  /** What was asked, for a test to look at. */
  readonly requests: ScriptedRequest[] = [];
  private readonly scriptFor: (request: ScriptedRequest) => Script;

  constructor(script: Script | ((request: ScriptedRequest) => Script)) {
    super({});
    this.scriptFor = typeof script === 'function' ? script : () => script;
  }

  /** @throws AppError `config.invalid` where the file is missing or no script. */
  static fromFile(path: string): ScriptedChatModel {
    const replies = readReplies(path);
    return new ScriptedChatModel(({ messages }) => {
      const said = messages.at(-1)?.content ?? '';
      const reply = replies.find(({ when }) => when === undefined || said.includes(when));
      if (!reply) throw AppError.of('model.unavailable', { reason: 'script-exhausted' });
      return reply;
    });
  }

  override _llmType(): string {
    return 'scripted';
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
  ): AsyncGenerator<ChatGenerationChunk> {
    const request = { messages: fromLangChain(messages), index: this.requests.length };
    this.requests.push(request);
    const { chunks, delayMs = 0, failAfter, hangAfter } = this.scriptFor(request);
    const said = typeof chunks === 'function' ? chunks(request) : chunks;
    for (let n = 0; n <= said.length; n++) {
      if (n === failAfter) throw AppError.of('model.unavailable', { reason: 'crashed' });
      if (n === hangAfter) await aborted(options.signal);
      if (n === said.length) return;
      if (delayMs > 0) await delay(delayMs, undefined, options.signal ? { signal: options.signal } : {});
      yield textChunk(said[n]!);
    }
  }

  override _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    return gathered(this._streamResponseChunks(messages, options));
  }

  override async getNumTokens(content: MessageContent): Promise<number> {
    return content.length;
  }
}

interface Reply extends Script {
  when?: string;
  chunks: readonly string[];
}

function readReplies(path: string): readonly Reply[] {
  const invalid = (expected: string, cause?: unknown) =>
    AppError.of('config.invalid', { variable: 'SANGDAM_CHAT_MODEL', value: `scripted:${path}`, expected }, { cause });
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw invalid('a readable YAML or JSON file', error);
  }
  const replies = (content as { replies?: unknown } | null)?.replies;
  if (!Array.isArray(replies) || !replies.every(isReply)) throw invalid('replies: [{when?, chunks: [text…], …}]');
  return replies;
}

function isReply(value: unknown): value is Reply {
  const reply = value as Partial<Reply> | null;
  return Array.isArray(reply?.chunks) && reply.chunks.every((chunk) => typeof chunk === 'string');
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
