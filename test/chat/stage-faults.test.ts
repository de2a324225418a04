import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Clock, SystemClock } from '../../src/config/clock.js';
import { Database } from '../../src/database/database.js';
import type { ConversationEvent } from '../../src/conversation/events.js';
import {
  GUARDRAILS_FOLDER,
  InputRails,
  OutputClassifier,
  OutputRails,
  PassageRails,
  PhoneRegistry,
  RuleSet,
  SecondTier,
} from '../../src/guardrails/index.js';
import { Retriever, type Hit } from '../../src/knowledge/index.js';
import { ConversationMasker } from '../../src/privacy/index.js';
import type { ScriptedRequest } from '../../src/models/scripted-chat-model.js';
import { ChatClient } from '../support/chat-client.js';
import { OneSource } from '../support/one-source.js';
import { preparedStore, type PreparedStore } from '../support/prepared-store.js';
import { startService, type RunningService, type ServiceOptions } from '../support/service.js';

const SOURCE =
  '한결 정기예금은 한결앱에서 최대 1억원까지 해지하실 수 있습니다. 중도해지하면 기본금리의 30%가 적용됩니다. 만기일이 휴일이면 다음 영업일에 해지하실 수 있습니다.';
const [LIMIT, RATE] = SOURCE.match(/[^.]+\./g)!.map((sentence) => sentence.trim()) as [string, string];
const WRONG = '중도해지하면 기본금리의 55%가 적용됩니다.';
const QUESTION = '정기예금 해지하면 어떻게 되나요?';

/** Time that a check seems to take, without taking it. */
class LeapingClock extends SystemClock {
  #leapt = 0;

  leap(ms: number): void {
    this.#leapt += ms;
  }

  override computed(): number {
    return super.computed() + this.#leapt;
  }
}

/** How a check misbehaves on texts that hold `where`. */
type Fault = { where: string; how: 'throws' } | { where: string; how: 'slow'; ms: number };

const rules = RuleSet.load(GUARDRAILS_FOLDER);
const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);

let store: PreparedStore;
let service: RunningService | undefined;
let asked: ScriptedRequest[] = [];

beforeAll(async () => {
  store = await preparedStore('embedded');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await service?.stop();
  service = undefined;
  asked = [];
});
afterAll(() => store.remove());

/** A conversation with a service whose model says the replies in turn, the last one from then on. */
async function open(
  replies: readonly string[],
  replace: NonNullable<ServiceOptions['replace']> = [],
): Promise<ChatClient> {
  service = await startService({
    store,
    capability: 'write',
    script: (request) => {
      asked.push(request);
      return { chunks: [replies[Math.min(asked.length, replies.length) - 1] ?? ''] };
    },
    replace: [{ token: Retriever, by: new OneSource('한결 정기예금', SOURCE) }, ...replace],
  });
  return ChatClient.open(service.url);
}

async function answerTo(
  question: string,
  ...given: Parameters<typeof open>
): Promise<{ said: string[]; events: ConversationEvent[]; withheld: string[]; finish: string }> {
  const client = await open(...given);
  const events = await client.ask(question).finally(() => client.close());
  return {
    events: client.events,
    said: events.flatMap((event) => (event.type === 'answer.sentence' ? [event.data.text] : [])),
    withheld: events.flatMap((event) => (event.type === 'answer.withheld' ? [event.data.text] : [])),
    finish: events.flatMap((event) => (event.type === 'answer.completed' ? [event.data.finish] : []))[0]!,
  };
}

/** Lines of the audit log that name the rule. */
async function recorded(rule: string): Promise<number> {
  const rows = await service!.app.get(Database).query<{ line: string }>('SELECT line FROM audit_log');
  return rows.filter(({ line }) => line.includes(rule)).length;
}

function misbehave(fault: Fault, clock: LeapingClock, text: string): void {
  if (!text.includes(fault.where)) return;
  if (fault.how === 'throws') throw new Error('a check that fails');
  clock.leap(fault.ms);
}

function withFault(stage: 'input' | 'passage' | 'output', fault: Fault): NonNullable<ServiceOptions['replace']> {
  const clock = new LeapingClock();
  const faulty = <Rails extends { check(text: string, ...rest: never[]): unknown }>(rails: Rails): Rails => {
    const check = rails.check.bind(rails) as (...args: unknown[]) => unknown;
    rails.check = ((text: string, ...rest: unknown[]) => {
      misbehave(fault, clock, text);
      return check(text, ...rest);
    }) as Rails['check'];
    return rails;
  };
  const replaced = {
    input: () => ({ token: InputRails, by: faulty(new InputRails(rules)) }),
    passage: () => ({ token: PassageRails, by: faulty(new PassageRails(rules)) }),
    output: () => ({
      token: OutputRails,
      by: faulty(new OutputRails(rules, phones, OutputClassifier.load(GUARDRAILS_FOLDER))),
    }),
  }[stage]();
  return [{ token: Clock, by: clock }, replaced];
}

const FAULTS = (where: string, limit: number): Fault[] => [
  { where, how: 'throws' },
  { where, how: 'slow', ms: limit + 1 },
];

