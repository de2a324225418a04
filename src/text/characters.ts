/**
 * Characters that show nothing and only split what people read as one: zero-width, bidi, tag, soft hyphen,
 * Hangul fillers, variation selectors, C0 and C1 controls (but tab and newline).
 */
const IGNORABLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/u;

const MARK = /\p{M}/u;
const DECIMAL = /\p{Nd}/u;
const DASH = /[\p{Pd}\u2043\u02d7\u2212\u2500\u2501\u30fc]/u;
const MIDDLE_DOT = /[\u00b7\u0387\u119e\u16eb\u2022\u2027\u2219\u22c5\u2e31\u2e33\u3002\u30fb\u318d]/u;
const SLASH = /[\u2044\u2215\u2571\u27cb\u29f8]/u;
const STAR = /[\u2055\u204e\u2217\u2731\u25cf\u25cb\u25a0\u25a1\u25ef\u2b24]/u;

export function isIgnorable(character: string): boolean {
  return IGNORABLE.test(character);
}

export function isMark(character: string): boolean {
  return MARK.test(character);
}

/** First code points of the rows ① ⓵ ❶ ➀ ➊, whose nine characters are the digits 1 to 9. */
const CIRCLED_ONES = [0x2460, 0x24f5, 0x2776, 0x2780, 0x278a];
const CIRCLED_ZEROS = new Set([0x24ea, 0x24ff, 0x1f10b, 0x1f10c]);

/** The value of a decimal digit of any script or of a circled digit, as one ASCII digit. */
function digitOf(character: string): string | undefined {
  const code = character.codePointAt(0)!;
  if (CIRCLED_ZEROS.has(code)) return '0';
  for (const one of CIRCLED_ONES) if (code >= one && code < one + 9) return String(code - one + 1);
  if (!DECIMAL.test(character)) return undefined;
  const compatible = character.normalize('NFKC');
  if (compatible >= '0' && compatible <= '9') return compatible;
  // Every script's digits are ten neighbours in order: the distance to the first is the value.
  let zero = code;
  while (code - zero < 9 && DECIMAL.test(String.fromCodePoint(zero - 1))) zero--;
  return String(code - zero);
}

function foldPunctuation(character: string): string {
  if (DASH.test(character)) return '-';
  if (MIDDLE_DOT.test(character)) return '.';
  if (SLASH.test(character)) return '/';
  return STAR.test(character) ? '*' : character;
}

/**
 * One code point as the characters that detectors work on: digits by value, compatibility forms (NFKC), one dash,
 * one dot, one slash, one star. An expansion with `:` or `=` and no digit becomes a space, since it would make a label.
 */
export function foldCharacter(character: string): string {
  if (character === '\u2028' || character === '\u2029') return '\n';
  const folded = foldPunctuation(character);
  if (folded !== character) return folded;
  const digit = digitOf(character);
  if (digit !== undefined) return digit;
  const expansion = character.normalize('NFKC');
  if (expansion.length > character.length && /[:=]/.test(expansion) && !/[0-9]/.test(expansion)) return ' ';
  if (expansion === character) return character;
  return expansion.length === 1
    ? foldPunctuation(expansion)
    : expansion.replace(/[^0-9A-Za-z가-힣]/gu, foldPunctuation);
}
