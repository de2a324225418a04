import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HumanMessage } from '@langchain/core/messages';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LlamaChatModel } from '../../src/models/llama-chat-model.js';
import { LlamaProcess, type LlamaProcessOptions } from '../../src/models/llama-process.js';
import type { LlamaGeneration } from '../../src/models/llama-protocol.js';

const tiny = join(import.meta.dirname, '..', 'fixtures', 'tiny-llama.gguf');
/** Key-value cache of one sequence of the tiny model, bytes: 2048 tokens, 2 layers, 64 keys and 64 values of 2 bytes. */
const TINY_CACHE = 2048 * 2 * (64 + 64) * 2;
const open: LlamaProcess[] = [];

async function llama(options: Partial<LlamaProcessOptions> = {}): Promise<LlamaProcess> {
  const process = new LlamaProcess({
    modelPath: tiny,
    threads: 1,
    contextTokens: 2048,
    sequences: 1,
    backoffMs: 10,
    ...options,
  });
  open.push(process);
  await process.settled();
  return process;
}

function asking(content: string, rest: Partial<LlamaGeneration> = {}): LlamaGeneration {
  const messages = [
    { role: 'system' as const, content: '규칙을 지킨다.' },
    { role: 'user' as const, content },
  ];
  return { messages, maxTokens: 20, temperature: 0, stop: [], ...rest };
}

async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((process) => process.close()));
}

async function all(stream: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
}

const ENDLESS = { maxTokens: 1_900 };

describe('the llama child process', () => {
  let process: LlamaProcess;
  beforeAll(async () => {
    process = await llama();
  });
  afterAll(closeAll);

  it('streams an answer in pieces, the same each time when greedy', async () => {
    const pieces: string[] = [];
    for await (const piece of process.generate(asking('안녕'))) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(await all(process.generate(asking('안녕')))).toBe(pieces.join(''));
  });

  it('answers waiting requests in order, each once', async () => {
    const answers = await Promise.all(['가', '나', '다', '가'].map((text) => all(process.generate(asking(text)))));
    expect(answers[3]).toBe(answers[0]);
    expect(new Set(answers).size).toBe(3);
  });

  it('frees its only sequence when a stream is aborted', async () => {
    const abort = new AbortController();
    const endless = process.generate(asking('길게', ENDLESS), abort.signal);
    await endless.next();
    abort.abort();
    expect(await all(process.generate(asking('다음')))).not.toBe('');
    await expect(all(endless)).resolves.toBeDefined();
  });

  it('frees its only sequence when the reader leaves the loop', async () => {
    for await (const _ of process.generate(asking('길게', ENDLESS))) break;
    expect(await all(process.generate(asking('다음')))).not.toBe('');
  });

  it('never runs a request that was aborted while it waited', async () => {
    const first = process.generate(asking('길게', ENDLESS));
    await first.next();
    const abort = new AbortController();
    const waiting = all(process.generate(asking('기다림'), abort.signal));
    abort.abort();
    expect(await waiting).toBe('');
    await first.return();
  });

  it('ends at a stop text', async () => {
    const whole = await all(process.generate(asking('안녕', { maxTokens: 40 })));
    const stop = [...whole].find((character) => /[A-Za-z]/.test(character))!;
    const cut = await all(process.generate(asking('안녕', { maxTokens: 40, stop: [stop] })));
    expect(whole.startsWith(cut)).toBe(true);
    expect(cut).not.toContain(stop);
    expect(cut).not.toBe('');
  });

  it('speaks LangChain, and counts tokens without the network', async () => {
    const model = new LlamaChatModel(process);
    const answer = await model.invoke([new HumanMessage('안녕')], { maxTokens: 8 });
    expect(answer.text.length).toBeGreaterThan(0);
    expect(await model.getNumTokens('이체 한도')).toBeGreaterThan(2);
  });
});

/** More than a decode step reads at once, so that the prompts are read beside running answers, and the beginning is shared. */
const SYSTEM = '상담 규칙을 지킨다. '.repeat(12);

function counselling(n: number, rest: Partial<LlamaGeneration> = {}): LlamaGeneration {
  const messages = [
    { role: 'system' as const, content: SYSTEM },
    { role: 'user' as const, content: QUESTIONS[n - 1]!.repeat(1 + (n % 3) * 4) },
  ];
  return { messages, maxTokens: 24, temperature: 0, stop: [], ...rest };
}

const QUESTIONS = [
  '이체',
  '통장 분실',
  '대출 금리가 얼마',
  '카드',
  '정기예금 해지',
  '환전',
  '비밀번호를 잊었어요',
  '수수료',
];
const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Each text is the one that its own prompt gets alone. The number of tokens in a batch decides which kernel multiplies, and so
 * the last bits of a sum: where the random tiny model has two tokens nearly equal, one text in eight may depart from there on.
 * It still begins as its own does, longer than as any other.
 */
function expectOwn(texts: string[], alone: string[]): void {
  const departed = texts.filter((text, index) => text !== alone[index]);
  expect(departed.length, departed.join('\n')).toBeLessThanOrEqual(texts.length / 8);
  const closest = texts.map((text) => alone[maxBy(alone, (other) => sharedLength(text, other))]);
  expect(closest).toEqual(alone);
}

