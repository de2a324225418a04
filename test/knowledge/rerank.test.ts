import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadCalibration } from '../../src/knowledge/calibration.js';
import type { Hit, Retriever } from '../../src/knowledge/index.js';
import { RerankStage } from '../../src/knowledge/index.js';
import { ModelHost } from '../../src/models/model-host.js';
import { RemoteReranker } from '../../src/models/remote-reranker.js';
import { JsonHost, type JsonReply } from '../support/json-host.js';
import { all, DayClock, Room } from './room.js';

Logger.overrideLogger(false);

/** A clock whose durations a test decides. */
class StoppedClock extends DayClock {
  elapsed = 0;

  override monotonic(): number {
    return this.elapsed;
  }
}

const QUESTION = '정기예금 만기가 지나면 이자는 어떻게 되나요';

let room: Room;
let host: JsonHost;
let clock: StoppedClock;
let fused: Hit[];
let reranked: Retriever;
let stage: RerankStage;

beforeAll(async () => {
  room = await Room.open();
  const pairs = [
    ['maturity', '정기예금 만기가 지나면 이자는 어떻게 되나요?', '만기 후 이율을 드립니다. {{phone:bank-centre}}'],
    ['early', '정기예금을 중도에 해지하면 이자는 얼마인가요?', '중도해지 이율을 드립니다.'],
    ['rate', '정기예금 이자율이 궁금합니다', '연 3%입니다.'],
    ['lost', '카드를 잃어버렸어요', '분실 신고를 해 주세요.'],
  ];
  const file = room.write(
    'faq.jsonl',
    pairs.map(([id, question, answer]) => JSON.stringify({ id, question, answer })).join('\n'),
  );
  await all(room.knowledge().importer.import([file]));
  fused = await room.knowledge().retriever.retrieve(QUESTION, { k: 4 });
});
beforeEach(async () => {
  host = await JsonHost.start(() => 'hang');
  clock = new StoppedClock();
  stage = new RerankStage(new RemoteReranker(new ModelHost({ url: host.url }), 'judge'), 60_000, clock);
  reranked = room.knowledge(room.embedder, { rerank: stage }).retriever;
});
afterEach(() => host.stop());
afterAll(() => room.close());

const ids = (hits: readonly Hit[]): (string | undefined)[] => hits.map(({ exemplar }) => exemplar?.id);
const confidences = (hits: readonly Hit[]): number[] => hits.map(({ confidence }) => confidence);

/** Scores each text by how early the first of the words stands in the list. */
function preferring(...words: string[]): void {
  host.reply = ({ body }): JsonReply => ({
    body: {
      results: (body.documents as string[]).map((text, index) => {
        const place = words.findIndex((word) => text.includes(word));
        return { index, relevance_score: place < 0 ? -10 : -place };
      }),
    },
  });
}

describe('a reranker', () => {
  it('reads the question, and each hit as question and answer without placeholders', async () => {
    preferring('만기 후');
    await reranked.retrieve(QUESTION, { k: 1 });
    const { query, documents } = host.requests[0]!.body as { query: string; documents: string[] };
    expect(query).toBe(QUESTION);
    expect(documents).toHaveLength(4); // more than are asked for
    expect(documents[0]).toBe('정기예금 만기가 지나면 이자는 어떻게 되나요?\n만기 후 이율을 드립니다. ');
  });

  it('that agrees changes nothing', async () => {
    preferring('만기 후', ...fused.slice(1).map(({ text }) => text));
    expect(await reranked.retrieve(QUESTION, { k: 4 })).toEqual(fused);
    expect(stage.counts).toEqual({ reranked: 1, failed: 0 });
  });

  it('decides the order, not the confidence: a hit that overtakes is in doubt', async () => {
    expect(ids(fused)[0]).toBe('maturity');
    preferring('연 3%', '중도해지');
    const hits = await reranked.retrieve(QUESTION, { k: 4 });
    expect(ids(hits).slice(0, 2)).toEqual(['rate', 'early']);
    const rate = fused.find(({ exemplar }) => exemplar!.id === 'rate')!;
    expect(hits[0]!.confidence).toBeGreaterThanOrEqual(rate.confidence);
    expect(hits[0]!.confidence).toBeLessThan(fused[0]!.confidence);
    expect(confidences(hits)).toEqual(confidences(hits).toSorted((a, b) => b - a));
  });

  it('gives the k best of all that it read', async () => {
    preferring('분실');
    expect(ids(fused).indexOf('lost')).toBeGreaterThan(0);
    expect(ids(await reranked.retrieve(QUESTION, { k: 1 }))).toEqual(['lost']);
  });

  it.each([
    ['is broken', { status: 500 }],
    ['is away', 'drop' as const],
    ['says nonsense', { text: '[]' }],
  ])('that %s leaves the fused order, and is left alone for a while', async (_, reply) => {
    host.reply = () => reply;
    expect(await reranked.retrieve(QUESTION, { k: 4 })).toEqual(fused);
    expect(await reranked.retrieve(QUESTION, { k: 4 })).toEqual(fused);
    expect(host.requests).toHaveLength(1);
    expect(stage.counts).toEqual({ reranked: 0, failed: 2 });
    clock.elapsed += 10_000;
    preferring('분실');
    expect(ids(await reranked.retrieve(QUESTION, { k: 1 }))).toEqual(['lost']);
    expect(stage.counts).toEqual({ reranked: 1, failed: 2 });
  });

  it('that is late leaves the fused order', async () => {
    stage = new RerankStage(new RemoteReranker(new ModelHost({ url: host.url }), 'judge'), 20, clock);
    const hits = await room.knowledge(room.embedder, { rerank: stage }).retriever.retrieve(QUESTION, { k: 4 });
    expect(hits).toEqual(fused);
    expect(stage.counts).toEqual({ reranked: 0, failed: 1 });
  });

  it('ends with the question', async () => {
    const abort = new AbortController();
    host.reply = () => {
      abort.abort();
      return 'hang';
    };
    await expect(reranked.retrieve(QUESTION, { k: 4, signal: abort.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(stage.counts).toEqual({ reranked: 0, failed: 0 });
  });

  it('is not asked about one hit or none', async () => {
    expect(await reranked.retrieve('', { k: 4 })).toEqual([]);
    expect(host.requests).toEqual([]);
  });
});

describe('confidences', () => {
  it('come from the words alone where the cosines are of an embedder that they were not fitted on', async () => {
    const calibrated = fused[0]!;
    const { retriever } = room.knowledge(room.embedder, { calibration: loadCalibration() });
    const [first] = await retriever.retrieve(QUESTION, { k: 1 });
    expect(first).toMatchObject({ source: calibrated.source, score: calibrated.score, cosine: calibrated.cosine });
    expect(first!.confidence).not.toBeCloseTo(calibrated.confidence, 3);
    room.embedder.available = false;
    const [byWords] = await retriever.retrieve(QUESTION, { k: 1 });
    room.embedder.available = true;
    expect(first!.confidence).toBe(byWords!.confidence);
  });
});
