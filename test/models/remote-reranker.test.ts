import { afterEach, describe, expect, it } from 'vitest';
import { ModelHost } from '../../src/models/model-host.js';
import { RemoteReranker } from '../../src/models/remote-reranker.js';
import { startEmbeddingServer } from '../support/embedding-server.js';
import { JsonHost } from '../support/json-host.js';
import { llamaServerPython } from '../support/llama-server.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const signal = new AbortController().signal;

async function rerankerThat(reply: JsonHost['reply'], model?: string): Promise<[RemoteReranker, JsonHost]> {
  const host = await JsonHost.start(reply);
  closing.push(() => host.stop());
  return [new RemoteReranker(new ModelHost({ url: host.url, apiKey: 'secret' }), model), host];
}

describe('a remote reranker', () => {
  it('speaks the form of llama-server, vLLM, Jina and Cohere', async () => {
    const results = [
      { index: 1, relevance_score: 0.9, document: { text: '나' } },
      { index: 0, relevance_score: -3 },
    ];
    const [reranker, host] = await rerankerThat(() => ({ body: { results } }), 'bge-reranker');
    expect(await reranker.rerank('질문', ['가', '나'], signal)).toEqual([-3, 0.9]);
    expect(host.requests).toMatchObject([
      {
        path: '/v1/rerank',
        headers: { authorization: 'Bearer secret' },
        body: { model: 'bge-reranker', query: '질문', documents: ['가', '나'], top_n: 2 },
      },
    ]);
  });

  it('speaks TEI’s form where the other is refused, and then at once', async () => {
    const [reranker, host] = await rerankerThat(({ body }) =>
      'texts' in body
        ? {
            body: [
              { index: 1, score: 0.9 },
              { index: 0, score: 0.1 },
            ],
          }
        : { status: 422, text: 'missing field `texts`' },
    );
    expect(await reranker.rerank('질문', ['가', '나'], signal)).toEqual([0.1, 0.9]);
    expect(await reranker.rerank('질문', ['다', '라'], signal)).toEqual([0.1, 0.9]);
    expect(host.requests.map(({ body }) => Object.keys(body))).toEqual([
      ['query', 'documents', 'top_n'],
      ['query', 'texts', 'truncate'],
      ['query', 'texts', 'truncate'],
    ]);
  });

  it.each([
    ['unauthorized', { status: 401 }],
    ['model-not-served', { status: 404 }],
    ['host-failed', { status: 500 }],
    ['bad-answer', { body: { results: [{ index: 0, relevance_score: 1 }] } }],
    ['bad-answer', { body: { results: [0, 0].map((index) => ({ index, relevance_score: 1 })) } }],
    ['bad-answer', { body: { results: [0, 5].map((index) => ({ index, relevance_score: 1 })) } }],
    ['bad-answer', { body: [0, 1].map((index) => ({ index, score: null })) }],
    ['bad-answer', { text: 'x' }],
    ['host-unreachable', 'drop' as const],
  ])('fails with %s for %j', async (reason, reply) => {
    const [reranker] = await rerankerThat(() => reply);
    await expect(reranker.rerank('질문', ['가', '나'], signal)).rejects.toMatchObject({ reason });
  });

  it('ends with its signal, and asks nothing about nothing', async () => {
    const abort = new AbortController();
    const [reranker, host] = await rerankerThat(() => {
      abort.abort();
      return 'hang';
    });
    expect(await reranker.rerank('질문', [], signal)).toEqual([]);
    expect(host.requests).toEqual([]);
    await expect(reranker.rerank('질문', ['가'], abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe.runIf(llamaServerPython || process.env.CI)('a remote reranker over llama.cpp’s own server', () => {
  it('gives each text its score', async () => {
    const server = await startEmbeddingServer('rank', 'secret');
    closing.push(() => server.kill());
    const reranker = new RemoteReranker(new ModelHost({ url: server.url, apiKey: 'secret' }), 'tiny');
    const scores = await reranker.rerank('카드 분실', ['예금 이자', '카드 재발급', '대출'], signal);
    expect(scores).toHaveLength(3);
    expect(new Set(scores).size).toBe(3);
    const again = await reranker.rerank('카드 분실', ['카드 재발급', '예금 이자', '대출'], signal);
    expect(again[0]).toBeCloseTo(scores[1]!, 3);
  });
});
