import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GUARDRAILS_FOLDER, PassageRails, PhoneRegistry, RuleSet } from '../../src/guardrails/index.js';
import { Replacements } from '../../src/knowledge/replacements.js';
import { parseAsOf, SangdamRetriever, type Hit, type Knowledge } from '../../src/knowledge/index.js';
import { all, Room, sheet, statute, STORES } from './room.js';

const article = (number: string, title: string, text: string): string => `##### ${number} (${title})\n\n${text}\n`;
const long = Array.from(
  { length: 12 },
  (_, i) => `**${'①②③④⑤⑥⑦⑧⑨⑩⑪⑫'[i]}** ${'휴면예금의 관리와 출연에 관한 사항을 정한다. '.repeat(4)}`,
).join('\n\n');
const FRAUD = '전기통신금융사기 피해 방지 및 피해금 환급에 관한 특별법';

let room: Room;
let knowledge: Knowledge;
const find = (query: string, options: { k?: number; asOf?: 'none' | '2026-12-17' } = {}): Promise<Hit[]> =>
  knowledge.retriever.retrieve(query, { k: 10, ...options });
const laws = (hits: readonly Hit[]): string[] => hits.flatMap(({ ref }) => (ref ? [`${ref.law} ${ref.article}`] : []));

describe.each(STORES)('retrieval (%s)', (kind) => {
  beforeAll(async () => {
    room = await Room.open(kind);
    room.write(
      'deposit.md',
      sheet('deposit', '한결 정기예금', '## 만기\n만기가 지난 정기예금에는 만기 후 이율을 적용합니다.\n'),
    );
    room.write(
      'later.md',
      sheet('later', '내년 적금', '## 금리\n내년적금은 연 9%입니다.').replace('2026-09-01', '2027-01-01'),
    );
    room.write(
      'faq.jsonl',
      [
        {
          id: 'maturity',
          topic: '예금 만기',
          question: '정기예금 만기가 지나면 이자는 어떻게 되나요?',
          answer: '만기 후 이율을 드립니다. {{phone:bank-centre}}',
          phrasings: ['기한 넘긴 예금'],
        },
        {
          id: 'lost',
          topic: '카드 분실',
          question: '카드를 잃어버렸어요',
          answer: '한결앱에서 분실 신고를 해 주세요.',
        },
        { id: 'draft', question: '초안 문의입니다', answer: '아직 승인되지 않았습니다.', status: 'draft' },
        { id: 'ended', question: '지난 행사 문의', answer: '끝났습니다.', valid_until: '2026-11-24' },
      ]
        .map((record) => JSON.stringify(record))
        .join('\n'),
    );
    room.write(
      'laws/a.md',
      statute(
        '휴면예금법',
        '2020-01-01',
        article('제1조', '목적', '이 법은 휴면예금을 다룬다.') + article('제2조', '관리', long),
        '1',
      ),
    );
    room.write(
      'laws/b-old.md',
      statute('전자거래법', '2020-01-01', article('제9조', '책임', '옛 법의 배상책임이다.'), '2'),
    );
    room.write(
      'laws/b-new.md',
      statute('전자거래법', '2026-12-17', article('제9조', '책임', '새 법의 배상책임이다.'), '3'),
    );
    room.write(
      'laws/c.md',
      statute(FRAUD, '2024-08-28', article('제3조', '지급정지', '피해금의 환급을 위하여 지급정지를 한다.'), '4'),
    );
    knowledge = room.knowledge();
    await all(knowledge.importer.import([room.path]));
  });
  afterAll(() => room.close());

  it('puts the exemplar that is asked for first, with its approved answer', async () => {
    const [first] = await find('정기예금 만기 지나면 이자 어떻게 되나요');
    expect(first).toMatchObject({
      source: 'exemplar:maturity@1',
      kind: 'exemplar',
      title: '예금 만기',
      text: '만기 후 이율을 드립니다. {{phone:bank-centre}}',
      exemplar: { id: 'maturity', version: 1, phrasings: ['기한 넘긴 예금'] },
    });
    expect(first!.score).toBeCloseTo(first!.lexical + 5 * first!.cosine, 6);
  });

  it('finds an exemplar by a phrasing that shares no word with its question or answer', async () => {
    expect((await find('기한 넘긴 예금'))[0]).toMatchObject({ source: 'exemplar:maturity@1' });
  });

  it('orders by confidence, and within a kind of source by score', async () => {
    const hits = await find('예금 만기 이율');
    expect(hits.length).toBeGreaterThan(2);
    const confidences = hits.map(({ confidence }) => confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    for (const confidence of confidences) expect(confidence).toSatisfy((value: number) => value >= 0 && value <= 1);
    const scores = hits.filter(({ kind }) => kind === 'exemplar').map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('gives an article once, by its best passage, with law and article', async () => {
    const hits = await find('휴면예금의 관리와 출연');
    const found = laws(hits).filter((ref) => ref.startsWith('휴면예금법'));
    expect(found.sort()).toEqual(['휴면예금법 제1조', '휴면예금법 제2조']);
    const hit = hits.find(({ ref }) => ref?.article === '제2조')!;
    expect(hit).toMatchObject({
      title: '휴면예금법 › 제1장 › 제2조(관리)',
      passage: { document: 'law-1', kind: 'statute' },
    });
    expect(hit.source).toMatch(/^passage:law-1@1#\d+$/);
    expect((await knowledge.repository.sourceText(hit.source))!.text).toBe(hit.text);
  });

  it('leaves out drafts, what has ended and what has not begun', async () => {
    const sources = async (query: string): Promise<string[]> => (await find(query)).map(({ source }) => source);
    expect(await sources('초안 문의입니다')).not.toContain('exemplar:draft@1');
    expect(await sources('지난 행사 문의')).not.toContain('exemplar:ended@1');
    expect(await sources('내년적금 금리')).not.toContain('passage:later@1#1');
    expect((await find('내년적금 금리', { asOf: 'none' })).map(({ source }) => source)).toContain('passage:later@1#1');
  });

  it('cites of two texts of one law the newest in force on the day, and both where no day counts', async () => {
    const texts = async (asOf?: 'none' | '2026-12-17'): Promise<string[]> =>
      (await find('전자거래법 배상책임', asOf ? { asOf } : {}))
        .filter(({ ref }) => ref?.law === '전자거래법')
        .map(({ text }) => text);
    expect(await texts()).toEqual(['옛 법의 배상책임이다.']);
    expect(await texts('2026-12-17')).toEqual(['새 법의 배상책임이다.']);
    expect((await texts('none')).sort()).toEqual(['새 법의 배상책임이다.', '옛 법의 배상책임이다.']);
  });

  it('takes the new law by itself when its day comes', async () => {
    room.clock.day = '2026-12-17';
    expect((await find('전자거래법 배상책임')).find(({ ref }) => ref)!.text).toBe('새 법의 배상책임이다.');
    room.clock.day = '2026-11-24';
    expect((await find('전자거래법 배상책임')).find(({ ref }) => ref)!.text).toBe('옛 법의 배상책임이다.');
  });

  it('cites no act after another took its place', async () => {
    expect(laws(await find('피해금 환급 지급정지'))).not.toContain(`${FRAUD} 제3조`);
    room.clock.day = '2026-09-30';
    expect(laws(await find('피해금 환급 지급정지'))).toContain(`${FRAUD} 제3조`);
    room.clock.day = '2026-11-24';
  });

  it('sees what another process changed in the store', async () => {
    const elsewhere = room.knowledge();
    const file = room.write('more/new.jsonl', '{"id":"new","question":"무통장 송금이 되나요?","answer":"됩니다."}');
    await all(elsewhere.importer.import([file]));
    expect((await find('무통장 송금이 되나요?'))[0]).toMatchObject({ source: 'exemplar:new@1' });
    await all(elsewhere.importer.remove(['new']));
    expect((await find('무통장 송금이 되나요?')).map(({ source }) => source)).not.toContain('exemplar:new@1');
  });

  it('goes by words alone while the embedder is away', async () => {
    room.embedder.available = false;
    const [first] = await find('카드를 잃어버렸어요');
    room.embedder.available = true;
    expect(first).toMatchObject({ source: 'exemplar:lost@1', cosine: 0 });
    expect(first!.score).toBe(first!.lexical);
  });

  it('stops when it is told to, and answers an empty question with nothing wrong', async () => {
    await expect(knowledge.retriever.retrieve('예금', { k: 3, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await find('')).toEqual([]);
    expect(await find('예금', { k: 0 })).toEqual([]);
  });

  it('is LangChain’s retriever too', async () => {
    const passageRails = new PassageRails(RuleSet.load(GUARDRAILS_FOLDER));
    const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
    const retriever = new SangdamRetriever({ from: knowledge.retriever, passageRails, phones, k: 1 });
    const [document] = await retriever.invoke('카드를 잃어버렸어요');
    expect(document).toMatchObject({
      id: 'exemplar:lost@1',
      pageContent: '한결앱에서 분실 신고를 해 주세요.',
      metadata: { kind: 'exemplar' },
    });
  });
});

describe('the day that counts', () => {
  it('is written as a date, none or not at all', () => {
    expect([undefined, 'none', '2026-12-17'].map(parseAsOf)).toEqual(['today', 'none', '2026-12-17']);
    expect(() => parseAsOf('2026-13-40')).toThrow(expect.objectContaining({ code: 'input.invalid' }) as Error);
  });

  it('comes from a list that reads', () => {
    const act = { kind: 'statute', title: FRAUD } as Parameters<Replacements['applyTo']>[0];
    expect(Replacements.load().applyTo(act)).toMatchObject({ validUntil: '2026-10-01' });
    expect(Replacements.none().applyTo(act)).toBe(act);
  });
});
