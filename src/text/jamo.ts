import { OffsetText } from './offset-text.js';

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINALS = 'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';
const ANY_JAMO = /[\u1100-\u11ff\u3131-\u3163]/;

/** Half-width jamo to compatibility jamo, by way of the conjoining jamo that NFKC makes of both. */
const COMPATIBILITY = new Map(
  [...INITIALS, ...VOWELS, ...FINALS].map((jamo) => [jamo.normalize('NFKC'), jamo] as const),
);

/** A half-width jamo (`ﾡ`) as the compatibility jamo of the keyboard (`ㄱ`); anything else as it is. */
export function widenJamo(character: string): string {
  return character >= '\uffa1' && character <= '\uffdc'
    ? (COMPATIBILITY.get(character.normalize('NFKC')) ?? character)
    : character;
}

/** Joins jamo that stand for syllables: conjoining L V (T), and keyboard jamo C V (T): ㄱㅣㅁ is 김. `ㅡ` or `ㅣ` between digits is `-`. */
export function composeJamo(text: OffsetText): OffsetText {
  if (!text.units.some((unit) => ANY_JAMO.test(unit))) return text;
  const composed = new OffsetText();
  let free = '';
  for (let at = 0; at < text.length;) {
    const syllable = syllableAt(text.units, at, free);
    free = syllable ? '' : text.units[at]!;
    if (syllable) composed.copy(text, at, syllable.character, text.end[at + syllable.length - 1]!);
    else composed.copy(text, at, isDash(text.units, at) ? '-' : text.units[at]!);
    at += syllable?.length ?? 1;
  }
  return composed;
}

interface Syllable {
  character: string;
  length: 2 | 3;
}

/** @param free the unit before, unless it belongs to a syllable */
function syllableAt(units: readonly string[], at: number, free: string): Syllable | undefined {
  const [first, second, third, fourth] = units.slice(at, at + 4);
  if (first === undefined || second === undefined) return undefined;
  const lead = first.charCodeAt(0) - 0x1100;
  const vowel = second.charCodeAt(0) - 0x1161;
  if (lead >= 0 && lead < 19 && vowel >= 0 && vowel < 21) {
    const tail = (third?.charCodeAt(0) ?? 0) - 0x11a7;
    return syllable(lead, vowel, tail > 0 && tail < 28 ? tail : 0);
  }
  const initial = INITIALS.indexOf(first);
  const medial = VOWELS.indexOf(second);
  // ㅋㅋㅠㅠ is a mood, not a syllable.
  if (initial < 0 || medial < 0 || free === first || third === second) return undefined;
  const final =
    third !== undefined && !(fourth !== undefined && VOWELS.includes(fourth)) ? FINALS.indexOf(third) + 1 : 0;
  return syllable(initial, medial, final);
}

function syllable(initial: number, medial: number, final: number): Syllable {
  return { character: String.fromCharCode(0xac00 + (initial * 21 + medial) * 28 + final), length: final > 0 ? 3 : 2 };
}

function isDash(units: readonly string[], at: number): boolean {
  return (
    (units[at] === 'ㅡ' || units[at] === 'ㅣ') && /[0-9]/.test(units[at - 1] ?? '') && /[0-9]/.test(units[at + 1] ?? '')
  );
}
