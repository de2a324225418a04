import { normalise, type Normalised } from '../text/normalise.js';

/**
 * One way to read a text. Offsets of `source.start` and `source.end` are of the text as it was typed.
 * `edited`, where it stands, is 1 for every unit of `source.text` that this reading altered or in front of which it left something out:
 * what does not touch one is read in the plain form too.
 */
export interface Reading {
  source: Normalised;
  edited?: Uint8Array;
}

/**
 * The text as it stands; without its disguises, where it has any; and what runs of base64 in it say.
 * Time is linear in the length.
 */
export function readingsOf(text: string): Reading[] {
  const source = normalise(text);
  const undisguised = undisguise(source);
  return [{ source }, ...(undisguised ? [undisguised] : []), ...decodedRuns(text)];
}

/** Cyrillic and Greek letters that look like Latin ones. */
const LATIN_OF = new Map(
  Object.entries({
    а: 'a', в: 'b', с: 'c', ԁ: 'd', е: 'e', ё: 'e', һ: 'h', і: 'i', ї: 'i', ј: 'j', к: 'k', ӏ: 'l', м: 'm', о: 'o', р: 'p', ԛ: 'q',
    г: 'r', ѕ: 's', т: 't', у: 'y', ѵ: 'v', ԝ: 'w', х: 'x', А: 'a', В: 'b', С: 'c', Е: 'e', Н: 'h', І: 'i', Ј: 'j', К: 'k', М: 'm',
    О: 'o', Р: 'p', Ѕ: 's', Т: 't', У: 'y', Х: 'x', α: 'a', ε: 'e', η: 'n', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u',
    χ: 'x', Α: 'a', Β: 'b', Ε: 'e', Ζ: 'z', Η: 'h', Ι: 'i', Κ: 'k', Μ: 'm', Ν: 'n', Ο: 'o', Ρ: 'p', Τ: 't', Υ: 'y', Χ: 'x',
    ı: 'i', ɡ: 'g', ɑ: 'a',
  }),
);
const LEET: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i', '|': 'l' };

/** A word of Latin letters with digits or signs in the place of some: `1gn0r3`, `$ystem`. */
const LEET_WORD = /(?<![A-Za-z0-9@$!|])(?=[0-9@$!|]{0,3}[A-Za-z])(?=[A-Za-z]{0,20}[013457@$!|])[A-Za-z013457@$!|]{3,20}(?![A-Za-z0-9@$|])/g;
/** Between two letters of one word: `i-gnore`, and all of `i g n o r e` and `i.g.n.o.r.e`. */
const BROKEN_WORD = /(?<=(?<![A-Za-z])[A-Za-z]{1,2})[-_.*~|](?=[A-Za-z])|(?<=[A-Za-z])[-_.*~|](?=[A-Za-z]{1,2}(?![A-Za-z]))/g;
const SPACED_WORD = /(?<![A-Za-z])[A-Za-z](?:[ \t]{1,3}[A-Za-z](?![A-Za-z])){3,}/g;
/** A letter or digit or two, or jamo, between two syllables: `시1발`, `보x이x스`. A number before its counter is none. */
const NOISE = /(?<=[가-힣])(?:[A-Za-z]{1,2}|[ㄱ-ㅎㅏ-ㅣ]{1,3}|[0-9]{1,2}(?![년월일시분초개원만천백억조번호회차주인명건종위급등퍼프살세대층동호점단배좌금분반달기곳]))(?=[가-힣])/g;
const STRETCHED_LATIN = /([A-Za-z])\1{2,}/g;

function undisguise(source: Normalised): Reading | undefined {
  const { text } = source;
  const units: (string | undefined)[] = text.split('');
  let edits = 0;
  const set = (at: number, unit: string | undefined): void => {
    units[at] = unit;
    edits++;
  };
  const leaveOut = (from: number, to: number): void => {
    for (let at = from; at < to; at++) set(at, undefined);
  };

  for (let at = 0; at < text.length; at++) {
    const latin = text.charCodeAt(at) > 0x7f ? LATIN_OF.get(text[at]!) : undefined;
    if (latin) set(at, latin);
    else if (isStretched(text, at)) set(at, undefined);
  }
  const plain = units.map((unit, at) => unit ?? text[at]!).join('');
  for (const { 0: word, index } of plain.matchAll(LEET_WORD))
    for (let at = index; at < index + word.length; at++) if (LEET[plain[at]!]) set(at, LEET[plain[at]!]);
  for (const { index } of plain.matchAll(BROKEN_WORD)) set(index, undefined);
  for (const { 0: run, index } of plain.matchAll(SPACED_WORD))
    for (const { 0: gap, index: within } of run.matchAll(/[ \t]+/g)) leaveOut(index + within + (gap.length > 1 ? 1 : 0), index + within + gap.length);
  for (const { 0: noise, index } of plain.matchAll(NOISE)) leaveOut(index, index + noise.length);
  for (const { 0: run, index } of plain.matchAll(STRETCHED_LATIN)) leaveOut(index + 1, index + run.length);
  return edits === 0 ? undefined : withUnits(source, units);
}

/** A vowel that only draws out the syllable before it: 시이이발, 싶어어어. */
function isStretched(text: string, at: number): boolean {
  const here = text.charCodeAt(at) - 0xac00;
  const before = text.charCodeAt(at - 1) - 0xac00;
  if (!(here >= 0 && here < 11172 && before >= 0 && before < 11172)) return false;
  return Math.floor(here / 588) === 11 && here % 28 === 0 && before % 28 === 0 && Math.floor(here / 28) % 21 === Math.floor(before / 28) % 21;
}

function withUnits(source: Normalised, units: readonly (string | undefined)[]): Reading {
  const kept: number[] = [];
  const edited: number[] = [];
  let cut = false;
  for (const [at, unit] of units.entries()) {
    if (unit === undefined) cut = true;
    else {
      kept.push(at);
      edited.push(cut || unit !== source.text[at] ? 1 : 0);
      cut = false;
    }
  }
  return {
    source: {
      original: source.original,
      text: kept.map((at) => units[at]).join(''),
      start: Int32Array.from(kept, (at) => source.start[at]!),
      end: Int32Array.from(kept, (at) => source.end[at]!),
      soft: Uint8Array.from(kept, (at) => source.soft[at]!),
    },
    edited: Uint8Array.from(edited),
  };
}

const BASE64_RUN = /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,}={0,2}/g;
/** Runs that are looked into. */
const MOST_RUNS = 4;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Runs of base64 that hold UTF-8 text. A finding in one points at the whole run. */
function decodedRuns(text: string): Reading[] {
  const readings: Reading[] = [];
  for (const { 0: run, index } of text.matchAll(BASE64_RUN)) {
    if (readings.length === MOST_RUNS) break;
    const decoded = decodedText(run);
    if (decoded === undefined) continue;
    const inner = normalise(decoded);
    const source = { ...inner, original: text, start: inner.start.map(() => index), end: inner.end.map(() => index + run.length) };
    readings.push({ source });
  }
  return readings;
}

function decodedText(run: string): string | undefined {
  try {
    const decoded = utf8.decode(Buffer.from(run, 'base64'));
    return /[\u0000-\u0008\u000e-\u001f]/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined; // a long word or a key
  }
}
