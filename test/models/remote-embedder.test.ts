import { afterEach, describe, expect, it } from 'vitest';
import { ModelHost } from '../../src/models/model-host.js';
import { RemoteEmbedder, type RemoteEmbedderOptions } from '../../src/models/remote-embedder.js';
import { startEmbeddingServer } from '../support/embedding-server.js';
import { JsonHost, type JsonReply, type JsonRequest } from '../support/json-host.js';
import { llamaServerPython } from '../support/llama-server.js';
import { freePort } from '../support/spawned-service.js';

/** How long something that comes by itself may take on a busy machine. */
const PATIENCE = { timeout: 30_000 };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function hostThat(reply: JsonHost['reply']): Promise<JsonHost> {
  const host = await JsonHost.start(reply);
  closing.push(() => host.stop());
  return host;
}

async function embedderAt(url: string, options: Partial<RemoteEmbedderOptions> = {}): Promise<RemoteEmbedder> {
  const embedder = await RemoteEmbedder.open({
    host: new ModelHost({ url, apiKey: 'secret' }),
    model: 'bge-m3',
    prefixes: { query: '', passage: '' },
    queryTimeout: 2_000,
    firstDelay: 1,
    ...options,
  });
  closing.push(() => embedder.close());
  return embedder;
}

/** A vector that tells its text: its length and its first character. */
const vectorOf = (text: string): number[] => [text.length, text.codePointAt(0) ?? 0, 1];

function answer({ body }: JsonRequest): JsonReply {
  const data = (body.input as string[]).map((text, index) => ({ index, embedding: vectorOf(text) }));
  return { body: { data } };
}

const inputs = (host: JsonHost): string[][] => host.requests.map(({ body }) => body.input as string[]);

