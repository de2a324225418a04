import { expect, it } from 'vitest';
import { SeoulTime } from '../../src/web/widget/seoul-time.js';

it('reads as people in Korea read it, in every zone', () => {
  const time = new SeoulTime('ko');
  expect(time.time('2026-11-24T06:24:00.000Z')).toBe('오후 3:24');
  expect(time.date('2026-11-24T16:00:00.000Z')).toBe('2026년 11월 25일 수요일');
  expect(time.day('2026-11-24T16:00:00.000Z')).toBe('2026-11-25');
});
