const WORD = /[0-9a-z가-힣ㄱ-ㅎ一-龥]+/g;
const NEEDS_FOLDING = /[^\x00-\x7f가-힣ㄱ-ㅎ一-龥\u3000-\u3003]/;

/**
 * Tokens of the lexical index: the character bigrams inside each word of digits, Latin letters, Hangul and Hanja,
 * case and compatibility forms folded; a word of one character is itself a token.
 */
export function bigrams(text: string): string[] {
  const tokens: string[] = [];
  for (const [word] of foldForms(text).toLowerCase().matchAll(WORD)) {
    if (word.length === 1) tokens.push(word);
    else for (let at = 0; at + 1 < word.length; at++) tokens.push(word.slice(at, at + 2));
  }
  return tokens;
}

/** NFKC, but for keyboard jamo, which NFKC would turn into conjoining ones that no word here holds. */
function foldForms(text: string): string {
  return NEEDS_FOLDING.test(text)
    ? text.normalize('NFC').replace(/[^ㄱ-ㅣ]+/g, (part) => part.normalize('NFKC'))
    : text;
}