describe('a remote embedder', () => {
  it('asks `/embeddings` with the key and the model, and gives L2-normalised vectors in the order of the texts', async () => {
    const host = await hostThat((request) => {
      const { body } = answer(request) as { body: { data: object[] } };
      return { body: { data: body.data.toReversed() } };
    });
    const embedder = await embedderAt(host.url);
    const [first, second] = await embedder.embed(['가', '나나'], 'query');
    const length = Math.hypot(...vectorOf('가'));
    expect([...first!]).toEqual([...Float32Array.from(vectorOf('가').map((value) => value / length))]);
    expect(second![0]! / second![2]!).toBeCloseTo(2, 5);
    expect(host.requests.at(-1)).toMatchObject({
      path: '/v1/embeddings',
      headers: { authorization: 'Bearer secret' },
      body: { model: 'bge-m3', input: ['가', '나나'], encoding_format: 'float' },
    });
  });

  it('is known by model, length of the vectors and prefixes', async () => {
    const host = await hostThat(answer);
    const plain = await embedderAt(host.url);
    const prefixed = await embedderAt(host.url, { prefixes: { query: 'query: ', passage: 'passage: ' } });
    expect([plain.id, plain.dimensions]).toEqual(['bge-m3@3', 3]);
    expect(prefixed.id).toMatch(/^bge-m3@3\+[0-9a-f]{8}$/);
    await prefixed.embed(['가'], 'query');
    await prefixed.embed(['가'], 'passage');
    expect(inputs(host).slice(-2)).toEqual([['query: 가'], ['passage: 가']]);
  });

  it('sends bulk work in batches of 32', async () => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url);
    const texts = Array.from({ length: 70 }, (_, n) => '가'.repeat(n + 1));
    const vectors = await embedder.embed(texts, 'passage');
    expect(vectors.map((vector) => Math.round(vector[0]! / vector[2]!))).toEqual(texts.map(({ length }) => length));
    expect(
      inputs(host)
        .slice(1)
        .map(({ length }) => length),
    ).toEqual([32, 32, 6]);
  });

  it.each([
    ['429', { status: 429, headers: { 'retry-after': '0' } }],
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['a cut connection', 'drop' as const],
  ])('tries bulk work again after %s', async (_, fault) => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url);
    let faults = 2;
    host.reply = (request) => (faults-- > 0 ? fault : answer(request));
    expect(
      await embedder.embed(
        Array.from({ length: 40 }, () => '가'),
        'passage',
      ),
    ).toHaveLength(40);
    expect(embedder.available).toBe(true);
  });

  it('gives up on bulk work after five attempts', async () => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url);
    host.reply = ({ body }) => ((body.input as string[]).includes('가') ? { status: 500 } : 'hang');
    const refused = { code: 'embedder.unavailable', params: { reason: 'host-failed' } };
    await expect(embedder.embed(['가'], 'passage')).rejects.toMatchObject(refused);
    expect(inputs(host).filter(([text]) => text === '가')).toHaveLength(5);
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'model-not-served'],
    [500, 'host-failed'],
    [503, 'host-not-ready'],
  ])('lets a question go on without a vector at status %i, at once', async (status, reason) => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url, { firstDelay: 60_000 });
    host.reply = () => ({ status, text: 'the answer repeats 비밀번호' });
    const error = await embedder.embed(['비밀번호'], 'query').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'embedder.unavailable', params: { reason } });
    expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toContain('비밀번호');
    expect([embedder.available, embedder.reason]).toEqual([false, reason]);
    expect(host.requests).toHaveLength(2);
    await expect(embedder.embed(['또'], 'query')).rejects.toMatchObject({ params: { reason } });
    expect(host.requests).toHaveLength(2); // no further question waits
  });

  it('lets a question go on when too many requests are refused, and asks with the next one', async () => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url);
    host.reply = () => ({ status: 429 });
    await expect(embedder.embed(['가'], 'query')).rejects.toMatchObject({ params: { reason: 'rate-limited' } });
    host.reply = answer;
    expect(await embedder.embed(['가'], 'query')).toHaveLength(1);
  });

  it('does not let a question wait longer than it may', async () => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url, { queryTimeout: 50, firstDelay: 60_000 });
    host.reply = () => 'hang';
    await expect(embedder.embed(['가'], 'query')).rejects.toMatchObject({ params: { reason: 'hung' } });
  });

  it.each([
    ['no JSON', { text: '<html>' }],
    ['another shape', { body: { vectors: [] } }],
    ['too few vectors', { body: { data: [{ index: 0, embedding: [1, 2, 3] }] } }],
    ['one vector twice', { body: { data: [0, 0].map((index) => ({ index, embedding: [1, 2, 3] })) } }],
    ['NaN', { text: '{"data":[{"index":0,"embedding":[1,2,NaN]},{"index":1,"embedding":[1,2,3]}]}' }],
    ['null for NaN', { body: { data: [0, 1].map((index) => ({ index, embedding: [1, null, 3] })) } }],
    ['infinite numbers', { text: '{"data":[{"index":0,"embedding":[1e999,1,1]},{"index":1,"embedding":[1,2,3]}]}' }],
    ['zeros', { body: { data: [0, 1].map((index) => ({ index, embedding: [0, 0, 0] })) } }],
    ['vectors of another length', { body: { data: [0, 1].map((index) => ({ index, embedding: [1, 2, 3, 4] })) } }],
  ])('takes no vectors from an answer with %s', async (_, reply) => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url, { firstDelay: 60_000 });
    host.reply = () => reply;
    await expect(embedder.embed(['가', '나'], 'query')).rejects.toMatchObject({
      code: 'embedder.unavailable',
      params: { reason: 'bad-answer' },
    });
  });

  it.each([
    ['400', { status: 400, body: { error: { type: 'exceed_context_size_error' } } }],
    ['413', { status: 413 }],
    [
      'llama-server’s 500',
      { status: 500, text: 'input (900 tokens) is too large to process. increase the physical batch size' },
    ],
  ])('cuts a text that is too long for the model (%s), and that text alone', async (_, refusal) => {
    const limit = 300;
    const host = await hostThat((request) =>
      (request.body.input as string[]).some(({ length }) => length > limit) ? refusal : answer(request),
    );
    const embedder = await embedderAt(host.url);
    const vectors = await embedder.embed(['가', '나'.repeat(1_000), '다'.repeat(299), '라', '마'], 'passage');
    expect(vectors.map((vector) => Math.round(vector[0]! / vector[2]!))).toEqual([1, 250, 299, 1, 1]);
  });

  it('is not known before its server has answered once, and comes by itself when it does', async () => {
    const port = await freePort();
    const away = await embedderAt(`http://127.0.0.1:${port}/v1`);
    expect([away.available, away.dimensions, away.reason]).toEqual([false, 0, 'host-unreachable']);
    const host = await hostThat(() => ({ status: 503 }));
    const loading = await embedderAt(host.url);
    expect(loading.reason).toBe('host-not-ready');
    host.reply = answer;
    await expect.poll(() => loading.available, PATIENCE).toBe(true);
    expect(loading.id).toBe('bge-m3@3');
  });

  it('comes back after a failure, and not under another length', async () => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url);
    host.reply = () => ({ body: { data: [{ index: 0, embedding: [1, 2, 3, 4] }] } });
    await expect(embedder.embed(['가'], 'query')).rejects.toMatchObject({ params: { reason: 'bad-answer' } });
    const asked = host.requests.length;
    await expect.poll(() => host.requests.length, PATIENCE).toBeGreaterThan(asked + 2);
    expect(embedder.available).toBe(false);
    host.reply = answer;
    await expect.poll(() => embedder.available, PATIENCE).toBe(true);
  });

  it('follows no redirect to another host', async () => {
    const other = await hostThat(answer);
    const host = await hostThat(() => ({ status: 307, headers: { location: `${other.url}/embeddings` } }));
    const embedder = await embedderAt(host.url, { firstDelay: 60_000 });
    expect(embedder.available).toBe(false);
    expect(other.requests).toEqual([]);
  });

  it('stops when it is told to, before and during a call, and stays available', async () => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url);
    await expect(embedder.embed(['가'], 'query', AbortSignal.abort())).rejects.toThrow('aborted');
    const abort = new AbortController();
    host.reply = () => {
      abort.abort();
      return 'hang';
    };
    await expect(embedder.embed(['가'], 'query', abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
    await expect(
      embedder.embed(
        Array.from({ length: 9 }, () => '가'),
        'passage',
        AbortSignal.abort(),
      ),
    ).rejects.toThrow();
    expect(embedder.available).toBe(true);
  });

  it('ends what is under way when it is closed', async () => {
    const host = await hostThat(answer);
    const embedder = await embedderAt(host.url);
    host.reply = () => {
      void embedder.close();
      return 'hang';
    };
    const closed = { code: 'embedder.unavailable', params: { reason: 'closed' } };
    await expect(embedder.embed(['가'], 'passage')).rejects.toMatchObject(closed);
    await expect(embedder.embed(['가'], 'query')).rejects.toMatchObject(closed);
  });
});

