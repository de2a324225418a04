import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANSWER_INSTRUCTIONS } from '../../src/conversation/answer-prompt.js';
import { ConversationLog } from '../../src/conversation/conversation-log.js';
import type { ConversationId } from '../../src/conversation/events.js';
import { Retriever, type Hit } from '../../src/knowledge/index.js';
import { ChatClient } from '../support/chat-client.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService } from '../support/service.js';

const SOURCE =
  '한결 정기예금의 만기일이 휴일이면 다음 영업일에 해지하실 수 있습니다. 한결 정기예금은 한결앱에서 최대 1억원까지 해지하실 수 있습니다. 중도해지하면 기본금리의 30%가 적용됩니다.';

/** Found for every question, with a confidence at which the model writes. */
class OneSource extends Retriever {
  override async retrieve(): Promise<Hit[]> {
    return [
      {
        source: 'passage:deposit@1#1',
        kind: 'passage',
        title: '한결 정기예금',
        text: SOURCE,
        score: 1,
        cosine: 1,
        lexical: 1,
        confidence: 0.6,
      },
    ];
  }
}

const TRUE_SENTENCES = SOURCE.match(/[^.]+\./g)!.map((sentence) => sentence.trim());
const FORBIDDEN = [
  '고객님 번호 010-2345-6789로 연락드리겠습니다.',
  '주민등록번호 850314-1998995를 확인했습니다.',
  '카드번호는 4000-4438-5551-7012 입니다.',
  '계좌번호 110-690-197405로 보내 주세요.',
  '비밀번호는 Happy!2024kr 입니다.',
  '메일 minsu.kim@example.com 으로 보내드렸습니다.',
  '중도해지 수수료는 37,500원입니다.',
  '한결 정기예금 금리는 연 9.87%입니다.',
  '자세한 내용은 1577-4321로 전화해 주세요.',
  '예금자보호법 제77조에 따라 보호됩니다.',
];
/** What must not be seen on the wire, in any form of white space. */
const RAW = [
  '010-2345-6789',
  '1998995',
  '4000-4438-5551-7012',
  '110-690-197405',
  'Happy!2024kr',
  'minsu.kim@example',
  '37,500',
  '9.87%',
  '1577-4321',
  '제77조',
];

const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '');
/** Lines of the instructions, as a model that was talked into it would say them. */
const promptParts = ANSWER_INSTRUCTIONS.split('\n').filter((line) => letters(line).length >= 30);

/** A generated text, cut at random places, also inside numbers and between the halves of a surrogate pair. */
const generation = fc
  .tuple(
    fc.array(
      fc.oneof(fc.constantFrom(...TRUE_SENTENCES), fc.constantFrom(...FORBIDDEN), fc.constantFrom(...promptParts)),
      { minLength: 1, maxLength: 6 },
    ),
    fc.constantFrom(' ', '\n', '  '),
    fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 40 }),
  )
  .map(([sentences, gap, cuts]) => chunked(sentences.join(gap), cuts));

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
      replace: [{ token: Retriever, by: new OneSource() }],
    });
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  it('never brings personal data, ungrounded facts or the prompt to a socket, and nothing that is not committed', async () => {
    const client = await ChatClient.open(service.url);
    await fc.assert(
      fc.asyncProperty(generation, async (chunks) => {
        next = chunks;
        const before = client.wire.length;
        await client.ask('정기예금 해지하면 어떻게 되나요?');
        const wire = client.wire.slice(before).join('\n');
        for (const raw of RAW) expect(wire).not.toContain(raw);
        const said = letters(wire);
        for (const part of promptParts) expect(said).not.toContain(letters(part).slice(0, 30));
      }),
      { numRuns: 1_000 },
    );
    const committed = await service.app
      .get(ConversationLog, { strict: false })
      .read(client.conversationId as ConversationId);
    expect(client.events).toEqual(committed);
    client.close();
  }, 600_000);
});
