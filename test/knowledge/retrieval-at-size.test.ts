import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairText, type Exemplar } from '../../src/knowledge/exemplar.js';
import type { Knowledge } from '../../src/knowledge/index.js';
import { all, Room, STORES } from './room.js';
import { bestByFormula, exemplarsByFormula } from './reference.js';

const THINGS = ['정기예금', '자유적금', '체크카드', '전세대출', '해외송금', '비밀번호', '인증서', '통장'];
const DEEDS = ['해지', '가입', '분실', '변경', '연장', '조회', '발급', '취소', '재신청'];
const PLACES = ['앱에서', '영업점에서', '해외에서', '주말에', '전화로', '자동화기기에서', '만기 전에', '대리인이'];

/** Different in their words, and many of them alike. */
function exemplar(n: number, answer = ''): Partial<Exemplar> {
  const [thing, deed, place] = [THINGS[n % 8]!, DEEDS[n % 9]!, PLACES[Math.floor(n / 7) % 8]!];
  return {
    id: `e-${String(n).padStart(4, '0')}`,
    topic: `${thing} ${deed}`,
    question: `${place} ${thing} ${deed} 되나요?`,
    phrasings: n % 3 === 0 ? [`${deed} ${place} ${n}`] : [],
    answer: answer || `${thing} ${deed}은 ${place} 하실 수 있습니다. 접수번호는 ${n}번입니다.`,
  };
}

const lines = (records: readonly object[]): string => records.map((record) => JSON.stringify(record)).join('\n');
const QUESTIONS = ['체크카드 분실', '주말에 전세대출 연장', '해외송금 취소 되나요', '통장', '접수번호 33번', '없는말'];

describe.each(STORES)('retrieval from many texts (%s)', (kind) => {
  let room: Room;
  let knowledge: Knowledge;
  const stored = async (): Promise<Exemplar[]> =>
    (
      await knowledge.repository.readExemplars((await Array.fromAsync(knowledge.repository.exemplarsOn(null))).flat())
    ).map((found) => found.exemplar);

  beforeAll(async () => {
    room = await Room.open(kind);
    knowledge = room.knowledge();
  });
  afterAll(() => room.close());

  it('ranks as the recipe does without an index', async () => {
    room.write('some.jsonl', lines(Array.from({ length: 60 }, (_, n) => exemplar(n))));
    await all(knowledge.importer.import([room.path]));
    const exemplars = await stored();
    for (const query of QUESTIONS) {
      const expected = await exemplarsByFormula(exemplars, room.embedder, query);
      const { exemplars: found } = await knowledge.retriever.rank(query);
      const scoreOf = new Map(expected.map(({ id, score }) => [id, score]));
      expect(found).toHaveLength(exemplars.length);
      // By score, not by id: which of two equal ones comes first is decided by the rounding of 32-bit sums.
      found.forEach(({ unit, score }, rank) => {
        expect(score).toBeCloseTo(scoreOf.get(unit.id)!, 4);
        expect(score).toBeCloseTo(expected[rank]!.score, 4);
      });
    }
  });

  it('takes the hundred best by words from thousands, and sees each change among them', async () => {
    room.embedder.available = false;
    const records = Array.from({ length: 2_100 }, (_, n) => exemplar(n));
    room.write('some.jsonl', lines(records));
    await all(knowledge.importer.import([room.path]));
    const expectFormula = async (): Promise<void> => {
      const texts = new Map((await stored()).map((e) => [e.id, `${e.topic} ${pairText(e)}`]));
      for (const query of QUESTIONS) {
        const { exemplars: found } = await knowledge.retriever.rank(query);
        const expected = bestByFormula(texts, query).slice(0, 100);
        expect(found.map(({ unit, lexical }) => ({ id: unit.id, lexical }))).toEqual(expected);
      }
    };
    await expectFormula();

    records[2] = exemplar(2, '체크카드 분실은 고객센터에 알려 주세요.');
    room.write('some.jsonl', lines(records.filter((_, n) => n % 5 !== 1)));
    await all(knowledge.importer.import([room.path], { prune: true }));
    expect(await stored()).toHaveLength(1_680);
    await expectFormula();
    room.embedder.available = true;
  });

  it('answers fifty questions at once as it answers them one after the other, during an import too', async () => {
    const ask = async (query: string): Promise<string[]> =>
      (await knowledge.retriever.retrieve(query, { k: 5 })).map(({ source }) => source);
    const questions = Array.from({ length: 50 }, (_, n) => `${exemplar(n * 3).question}`);
    const alone: string[][] = [];
    for (const question of questions) alone.push(await ask(question));
    expect(await Promise.all(questions.map(ask))).toEqual(alone);

    const file = room.write('more/new.jsonl', lines([{ id: 'new', question: '무통장 송금', answer: '됩니다.' }]));
    const importing = all(knowledge.importer.import([file]));
    expect(await Promise.all(questions.map(ask))).toHaveLength(50);
    await importing;
    expect(await Promise.all(['무통장 송금', '무통장 송금'].map(ask))).toEqual([
      expect.arrayContaining(['exemplar:new@1']),
      expect.arrayContaining(['exemplar:new@1']),
    ]);
  });
});
