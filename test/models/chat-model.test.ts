import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChatModelStatus, ChatRequest } from '../../src/models/chat-model.js';
import { ChatModelSource, LangChainChatModel } from '../../src/models/langchain-chat-model.js';
import { ScriptedChatModel, type Script } from '../../src/models/scripted-chat-model.js';

class Fixed extends ChatModelSource {
  constructor(readonly model: ScriptedChatModel | undefined) {
    super();
  }
  override status(): ChatModelStatus {
    return this.model
      ? { state: 'ready', model: 'scripted', capability: 'select' }
      : { state: 'failed', model: 'x', capability: 'select', reason: 'checksum' };
  }
  override current(): ScriptedChatModel | undefined {
    return this.model;
  }
}

function request(content: string): ChatRequest {
  return {
    messages: [
      { role: 'system', content: '규칙' },
      { role: 'user', content },
    ],
    maxTokens: 100,
    temperature: 0,
  };
}

function scripted(script: Script): LangChainChatModel {
  return new LangChainChatModel(new Fixed(new ScriptedChatModel(script)));
}

async function read(model: LangChainChatModel, signal = new AbortController().signal): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of model.stream(request('한도가 얼마예요?'), signal)) pieces.push(piece);
  return pieces;
}

describe('the chat model port over LangChain', () => {
  it('passes the pieces on as they come', async () => {
    expect(await read(scripted({ chunks: ['하루 ', '천만 원', '입니다.'], delayMs: 1 }))).toEqual([
      '하루 ',
      '천만 원',
      '입니다.',
    ]);
  });

  it('hands the messages over with their roles', async () => {
    const model = new ScriptedChatModel({
      chunks: ({ messages }) => messages.map(({ role, content }) => `${role}:${content}`),
    });
    expect(await read(new LangChainChatModel(new Fixed(model)))).toEqual(['system:규칙', 'user:한도가 얼마예요?']);
    expect(model.requests).toHaveLength(1);
  });

  it('gives what came before a death, then model.unavailable', async () => {
    const stream = scripted({ chunks: ['하나', '둘'], failAfter: 1 }).stream(request(''), new AbortController().signal);
    expect((await stream.next()).value).toBe('하나');
    await expect(stream.next()).rejects.toMatchObject({ code: 'model.unavailable' });
  });

  it('ends without an error when the caller aborts, even if the model hangs', async () => {
    const abort = new AbortController();
    const stream = scripted({ chunks: ['하나', '둘'], hangAfter: 1 }).stream(request(''), abort.signal);
    expect((await stream.next()).value).toBe('하나');
    const rest = stream.next();
    abort.abort();
    expect((await rest).done).toBe(true);
  });

  it('says why there is no model', async () => {
    await expect(read(new LangChainChatModel(new Fixed(undefined)))).rejects.toMatchObject({
      code: 'model.unavailable',
      params: { reason: 'checksum' },
    });
  });

  it('keeps prompts from being traced to another machine', () => {
    process.env.LANGSMITH_TRACING = 'true';
    void scripted({ chunks: [] });
    expect(process.env.LANGSMITH_TRACING).toBeUndefined();
  });
});

describe('a script file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'script-'));

  it('chooses the reply by the last message', async () => {
    const path = join(folder, 'replies.yaml');
    writeFileSync(path, 'replies:\n  - when: 한도\n    chunks: [하루 , 천만 원]\n  - chunks: [안녕하세요]\n');
    expect(await read(new LangChainChatModel(new Fixed(ScriptedChatModel.fromFile(path))))).toEqual([
      '하루',
      '천만 원',
    ]);
  });

  it.each([
    ['missing.yaml', undefined],
    ['no-replies.yaml', 'chunks: [a]'],
    ['numbers.yaml', 'replies: [{chunks: [1]}]'],
  ])('is refused by name: %s', (name, content) => {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    expect(() => ScriptedChatModel.fromFile(path)).toThrowError(expect.objectContaining({ code: 'config.invalid' }));
  });
});
