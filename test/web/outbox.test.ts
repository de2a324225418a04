import { beforeEach, describe, expect, it } from 'vitest';
import { Outbox } from '../../src/web/widget/outbox.js';

describe('messages on their way', () => {
  let outbox: Outbox;
  beforeEach(() => {
    outbox = new Outbox();
    outbox.add('first-id', '첫 질문');
  });
  const texts = (lastSeq: number): string[] => outbox.shown(lastSeq).map(({ text }) => text);

  it('are shown until their committed event is', () => {
    outbox.emitted('first-id');
    expect(texts(1)).toEqual(['첫 질문']);
    outbox.acknowledged('first-id', 2, 1);
    expect(texts(1)).toEqual(['첫 질문']);
    expect(texts(2)).toEqual([]);
  });

  it('are not shown twice when the event comes before the acknowledgement, masked or not', () => {
    outbox.emitted('first-id');
    outbox.arrived(2, '첫 [이름]');
    expect(texts(2)).toEqual([]);
    outbox.acknowledged('first-id', 2, 2);
    expect(outbox.unacknowledged()).toEqual([]);
  });

  it('come back when the acknowledgement says that the event was another one', () => {
    outbox.add('second-id', '둘째 질문');
    outbox.emitted('first-id');
    outbox.emitted('second-id');
    outbox.arrived(2, '[이름]');
    outbox.refused('first-id', { code: 'limit.rate', message: '너무 많습니다.' });
    expect(texts(2)).toEqual(['첫 질문', '둘째 질문']);
    outbox.acknowledged('second-id', 2, 2);
    expect(texts(2)).toEqual(['첫 질문']);
  });

  it('fail when nobody answers in time, and keep their id for the next one', () => {
    outbox.timedOut('first-id', 0);
    expect(outbox.shown(0)).toMatchObject([{ id: 'first-id', state: 'failed' }]);
    outbox.retry('first-id');
    expect(outbox.unacknowledged()).toMatchObject([{ id: 'first-id', state: 'sending' }]);
  });

  it('do not fail when only the acknowledgement got lost', () => {
    outbox.emitted('first-id');
    outbox.arrived(2, '첫 질문');
    outbox.timedOut('first-id', 2);
    expect(texts(0)).toEqual([]);
  });

  it('are kept, and wait for a word of their writer, when their conversation is gone', () => {
    outbox.emitted('first-id');
    outbox.arrived(2, '첫 질문');
    outbox.conversationEnded();
    expect(outbox.unacknowledged()).toEqual([]);
    expect(outbox.shown(9)).toMatchObject([{ id: 'first-id', state: 'failed', emitted: false }]);
    expect(texts(9)).toEqual(['첫 질문']);
  });
});