function maxBy<T>(items: T[], measure: (item: T) => number): number {
  const sizes = items.map(measure);
  return sizes.indexOf(Math.max(...sizes));
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

describe('eight conversations in one llama child process', () => {
  let process_: LlamaProcess;
  let alone: string[];
  beforeAll(async () => {
    const single = await llama();
    alone = [];
    for (const n of EIGHT) alone.push(await all(single.generate(counselling(n))));
    process_ = await llama({ sequences: 8 });
  });
  afterAll(closeAll);

  it('get the text that each would get alone', async () => {
    expect(new Set(alone).size).toBe(8);
    expectOwn(await Promise.all(EIGHT.map((n) => all(process_.generate(counselling(n))))), alone);
  });

  it('get it also where more ask than there are slots, and beginnings were evaluated before', async () => {
    const asked = [...EIGHT, ...EIGHT, ...EIGHT].map((n) => all(process_.generate(counselling(n))));
    expectOwn(await Promise.all(asked), [...alone, ...alone, ...alone]);
  });

  it('go on when one of them is cancelled, and its slot serves who waits', async () => {
    const abort = new AbortController();
    const cancelled = process_.generate(asking('길게', ENDLESS), abort.signal);
    await cancelled.next();
    const others = EIGHT.slice(1).map((n) => all(process_.generate(counselling(n))));
    const waiting = all(process_.generate(counselling(1)));
    expect(process_.occupancy).toEqual({ slots: { busy: 8, total: 8 }, queued: 1 });
    abort.abort();
    expectOwn(await Promise.all([waiting, ...others]), alone);
    await expect.poll(() => process_.occupancy.slots.busy).toBe(0);
  });

  it('go on while a long prompt is read', async () => {
    const abort = new AbortController();
    const running = process_.generate(asking('길게', ENDLESS), abort.signal);
    await running.next();
    let written = 0;
    const read = (async () => {
      for await (const piece of running) written += piece.length;
    })();
    const before = written;
    const late = process_.generate(asking('길'.repeat(500)));
    await late.next();
    // 1,500 tokens of prompt take 12 steps of 128; read at once, they would let one or two tokens through.
    expect(written - before).toBeGreaterThan(6);
    abort.abort();
    await Promise.all([read, late.return()]);
  });

  it('fail together when the process is killed, and a new one serves the next', async () => {
    const streams = EIGHT.map(() => process_.generate(asking('길게', ENDLESS)));
    await Promise.all(streams.map((stream) => stream.next()));
    process.kill(process_.pid!, 'SIGKILL');
    const ends = await Promise.allSettled(streams.map((stream) => all(stream)));
    expect(ends.map((end) => end.status === 'rejected' && end.reason.params.reason)).toEqual(
      EIGHT.map(() => 'crashed'),
    );
    expect(process_.occupancy).toEqual({ slots: { busy: 0, total: 0 }, queued: 0 });
    await process_.settled();
    expect(await all(process_.generate(counselling(3)))).toBe(alone[2]);
  });
});

describe('the slots of a llama child process', () => {
  afterEach(closeAll);

  it.each([
    [0, 1],
    [2.5 * TINY_CACHE, 3],
    [100 * TINY_CACHE, 8],
  ])('are as many as memory holds: %d spare bytes, %d slots', async (spareBytes, total) => {
    const process = await llama({ sequences: 8, spareBytes });
    expect(process.occupancy.slots.total).toBe(total);
    expect(await all(process.generate(asking('안녕')))).not.toBe('');
  });
});

describe('a llama child process in trouble', () => {
  afterEach(closeAll);

  it('fails the open stream when it is killed, and serves the next one by a new child', async () => {
    const process_ = await llama();
    const stream = process_.generate(asking('길게', ENDLESS));
    await stream.next();
    process.kill(process_.pid!, 'SIGKILL');
    await expect(all(stream)).rejects.toMatchObject({ code: 'model.unavailable', params: { reason: 'crashed' } });
    expect(process_.state.state).toBe('loading');
    await expect(all(process_.generate(asking('아직')))).rejects.toMatchObject({ params: { reason: 'loading' } });
    await process_.settled();
    expect(await all(process_.generate(asking('다음')))).not.toBe('');
  });

  it('is killed and replaced when it hangs', async () => {
    const process_ = await llama({ hangAfterMs: 1_500 });
    const stream = process_.generate(asking('길게', ENDLESS));
    await stream.next();
    process.kill(process_.pid!, 'SIGSTOP');
    await expect(all(stream)).rejects.toMatchObject({ params: { reason: 'hung' } });
    await process_.settled();
    expect(await all(process_.generate(asking('다음')))).not.toBe('');
  });

  it('refuses a prompt that leaves no room for an answer', async () => {
    const process = await llama({ contextTokens: 256 });
    await expect(all(process.generate(asking('가'.repeat(500))))).rejects.toMatchObject({
      params: { reason: 'prompt-too-long' },
    });
  });

  it('refuses more requests than its limit', async () => {
    const process = await llama({ maxRequests: 1 });
    const first = process.generate(asking('길게', ENDLESS));
    await first.next();
    await expect(all(process.generate(asking('하나 더')))).rejects.toMatchObject({ params: { reason: 'busy' } });
    await first.return();
  });

  it('gives up at once on a file that is no model', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gguf-')), 'broken.gguf');
    writeFileSync(file, 'GGUF but not really');
    const process = await llama({ modelPath: file });
    expect(process.state).toEqual({ state: 'failed', reason: 'load-failed' });
    await expect(all(process.generate(asking('안녕')))).rejects.toMatchObject({ params: { reason: 'load-failed' } });
  });

  it('gives up on a child that keeps dying', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gguf-')), 'tiny.gguf');
    copyFileSync(tiny, file);
    const process_ = await llama({ modelPath: file, backoffMs: 1 });
    for (let death = 0; death < 5; death++) {
      process.kill(process_.pid!, 'SIGKILL');
      await expect.poll(() => process_.state.state).not.toBe('ready');
      await process_.settled();
    }
    expect(process_.state).toEqual({ state: 'failed', reason: 'crashed' });
  });
});
