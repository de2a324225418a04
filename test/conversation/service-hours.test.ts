import { describe, expect, it } from 'vitest';
import { counsellorsAtWork, nextOpening } from '../../src/conversation/service-hours.js';

/** A moment in Seoul. */
const seoul = (at: string): Date => new Date(`${at}+09:00`);

/** data/service-hours.yaml: weekdays 09:00 to 18:00, holidays closed. */
describe('counsellors’ hours', () => {
  it.each([
    ['before the first minute', '2026-11-25T08:59:59', '2026-11-25T09:00'],
    ['at the end of the day', '2026-11-25T18:00', '2026-11-26T09:00'],
    ['on Friday evening', '2026-11-27T20:00', '2026-11-30T09:00'],
    ['on Sunday', '2026-11-29T12:00', '2026-11-30T09:00'],
    ['on the evening before a holiday on a Friday', '2026-12-24T19:00', '2026-12-28T09:00'],
    ['before three holidays in a row', '2027-09-13T19:00', '2027-09-17T09:00'],
  ])('%s: the next opening is the next working morning', (_, at, opening) => {
    expect(counsellorsAtWork(seoul(at))).toBe(false);
    expect(nextOpening(seoul(at))).toBe(seoul(opening).toISOString());
  });

  it('has no next opening while they are at work', () => {
    expect(nextOpening(seoul('2026-11-25T09:00'))).toBeUndefined();
    expect(nextOpening(seoul('2026-11-25T17:59:59'))).toBeUndefined();
  });
});