describe.runIf(llamaServerPython || process.env.CI)('a remote embedder over llama.cpp’s own server', () => {
  it('embeds, cuts what is too long, and survives a server that is killed and replaced', async () => {
    const first = await startEmbeddingServer('mean', 'secret');
    closing.push(() => first.kill());
    const embedder = await embedderAt(first.url);
    expect([embedder.id, embedder.available]).toEqual(['bge-m3@64', true]);
    const texts = ['카드를 잃어버렸어요', '예금 이자', '대출 한도 '.repeat(300)];
    const vectors = await embedder.embed([...texts, ...texts], 'passage');
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
    const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    expect(dot(vectors[0]!, vectors[3]!)).toBeCloseTo(1, 3);
    expect(dot(vectors[0]!, vectors[1]!)).toBeLessThan(0.999);
    await first.kill();
    await expect(embedder.embed(['예금'], 'query')).rejects.toMatchObject({ params: { reason: 'host-unreachable' } });
    const second = await startEmbeddingServer('mean', 'secret', first.port);
    closing.push(() => second.kill());
    await expect.poll(() => embedder.available, { timeout: 10_000 }).toBe(true);
    expect(await embedder.embed(['예금'], 'query')).toHaveLength(1);
  });

  it('says that the key is wrong', async () => {
    const server = await startEmbeddingServer('mean', 'another');
    closing.push(() => server.kill());
    expect((await embedderAt(server.url, { firstDelay: 60_000 })).reason).toBe('unauthorized');
  });
});
