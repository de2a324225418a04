import { foldCharacter, isIgnorable, isMark } from './characters.js';
import { composeJamo, widenJamo } from './jamo.js';
import { OffsetText } from './offset-text.js';
import { convertSpokenDigits } from './spoken-digits.js';

/** A text in the form that detectors read, with the way back to what was typed. All arrays are as long as `text`. */
export interface Normalised {
  readonly original: string;
  readonly text: string;
  /** Per UTF-16 unit of `text`: where what it stands for starts in `original` (UTF-16 units). */
  readonly start: Int32Array;
  /** … and where that ends, exclusive. */
  readonly end: Int32Array;
  /** 1 where something invisible or spoken stood before this unit: an entity may start or end here although digits touch. */
  readonly soft: Uint8Array;
}

/**
 * The form in which rules and detectors read Korean chat: invisible characters removed, digits of any script, circled,
 * spoken or imitated by letters as ASCII digits, jamo composed, compatibility forms folded (NFKC), dashes and dots unified.
 * Time is linear in the length.
 */
export function normalise(text: string): Normalised {
  const folded = convertSpokenDigits(foldLookAlikes(composeJamo(foldCharacters(text))));
  return {
    original: text,
    text: folded.toString(),
    start: Int32Array.from(folded.start),
    end: Int32Array.from(folded.end),
    soft: Uint8Array.from(folded.soft, Number),
  };
}

/** The span of the original, in UTF-16 units, that a non-empty span of the normalised text stands for. */
export function originalSpan(normalised: Normalised, start: number, end: number): { start: number; end: number } {
  return { start: normalised.start[start]!, end: normalised.end[end - 1]! };
}

const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e007f}]|(?<!\p{Extended_Pictographic}\ufe0f?)\u200d|\u200d(?!\p{Extended_Pictographic})/gu;

/**
 * A message as it is shown and stored: well-formed, NFC, `\n` for every line end, nothing invisible
 * (zero-width, bidi, tag and control characters; tab, newline and the joiners inside emoji stay).
 */
export function cleanText(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .normalize('NFC')
    .replace(INVISIBLE, '');
}

function foldCharacters(text: string): OffsetText {
  const folded = new OffsetText();
  let soft = false;
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at)!;
    const end = at + (code > 0xffff ? 2 : 1);
    const character = text.slice(at, end);
    if (isPlain(code)) {
      folded.push(character, at, end, soft);
      soft = false;
    } else if (character === '\r') {
      if (text[end] !== '\n') folded.push('\n', at, end, false);
    } else if (isIgnorable(character)) soft = true;
    else if (isMark(character)) attachMark(folded, character, at, end);
    else {
      const widened = widenJamo(character);
      for (const unit of widened === character ? foldCharacter(character).split('') : [widened]) {
        folded.push(unit, at, end, soft);
        soft = false;
      }
    }
    at = end;
  }
  return folded;
}

/** Printable ASCII, tab, newline, Hangul syllables and keyboard jamo need no look-up: nearly every character. */
function isPlain(code: number): boolean {
  return (
    (code >= 0x20 && code < 0x7f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    code === 0x0a ||
    code === 0x09 ||
    isKeyboardJamo(code)
  );
}

function isKeyboardJamo(code: number): boolean {
  return code >= 0x3131 && code <= 0x3163;
}

/** NFC with the letter before; dropped after digits and symbols (keycaps) and where there is no such letter. */
function attachMark(folded: OffsetText, mark: string, at: number, end: number): void {
  const base = folded.units.at(-1);
  if (base === undefined) return;
  const composed = /\p{L}/u.test(base) ? (base + mark).normalize('NFC') : base;
  if (composed.length === 1) folded.units[folded.length - 1] = composed;
  else if (!/[A-Za-z가-힣]/.test(base)) {
    for (const unit of mark.split('')) folded.push(unit, at, end, false);
    return;
  }
  folded.extendLast(end);
}

const LOOK_ALIKE_RUN = /(?<![A-Za-z])[0-9OoQlI|](?:[-. ]?[0-9OoQlI|]){5,}(?![A-Za-z])/g;

/** O for 0 and l for 1, only inside a number: at least five true digits and no more look-alikes than digits. */
function foldLookAlikes(text: OffsetText): OffsetText {
  for (const { 0: run, index } of text.toString().matchAll(LOOK_ALIKE_RUN)) {
    const digits = run.match(/[0-9]/g)?.length ?? 0;
    const imitated = run.match(/[OoQlI|]/g)?.length ?? 0;
    if (imitated === 0 || digits < 5 || imitated > digits) continue;
    const bars = run.includes('|') && isTableRow(text.toString(), index) ? '' : '|';
    for (let at = index; at < index + run.length; at++) {
      const unit = text.units[at]!;
      if ('OoQ'.includes(unit)) text.units[at] = '0';
      else if ('lI'.includes(unit) || unit === bars) text.units[at] = '1';
    }
  }
  return text;
}

/** Whether bars in the line of a place part cells: one of them has a space, a word or the line's edge beside it. */
function isTableRow(text: string, at: number): boolean {
  const end = text.indexOf('\n', at);
  const line = text.slice(text.lastIndexOf('\n', at) + 1, end < 0 ? text.length : end);
  return /(?:^|[^0-9OoQlI])\||\|(?:$|[^0-9OoQlI])/.test(line);
}
