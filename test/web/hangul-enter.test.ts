import { describe, expect, it } from 'vitest';
import { HangulEnter } from '../../src/web/widget/hangul-enter.js';

const composing = { composing: true, shift: false };
const clean = { composing: false, shift: false };

function composingSyllable(syllable: string): HangulEnter {
  const enter = new HangulEnter();
  enter.compositionStart();
  enter.compositionUpdate(syllable);
  return enter;
}

describe('Enter under a Korean input method', () => {
  it('sends once after the composition on macOS and Linux', () => {
    const enter = composingSyllable('요');
    expect(enter.enter({ ...composing, at: 0 })).toBe('send-soon');
    expect(enter.compositionEnd()).toBe(true);
    enter.sent();
    expect(enter.pending).toBe(false);
  });

  it.each(['before', 'after'])('swallows the clean Enter that Windows adds %s the commit', (order) => {
    const enter = composingSyllable('요');
    enter.enter({ ...composing, at: 0 });
    if (order === 'after') expect(enter.compositionEnd()).toBe(true);
    expect(enter.enter({ ...clean, at: 4 })).toBe('swallow');
    if (order === 'before') expect(enter.compositionEnd()).toBe(true);
  });

  it('takes the next Enter when compositionend got lost and typing went on', () => {
    const enter = composingSyllable('요');
    enter.enter({ ...composing, at: 0 });
    enter.plainInput();
    expect(enter.enter({ ...clean, at: 10 })).toBe('send');
  });

  it('takes the next Enter when compositionend got lost and nothing else happened', () => {
    const enter = composingSyllable('요');
    enter.enter({ ...composing, at: 0 });
    expect(enter.enter({ ...clean, at: 900 })).toBe('send');
  });

  it('leaves Enter to other scripts, which choose a candidate by it', () => {
    expect(composingSyllable('漢字').enter({ ...composing, at: 0 })).toBe('newline');
    expect(composingSyllable('かな').enter({ ...composing, at: 0 })).toBe('newline');
  });

  it('makes a new line with Shift and sends plainly without a composition', () => {
    expect(new HangulEnter().enter({ composing: false, shift: true, at: 0 })).toBe('newline');
    expect(new HangulEnter().enter({ ...clean, at: 0 })).toBe('send');
  });
});
