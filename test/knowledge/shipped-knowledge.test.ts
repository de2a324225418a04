import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, Room } from './room.js';
import type { Knowledge } from '../../src/knowledge/index.js';

let room: Room;
let knowledge: Knowledge;

beforeAll(async () => {
  room = await Room.open();
  room.embedder.available = false; // words alone: what ships must be readable, whatever embedder is there
  knowledge = room.knowledge();
});
afterAll(() => room.close());

describe('the shipped knowledge', () => {
  it('fills an empty store without a fault, once', async () => {
    const events = await all(knowledge.shipped.load());
    expect(events.filter(({ event }) => event === 'skipped')).toEqual([]);
    expect(events.at(-1)).toMatchObject({ event: 'done', deleted: 0 });
    expect(await all(knowledge.shipped.load())).toEqual([]);
  });

  it('answers from the bank’s exemplars and from the law in force', async () => {
    const [deposit] = await knowledge.retriever.retrieve('예금자보호 한도는 1인당 얼마인가요?', { k: 3 });
    expect(deposit).toMatchObject({ kind: 'exemplar' });
    expect(deposit!.text).toContain('1억원');
    const fraud = await knowledge.retriever.retrieve(
      '전기통신금융사기 피해 방지 및 피해자산 환급에 관한 특별법 제3조 지급정지',
      { k: 10, asOf: '2026-11-24' },
    );
    const titles = fraud.flatMap(({ ref }) => (ref ? [ref.law] : []));
    expect(titles).toContain('전기통신금융사기 피해 방지 및 피해자산 환급에 관한 특별법');
    expect(titles.filter((title) => title.includes('피해금 환급'))).toEqual([]);
  });

  it('is not put into a store that holds a bank’s own', async () => {
    await room.clear();
    const file = room.write('faq.jsonl', '{"question":"하나","answer":"일"}');
    await all(knowledge.importer.import([file]));
    expect(await all(knowledge.shipped.load())).toEqual([]);
  });

  it('goes on after a load that was stopped', async () => {
    await room.clear();
    room.embedder.available = false;
    for await (const event of knowledge.shipped.load()) if (event.event === 'imported') break;
    const events = await all(knowledge.shipped.load());
    expect(events.at(-1)).toMatchObject({ event: 'done', skipped: 0 });
    expect(events.some(({ event }) => event === 'unchanged')).toBe(true);
  });
});
