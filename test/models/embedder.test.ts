import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shipped } from '../../src/config/package-root.js';
import { OnnxEmbedder } from '../../src/models/onnx-embedder.js';

const folder = shipped('data', 'models', 'e5-small-ko');

/** Activations are quantised for a whole batch, so a vector moves with its company: by less than quantisation itself does. */
const SAME = 0.998;

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

/** The worker thread of an embedder; a test kills it as a crash would. */
function workerOf(embedder: OnnxEmbedder): { terminate(): Promise<number> } {
  return (embedder as unknown as { worker: { terminate(): Promise<number> } }).worker;
}

describe('the shipped embedder', () => {
  let embedder: OnnxEmbedder;
  beforeAll(async () => {
    embedder = await OnnxEmbedder.open({ folder, cores: 2 });
  });
  afterAll(() => embedder.close());

  it('is available under an id that names the weights', () => {
    expect(embedder.available).toBe(true);
    expect(embedder.id).toBe('e5-small-ko@12348b22ad02');
    expect(embedder.dimensions).toBe(384);
  });

  it('gives L2-normalised vectors in the order of the texts', async () => {
    const texts = ['짧다', '체크카드를 잃어버렸을 때 재발급을 받으려면 어떻게 해야 하나요?', '환율'];
    const vectors = await embedder.embed(texts, 'query');
    expect(vectors).toHaveLength(3);
    for (const vector of vectors) expect(Math.sqrt(dot(vector, vector))).toBeCloseTo(1, 4);
    const [alone] = await embedder.embed([texts[1]!], 'query');
    expect(dot(alone!, vectors[1]!)).toBeGreaterThan(SAME);
  });

  it('puts the passage that answers a question first', async () => {
    const [question] = await embedder.embed(['카드를 잃어버렸는데 어떡하죠?'], 'query');
    const [loan, lost, rate] = await embedder.embed(
      [
        '주택담보대출은 담보 평가와 소득 심사를 거쳐 한도가 정해집니다.',
        '분실한 카드는 고객센터나 앱에서 바로 분실 신고를 하고 재발급을 신청하세요.',
        '환율은 영업시간 중에 여러 번 바뀝니다.',
      ],
      'passage',
    );
    expect(dot(question!, lost!)).toBeGreaterThan(dot(question!, loan!));
    expect(dot(question!, lost!)).toBeGreaterThan(dot(question!, rate!));
  });

  it('gives a text the same vector in a batch as alone', async () => {
    const texts = Array.from(
      { length: 40 },
      (_, n) => `${n}번째 문의: ${'이체 한도를 올리고 싶습니다. '.repeat(1 + (n % 7))}`,
    );
    const batch = await embedder.embed(texts, 'passage');
    for (const n of [0, 13, 39]) {
      const [alone] = await embedder.embed([texts[n]!], 'passage');
      expect(dot(alone!, batch[n]!)).toBeGreaterThan(SAME);
    }
  });

  it('reads a question with its layers in the same run: the vector is the same, bit for bit', async () => {
    const questions = ['카드를 잃어버렸는데 어떡하죠?', '환율'];
    const [[vector], [reading]] = await Promise.all([
      embedder.embed([questions[0]!], 'query'),
      embedder.read([questions[0]!]),
    ]);
    expect(reading!.vector).toEqual(vector);
    const both = await embedder.read(questions);
    for (const { layers } of both) expect(layers).toHaveLength(6 * 384);
    expect(dot(both[0]!.layers!, both[1]!.layers!)).toBeLessThan(dot(both[0]!.layers!, both[0]!.layers!));
    expect(await embedder.read([])).toEqual([]);
  });

  it('cuts a long text at 512 tokens: what comes later changes nothing', async () => {
    const long = '예금자보호법에 따라 보호됩니다. '.repeat(400);
    const [cut, longer] = await embedder.embed([long, `${long} 전혀 다른 이야기`], 'passage');
    expect(cut).toEqual(longer);
  });

  it('reads decomposed and full-width writing as the usual one', async () => {
    const [usual, decomposed] = await embedder.embed(
      ['이체 한도 100만원', '이체 한도 １００만원'.normalize('NFD')],
      'query',
    );
    expect(dot(usual!, decomposed!)).toBeGreaterThan(0.999);
  });

  it('answers a query before the bulk work that was there first', async () => {
    const order: string[] = [];
    const articles = Array.from(
      { length: 40 },
      (_, n) => `제${n}조 ${'은행은 고객에게 약관을 설명하여야 한다. '.repeat(3)}`,
    );
    const bulk = embedder.embed(articles, 'passage').then(() => order.push('bulk'));
    const query = embedder.embed(['약관 설명'], 'query').then(() => order.push('query'));
    await Promise.all([bulk, query]);
    expect(order).toEqual(['query', 'bulk']);
  });

  it('drops bulk work that is aborted', async () => {
    const abort = new AbortController();
    const bulk = embedder.embed(
      Array.from({ length: 2000 }, (_, n) => `문장 ${n} `.repeat(50)),
      'passage',
      abort.signal,
    );
    abort.abort();
    await expect(bulk).rejects.toMatchObject({ name: 'AbortError' });
    await expect(embedder.embed(['다음'], 'query')).resolves.toHaveLength(1);
  });

  it('takes empty input', async () => {
    expect(await embedder.embed([], 'query')).toEqual([]);
    expect(await embedder.embed([''], 'query')).toHaveLength(1);
  });
});

describe('an embedder in trouble', () => {
  it('rejects what was pending when its worker dies, and starts again once', async () => {
    const embedder = await OnnxEmbedder.open({ folder, cores: 1 });
    const pending = embedder.embed(
      Array.from({ length: 200 }, (_, n) => `문의 ${n}`.repeat(20)),
      'passage',
    );
    const rejected = expect(pending).rejects.toMatchObject({
      code: 'embedder.unavailable',
      params: { reason: 'crashed' },
    });
    await workerOf(embedder).terminate();
    await rejected;
    expect(await embedder.embed(['다시'], 'query')).toHaveLength(1);
    await embedder.close();
    await expect(embedder.embed(['끝'], 'query')).rejects.toMatchObject({ params: { reason: 'closed' } });
  });

  it('is unavailable when it dies again before it has done any work', async () => {
    const embedder = await OnnxEmbedder.open({ folder, cores: 1 });
    await workerOf(embedder).terminate();
    await workerOf(embedder).terminate();
    await expect(embedder.embed(['질문'], 'query')).rejects.toMatchObject({ code: 'embedder.unavailable' });
    expect(embedder.available).toBe(false);
    expect(embedder.reason).toBe('crashed');
  });

  it('is unavailable where a file is not what the card says, and does not throw', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'e5-'));
    for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(copy, file));
    writeFileSync(join(copy, 'e5-small-ko.onnx'), 'tampered');
    const embedder = await OnnxEmbedder.open({ folder: copy, cores: 1 });
    expect(embedder.available).toBe(false);
    expect(embedder.reason).toBe('checksum');
    await expect(embedder.embed(['질문'], 'query')).rejects.toMatchObject({ params: { reason: 'checksum' } });
    rmSync(copy, { recursive: true });
  });

  it('is unavailable where there is no model', async () => {
    const embedder = await OnnxEmbedder.open({ folder: '/nowhere', cores: 1 });
    expect([embedder.available, embedder.reason]).toEqual([false, 'embedder-missing']);
  });
});
