import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Clock, SystemClock } from '../../src/config/clock.js';
import type { ConversationEvent } from '../../src/conversation/events.js';
import {
  GUARDRAILS_FOLDER,
  InputRails,
  OutputRails,
  PassageRails,
  PhoneRegistry,
  RuleSet,
} from '../../src/guardrails/index.js';
import { Retriever } from '../../src/knowledge/index.js';
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
  await service?.stop();
  service = undefined;
  asked = [];
});
afterAll(() => store.remove());

/** One question to a service whose model says the replies in turn, the last one from then on. */
async function answerTo(
  question: string,
  replies: readonly string[],
  replace: NonNullable<ServiceOptions['replace']> = [],
): Promise<{ said: string[]; events: ConversationEvent[]; withheld: string[]; finish: string }> {
  service = await startService({
    store,
    capability: 'write',
    script: (request) => {
      asked.push(request);
      return { chunks: [replies[Math.min(asked.length, replies.length) - 1] ?? ''] };
    },
    replace: [{ token: Retriever, by: new OneSource('한결 정기예금', SOURCE) }, ...replace],
  });
  const client = await ChatClient.open(service.url);
  const events = await client.ask(question);
  client.close();
  return {
    events: client.events,
    said: events.flatMap((event) => (event.type === 'answer.sentence' ? [event.data.text] : [])),
    withheld: events.flatMap((event) => (event.type === 'answer.withheld' ? [event.data.text] : [])),
    finish: events.flatMap((event) => (event.type === 'answer.completed' ? [event.data.finish] : []))[0]!,
  };
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
    output: () => ({ token: OutputRails, by: faulty(new OutputRails(rules, phones)) }),
  }[stage]();
  return [{ token: Clock, by: clock }, replaced];
}

const FAULTS = (where: string, limit: number): Fault[] => [
  { where, how: 'throws' },
  { where, how: 'slow', ms: limit + 1 },
];

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
    const rails = new OutputRails(rules, phones);
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
