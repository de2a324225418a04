import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANSWER_INSTRUCTIONS } from '../../src/conversation/answer-prompt.js';
import { ConversationLog } from '../../src/conversation/conversation-log.js';
import type { ConversationId } from '../../src/conversation/events.js';
import { Retriever } from '../../src/knowledge/index.js';
import { ChatClient } from '../support/chat-client.js';
import { OneSource } from '../support/one-source.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

const SOURCE =
  '한결 정기예금의 만기일이 휴일이면 다음 영업일에 해지하실 수 있습니다. 한결 정기예금은 한결앱에서 최대 1억원까지 해지하실 수 있습니다. 중도해지하면 기본금리의 30%가 적용됩니다.';

const TRUE_SENTENCES = SOURCE.match(/[^.]+\./g)!.map((sentence) => sentence.trim());

/** What must not be seen on the wire, and a sentence that says it. */
interface Forbidden {
  raw: string;
  sentence: string;
}

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
const between = (min: number, max: number) => fc.integer({ min, max });
const two = (value: number): string => String(value).padStart(2, '0');

/** Personal data of anybody, and figures that the source does not carry. */
const forbidden: fc.Arbitrary<Forbidden> = fc.oneof(
  fc
    .tuple(digits(4), digits(4))
    .map(([a, b]) => said(`010-${a}-${b}`, (raw) => `고객님 번호 ${raw}로 연락드리겠습니다.`)),
  fc
    .tuple(between(50, 99), between(1, 12), between(1, 28), digits(6))
    .map(([year, month, day, back]) =>
      said(`${year}${two(month)}${two(day)}-1${back}`, (raw) => `주민등록번호 ${raw}를 확인했습니다.`),
    ),
  fc
    .tuple(digits(3), digits(4), digits(4), digits(4))
    .map((parts) => said(`4${parts.join('-')}`, (raw) => `카드번호는 ${raw} 입니다.`)),
  fc
    .tuple(between(100, 169), digits(3), digits(6))
    .map((parts) => said(parts.join('-'), (raw) => `신한은행 계좌번호 ${raw}로 보내 주세요.`)),
  digits(6).map((code) => said(code, (raw) => `인증번호는 ${raw} 입니다.`)),
  fc
    .string({ unit: fc.constantFrom(...'abcdefghkmnprstuvwxyz'), minLength: 5, maxLength: 10 })
    .map((name) => said(`${name}@example.com`, (raw) => `메일 ${raw} 으로 보내드렸습니다.`)),
  between(11, 999).map((won) => said(`${won},750원`, (raw) => `중도해지 수수료는 ${raw}입니다.`)),
  fc
    .tuple(between(4, 29), between(10, 99))
    .map(([whole, part]) => said(`${whole}.${part}%`, (raw) => `한결 정기예금 금리는 연 ${raw}입니다.`)),
  between(60, 99).map((article) => said(`제${article}조`, (raw) => `예금자보호법 ${raw}에 따라 보호됩니다.`)),
  digits(4).map((last) => said(`1577-${last}`, (raw) => `자세한 내용은 ${raw}로 전화해 주세요.`)),
);

function said(raw: string, sentence: (raw: string) => string): Forbidden {
  return { raw, sentence: sentence(raw) };
}

const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '');
/** Lines of the instructions, as a model that was talked into it would say them. */
const promptParts = ANSWER_INSTRUCTIONS.split('\n').filter((line) => letters(line).length >= 30);

/** A generated text with what must not come out of it, cut at random places, also inside numbers. */
const generation = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constantFrom(...TRUE_SENTENCES).map((sentence) => ({ raw: '', sentence })),
        forbidden,
        fc.constantFrom(...promptParts).map((sentence) => ({ raw: '', sentence })),
      ),
      { minLength: 1, maxLength: 6 },
    ),
    fc.constantFrom(' ', '\n', '  '),
    fc.array(between(0, 2_000), { maxLength: 40 }),
  )
  .map(([parts, gap, cuts]) => ({
    raws: parts.flatMap(({ raw }) => (raw === '' ? [] : [raw])),
    chunks: chunked(parts.map(({ sentence }) => sentence).join(gap), cuts),
  }));

function chunked(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].toSorted((a, b) => a - b);
  const chunks: string[] = [];
  let from = 0;
  for (const place of [...places, text.length]) {
    if (place > from) chunks.push(text.slice(from, place));
    from = place;
  }
  return chunks;
}

/** Times, ids and the sources' own text hold digits by chance; what is searched is what was said. */
function withoutOurNumbers(wire: string): string {
  return wire.replace(/"at":"[^"]*"|"sources":\[[^\]]*\]|"seq":\d+|"turn":\d+/g, '');
}

describe.each(['select', 'write'] as const)('what a model that may %s writes', (capability) => {
  let store: PreparedStore;
  let service: RunningService;
  let next: readonly string[] = [];

  beforeAll(async () => {
    store = await preparedStore('embedded');
    service = await startService({
      store,
      capability,
      script: () => ({ chunks: next }),
      replace: [{ token: Retriever, by: new OneSource('한결 정기예금', SOURCE) }],
    });
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  it('never brings personal data, ungrounded facts or the prompt to a socket, and nothing that is not committed', async () => {
    const client = await ChatClient.open(service.url);
    await fc.assert(
      fc.asyncProperty(generation, async ({ raws, chunks }) => {
        next = chunks;
        const before = client.wire.length;
        await client.ask('정기예금 해지하면 어떻게 되나요?');
        const wire = withoutOurNumbers(client.wire.slice(before).join('\n'));
        for (const raw of raws) expect(wire).not.toContain(raw);
        const said = letters(wire);
        for (const part of promptParts) expect(said).not.toContain(letters(part).slice(0, 30));
      }),
      // What a selecting model says passes as numbers alone; the writing one is where text could slip through.
      { numRuns: capability === 'write' ? 2_000 : 500 },
    );
    const committed = await service.app
      .get(ConversationLog, { strict: false })
      .read(client.conversationId as ConversationId);
    expect(client.events).toEqual(committed);
    client.close();
  }, 600_000);
});
