import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConversationEvent, NewEvent } from '../../src/conversation/events.js';
import { apply, EMPTY_VIEW, type AnswerEntry, type ConversationView } from '../../src/web/widget/conversation-state.js';
import { EventInbox } from '../../src/web/widget/event-inbox.js';

const source = { id: 'passage:deposit@1#2', title: '한결 정기예금', text: '만기 후에는 만기후이율을 적용합니다.' };

/** Numbers events as the log does. */
function log(...events: NewEvent[]): ConversationEvent[] {
  return events.map(
    (event, index) => ({ ...event, seq: index + 1, at: '2026-11-24T06:24:00.000Z' }) as ConversationEvent,
  );
}

const ask = (text: string): NewEvent => ({ type: 'message', origin: 'customer', data: { text } });
const say = (turn: number, index: number, text: string, origin: 'ai' | 'exemplar' | 'system' = 'ai'): NewEvent => ({
  type: 'answer.sentence',
  origin,
  data: { turn, index, text, sources: origin === 'system' ? [] : [source] },
});
const end = (turn: number, finish: 'answered' | 'stopped' | 'withheld' = 'answered', choices?: string[]): NewEvent => ({
  type: 'answer.completed',
  origin: 'system',
  data: { turn, finish, ...(choices ? { choices } : {}) },
});

const show = (events: readonly ConversationEvent[]): ConversationView => events.reduce(apply, EMPTY_VIEW);
const answers = (view: ConversationView): AnswerEntry[] => view.entries.filter((entry) => entry.kind === 'answer');

describe('a conversation as it is shown', () => {
  it('gathers the sentences of a turn into one answer, with each source once', () => {
    const view = show(log(ask('만기 이자요'), say(1, 0, '첫 문장입니다.'), say(1, 1, '둘째 문장입니다.'), end(1)));
    const [answer] = answers(view);
    expect(answer!.sentences.map(({ text }) => text)).toEqual(['첫 문장입니다.', '둘째 문장입니다.']);
    expect(answer!.sources).toEqual([source]);
    expect(answer).toMatchObject({ origin: 'ai', finish: 'answered', completedSeq: 4 });
  });

  it('has a turn under way from the question to its one end', () => {
    const events = log(ask('질문'), say(1, 0, '답.'), end(1, 'stopped'));
    expect(events.map((_, index) => show(events.slice(0, index + 1)).openTurns)).toEqual([[1], [1], []]);
  });

  it('keeps answers apart when questions were asked one upon the other', () => {
    const view = show(
      log(ask('하나'), ask('둘'), say(1, 0, '하나의 답.'), end(1), say(2, 0, '둘의 답.', 'exemplar'), end(2)),
    );
    expect(answers(view).map(({ turn, origin }) => [turn, origin])).toEqual([
      [1, 'ai'],
      [2, 'exemplar'],
    ]);
  });

  it('marks an answer as generated as soon as one of its sentences is', () => {
    const view = show(log(ask('질문'), say(1, 0, '안내 문장.', 'system'), say(1, 1, '생성 문장.', 'ai')));
    expect(answers(view)[0]!.origin).toBe('ai');
  });

  it('shows the reason of a withheld answer and the choices of a question back', () => {
    const withheld: NewEvent = {
      type: 'answer.withheld',
      origin: 'system',
      data: { turn: 1, text: '확인하지 못했습니다.' },
    };
    expect(answers(show(log(ask('질문'), withheld, end(1, 'withheld'))))[0]!.withheld).toEqual([
      '확인하지 못했습니다.',
    ]);
    expect(answers(show(log(ask('질문'), end(1, 'answered', ['예금', '적금']))))[0]!.choices).toEqual(['예금', '적금']);
  });

  it('replaces a message that turned out to hold personal data', () => {
    const redaction: NewEvent = { type: 'message.redacted', origin: 'system', data: { seq: 1, text: '[이름] 입니다' } };
    expect(show(log(ask('홍길동 입니다'), redaction)).entries[0]).toMatchObject({ text: '[이름] 입니다' });
  });

  it('follows the hand-off there and back', () => {
    const events = log(
      { type: 'handoff.queued', origin: 'system', data: { reason: 'requested' } },
      { type: 'handoff.joined', origin: 'counsellor', data: { counsellor: '김하늘' } },
      { type: 'message', origin: 'counsellor', data: { text: '안녕하세요.' } },
      { type: 'handoff.ended', origin: 'system', data: { reason: 'returned' } },
      { type: 'conversation.closed', origin: 'system', data: { reason: 'customer' } },
    );
    const states = events.map((_, index) => show(events.slice(0, index + 1)).state);
    expect(states).toEqual(['queued', 'counsellor', 'counsellor', 'assistant', 'closed']);
    expect(show(events).entries[2]).toMatchObject({ kind: 'message', from: 'counsellor', counsellor: '김하늘' });
    expect(show(events).counsellor).toBeUndefined();
  });

  it('does not wait for an answer to what is written to people', () => {
    const view = show(
      log({ type: 'handoff.queued', origin: 'system', data: { reason: 'requested' } }, ask('기다릴게요')),
    );
    expect(view.openTurns).toEqual([]);
  });
});

describe('events that arrive as networks deliver them', () => {
  const event = fc.oneof(
    fc.string().map(ask),
    fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(3), fc.string())
      .map(([turn, index, text]) => say(turn, index, text)),
    fc.integer({ min: 1, max: 9 }).map((turn) => end(turn)),
    fc
      .integer({ min: 1, max: 9 })
      .map((seq): NewEvent => ({ type: 'message.redacted', origin: 'system', data: { seq, text: '*' } })),
    fc.constantFrom<NewEvent>(
      { type: 'handoff.queued', origin: 'system', data: { reason: 'requested' } },
      { type: 'handoff.joined', origin: 'counsellor', data: { counsellor: '김하늘' } },
      { type: 'handoff.ended', origin: 'system', data: { reason: 'cancelled' } },
      { type: 'notice', origin: 'system', data: { kind: 'secret', text: '비밀번호를 지웠습니다.' } },
    ),
  );

  /** A gapless list, and the same events in any order, some of them twice, cut into chunks. */
  const delivery = fc.array(event, { maxLength: 30 }).chain((events) => {
    const committed = log(...events);
    const twice = fc.subarray(committed);
    const shuffled = twice.chain((again) => {
      const all = [...committed, ...again];
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    });
    return fc.tuple(fc.constant(committed), shuffled, fc.integer({ min: 1, max: 5 }));
  });

  it('give the same view, however they are chunked, repeated and reordered', () => {
    fc.assert(
      fc.property(delivery, ([committed, arrived, chunk]) => {
        const inbox = new EventInbox();
        let view = EMPTY_VIEW;
        for (let start = 0; start < arrived.length; start += chunk)
          view = inbox.receive(arrived.slice(start, start + chunk)).reduce(apply, view);
        expect(view).toEqual(show(committed));
        expect(inbox.gap).toBe(false);
        expect(inbox.lastSeq).toBe(committed.length);
      }),
    );
  });

  it('are held while one below them is missing', () => {
    const [first, second, third] = log(ask('하나'), ask('둘'), ask('셋'));
    const inbox = new EventInbox();
    expect(inbox.receive([first!, third!])).toEqual([first]);
    expect(inbox.gap).toBe(true);
    expect(inbox.receive([second!])).toEqual([second, third]);
    expect(inbox.gap).toBe(false);
  });

  it('change nothing when they were applied before', () => {
    const events = log(ask('하나'), say(1, 0, '답.'));
    const view = show(events);
    expect(apply(view, events[1]!)).toBe(view);
  });
});
