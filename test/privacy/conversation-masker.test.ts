import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/config/clock.js';
import { ConversationMasker } from '../../src/privacy/conversation-masker.js';

class SetClock extends Clock {
  ms = 0;
  override now(): Date {
    return new Date('2026-11-24T00:00:00Z');
  }
  override monotonic(): number {
    return this.ms;
  }
  override computed(): number {
    return 0;
  }
}

const masker = () => new ConversationMasker({ clock: new SetClock() });

describe('ConversationMasker', () => {
  it('numbers values within the conversation; the same value keeps its number however it is written', () => {
    const conversation = masker();
    expect(conversation.mask('제 번호는 010-1234-5678').text).toBe('제 번호는 [전화번호#1]');
    expect(conversation.mask('남편은 010-9876-5432').text).toBe('남편은 [전화번호#2]');
    expect(conversation.mask('아까 ０１０ １２３４ ５６７８ 맞아요').text).toBe('아까 [전화번호#1] 맞아요');
    expect(conversation.mask('+82 10 1234 5678 이요').text).toBe('[전화번호#1] 이요');
  });

  it('deletes what must never be told, without a number', () => {
    expect(masker().mask('비밀번호는 4827 이에요').text).toBe('비밀번호는 [삭제] 이에요');
  });

  it('finds a value that is split over messages and says how the earlier ones read now', () => {
    const conversation = masker();
    expect(conversation.mask('주민번호 불러드릴게요 900101-', 7).text).toBe('주민번호 불러드릴게요 900101-');
    const second = conversation.mask('1994567', 9);
    expect(second.text).toBe('[주민등록번호#1]');
    expect(second.findings).toMatchObject([{ type: 'RRN', start: 0, end: 7 }]);
    expect(second.redactions).toEqual([{ turn: 7, text: '주민번호 불러드릴게요 [주민등록번호#1]' }]);
  });

  it('finds it over three messages', () => {
    const conversation = masker();
    conversation.mask('010', 1);
    conversation.mask('0234', 2);
    const third = conversation.mask('5678', 3);
    expect(third.text).toBe('[전화번호#1]');
    expect(third.redactions.map(({ turn }) => turn)).toEqual([1, 2]);
    expect(third.redactions.every(({ text }) => text === '[전화번호#1]')).toBe(true);
  });

  it('does not redact the same message twice', () => {
    const conversation = masker();
    conversation.mask('900101-');
    expect(conversation.mask('1994567').redactions).toHaveLength(1);
    expect(conversation.mask('맞나요').redactions).toEqual([]);
  });

  it('redacts the whole of a long earlier message', () => {
    const conversation = masker();
    const start = `제 번호는 010-1234-5678 이고요 ${'가나다라 '.repeat(50)}`;
    conversation.mask(`${start}주민번호는 900101-`, 1);
    const { redactions } = conversation.mask('1994567', 2);
    expect(redactions).toEqual([
      { turn: 1, text: `${start.replace('010-1234-5678', '[전화번호#1]')}주민번호는 [주민등록번호#1]` },
    ]);
  });

  it('forgets earlier messages after five minutes', () => {
    const clock = new SetClock();
    const conversation = new ConversationMasker({ clock });
    conversation.mask('900101-');
    clock.ms += 5 * 60_000;
    expect(conversation.mask('1994567')).toMatchObject({ text: '1994567', redactions: [] });
  });

  it('masks a name from the message on in which it was found', () => {
    const conversation = masker();
    expect(conversation.mask('이유나 계좌가 막혔어요').text).toBe('이유나 계좌가 막혔어요');
    expect(conversation.mask('제 이름은 이유나입니다').text).toBe('제 이름은 [이름#1]입니다');
    expect(conversation.mask('이유나한테 문자 주세요').text).toBe('[이름#1]한테 문자 주세요');
  });

  it('escapes what only looks like a token', () => {
    expect(masker().mask('[전화번호#1] 로 보내고 [삭제] 해 주세요 [메모]').text).toBe(
      '［전화번호#1］ 로 보내고 ［삭제］ 해 주세요 [메모]',
    );
  });

  it('goes on counting after a restart', () => {
    const before = masker();
    before.mask('010-1234-5678');
    const after = new ConversationMasker({ clock: new SetClock(), next: before.next });
    expect(after.mask('010-9876-5432').text).toBe('[전화번호#2]');
  });

  it('takes the answer to what the assistant asked for', () => {
    expect(masker().mask('110034530774', 1, 'ACCOUNT').text).toBe('[계좌번호#1]');
  });
});