describe('the search for personal data in a message', () => {
  function searching(fault: Fault, clock = new LeapingClock()): NonNullable<ServiceOptions['replace']> {
    const mask = ConversationMasker.prototype.mask;
    vi.spyOn(ConversationMasker.prototype, 'mask').mockImplementation(function (this: ConversationMasker, ...message) {
      misbehave(fault, clock, message[0]);
      return mask.apply(this, message);
    });
    return [{ token: Clock, by: clock }];
  }

  it('that is slow: no model is asked, and a person is offered', async () => {
    const fault: Fault = { where: '정기예금', how: 'slow', ms: 51 };
    const { said, withheld, finish, events } = await answerTo(QUESTION, [LIMIT], searching(fault));
    expect(asked).toEqual([]);
    expect(said).toEqual([]);
    expect(withheld).toHaveLength(1);
    expect(finish).toBe('handoff');
    expect(events.map(({ type }) => type)).toContain('handoff.queued');
  });

  it('that fails: the message is not kept, and its sender is told so and offered a person', async () => {
    const fault: Fault = { where: '정기예금', how: 'throws' };
    const sent = answerTo(QUESTION, [LIMIT], searching(fault));
    await expect(sent).rejects.toThrow(/^privacy\.failed: .*상담사 연결/);
    expect(asked).toEqual([]);
  });
});

describe('the check of a message', () => {
  it.each(FAULTS('정기예금', 50))('$how: no model is asked, and a person is offered', async (fault) => {
    const { said, withheld, finish, events } = await answerTo(QUESTION, [LIMIT], withFault('input', fault));
    expect(asked).toEqual([]);
    expect(said).toEqual([]);
    expect(withheld).toHaveLength(1);
    expect(finish).toBe('handoff');
    expect(events.map(({ type }) => type)).toContain('handoff.queued');
  });

  it('that is slow still meets a crisis', async () => {
    const fault: Fault = { where: '죽고', how: 'slow', ms: 60 };
    const { said, finish } = await answerTo('너무 힘들어서 죽고 싶어요', [LIMIT], withFault('input', fault));
    expect(said.join(' ')).toContain('109');
    expect(finish).toBe('fixed');
    expect(asked).toEqual([]);
  });
});

describe('the second tier', () => {
  /** Never has an answer. */
  class SilentTier extends SecondTier {
    override get absence() {
      return undefined;
    }
    override findings(): Promise<never> {
      return new Promise(() => {});
    }
  }
  const silent = { token: InputRails, by: new InputRails(rules, new SilentTier(undefined, undefined), 1) };

  it.each([
    { sensitive: true, finish: 'handoff' },
    { sensitive: false, finish: 'answered' },
  ])(
    'that is late: the rules have the word, a sensitive ($sensitive) subject goes to a person',
    async ({ sensitive, finish }) => {
      const text = '예금주가 돌아가신 경우 상속인이 영업점에서 신청하십니다.';
      const exemplar: Hit['exemplar'] = {
        id: 'one',
        version: 1,
        need: '상속',
        topic: '상속 예금',
        question: '상속 예금은 어떻게 찾나요?',
        phrasings: [],
        answer: text,
        documents: [],
        statutes: [],
        status: 'approved',
        source: 'test',
        validFrom: '2026-01-01',
        sensitive,
      };
      const from = { token: Retriever, by: new OneSource('상속 예금', text, exemplar) };
      const { said, finish: finished, events } = await answerTo('상속 예금은 어떻게 찾나요?', [text], [silent, from]);
      expect(finished).toBe(finish);
      expect(said.includes(text)).toBe(!sensitive);
      expect(asked).toHaveLength(sensitive ? 0 : 1);
      expect(events.some(({ type }) => type === 'handoff.queued')).toBe(sensitive);
    },
  );
});

describe('the check of a retrieved text', () => {
  it.each(FAULTS('한결 정기예금', 10))('$how: it is not used, and where none is left that is said', async (fault) => {
    const { said, withheld, finish } = await answerTo(QUESTION, [LIMIT], withFault('passage', fault));
    expect(asked).toEqual([]);
    expect(said).toEqual([]);
    expect(withheld).toHaveLength(1);
    expect(finish).toBe('withheld');
  });
});

describe('the check of a sentence', () => {
  it.each(FAULTS('30%', 20))('$how: the sentence is withheld and the turn ends with a safe text', async (fault) => {
    const { said, withheld, finish } = await answerTo(
      QUESTION,
      [`${LIMIT} ${RATE} 만기일이 휴일이면 다음 영업일에 해지하실 수 있습니다.`],
      withFault('output', fault),
    );
    expect(said).toEqual([LIMIT]);
    expect(withheld).toHaveLength(1);
    expect(finish).toBe('failed');
  });

  it.each(FAULTS('', 20))('$how: the texts for people in danger go out all the same', async (fault) => {
    const { said } = await answerTo('너무 힘들어서 죽고 싶어요', [LIMIT], withFault('output', fault));
    expect(said.join(' ')).toContain('109');
  });

  it('that was slow once, as while patterns are compiled, is done again', async () => {
    const clock = new LeapingClock();
    const rails = new OutputRails(rules, phones, OutputClassifier.load(GUARDRAILS_FOLDER));
    let calls = 0;
    const check = rails.check.bind(rails);
    rails.check = (sentence, context) => {
      if (sentence === LIMIT && calls++ === 0) clock.leap(500);
      return check(sentence, context);
    };
    const replace = [
      { token: Clock, by: clock },
      { token: OutputRails, by: rails },
    ];
    expect(await answerTo(QUESTION, [LIMIT], replace)).toMatchObject({ said: [LIMIT], finish: 'answered' });
    expect(calls).toBeGreaterThan(1);
  });
});

describe('a sentence with a figure that no source has', () => {
  it('is written again from the sources, with what was wrong in the prompt; what went out is not said twice', async () => {
    const { said, withheld, finish } = await answerTo(QUESTION, [`${LIMIT} ${WRONG}`, `${LIMIT} ${RATE}`]);
    expect(said).toEqual([LIMIT, RATE]);
    expect(withheld).toEqual([]);
    expect(finish).toBe('answered');
    const second = asked[1]!.messages;
    expect(second.at(-1)!.content).toContain('자료]에 없는 금리');
    expect(second.at(-2)).toEqual({ role: 'assistant', content: LIMIT });
    expect(second.map(({ content }) => content).join(' ')).not.toContain('55%');
  });

  it('is left out where it is wrong again, and the customer is told; a third time is not asked', async () => {
    const { said, withheld, finish } = await answerTo(QUESTION, [`${LIMIT} ${WRONG}`]);
    expect(said).toEqual([LIMIT]);
    expect(withheld).toHaveLength(1);
    expect(finish).toBe('answered');
    expect(asked).toHaveLength(2);
  });

  it('is missing where the second answer has nothing to say, and the customer is told', async () => {
    const { said, withheld } = await answerTo(QUESTION, [`${LIMIT} ${WRONG}`, '없음']);
    expect(said).toEqual([LIMIT]);
    expect(withheld).toHaveLength(1);
  });

  it('is no reason to ask again where a promise was put right', async () => {
    const { said } = await answerTo(QUESTION, [`${LIMIT} 대출 승인이 확실합니다.`]);
    expect(said).toHaveLength(2);
    expect(said.join(' ')).not.toContain('확실');
    expect(asked).toHaveLength(1);
  });
});

describe('a condition that the source attaches to what was written', () => {
  const LOAN =
    '한결 비상금대출 금리는 연 6.5%입니다. 다만 만 19세 미만은 신청할 수 없습니다. 급여이체를 6개월 이상 하시면 금리를 0.3%p 내려 드립니다.';
  const [COST, EXCEPTION, CUT] = LOAN.match(/.+?니다\./g)!.map((sentence) => sentence.trim()) as [
    string,
    string,
    string,
  ];
  const from = { token: Retriever, by: new OneSource('한결 비상금대출', LOAN) };

  it('and that the answer omits is added in the words of the source', async () => {
    const { said, finish } = await answerTo('비상금대출 금리는요?', ['금리는 연 6.5%입니다.'], [from]);
    expect(said).toHaveLength(3);
    expect(said[0]).toBe('금리는 연 6.5%입니다.');
    expect(said[2]).toBe(EXCEPTION);
    expect(finish).toBe('answered');
    expect(await recorded('condition-omitted')).toBe(1);
  });

  it('inside its own sentence brings that sentence', async () => {
    const { said } = await answerTo('금리 내려 주나요?', ['금리를 0.3%p 내려 드립니다.'], [from]);
    expect(said.at(-1)).toBe(CUT);
  });

  it('is not said twice where the answer has it', async () => {
    const { said } = await answerTo(
      '비상금대출 금리는요?',
      [`${COST} 단, 19세 미만이시면 신청하실 수 없습니다.`],
      [from],
    );
    expect(said).toHaveLength(2);
  });

  it('is not told to a customer whose own case it is', async () => {
    const question = '급여이체를 6개월 이상 했는데 금리 얼마나 내려 주나요?';
    const { said } = await answerTo(question, ['금리를 0.3%p 내려 드립니다.'], [from]);
    expect(said).toEqual(['금리를 0.3%p 내려 드립니다.']);
  });
});

describe('the notice that an AI answers', () => {
  it('is given before the first generated sentence where the conversation has lost it', async () => {
    const client = await open([LIMIT]);
    await service!.app.get(Database).query("DELETE FROM events WHERE type = 'notice'");
    const [{ data }] = (await client.ask(QUESTION)) as [ConversationEvent];
    client.close();
    const asked = 'turn' in data ? data.turn : 0;
    const kinds = client.events
      .filter(({ seq }) => seq > asked)
      .flatMap((event) =>
        event.type === 'notice' ? [event.data.kind] : event.type === 'answer.sentence' ? [event.origin] : [],
      );
    expect(kinds).toEqual(['ai', 'ai']);
    expect(await recorded('ai-notice')).toBeGreaterThan(0);
  });
});
