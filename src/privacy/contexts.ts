import { alternatives, wordMapOf, wordsOf } from './tables.js';
import type { PiiType } from './types.js';

/** A word that says what the value after it is; NEGATIVE: nothing personal. */
export interface Label {
  start: number;
  end: number;
  type: PiiType | 'NEGATIVE';
}

/** Particles and endings that may follow a noun. */
export const PARTICLE =
  '(?:은요?|는요?|이요?|가요?|을|를|의|에|로|으로|도요?|만요?|와|과|랑|이랑|하고|에서|에는|에서는|으로는|로는|이고요?|이구요|고요|구요|고|인데요?|입니다|이에요|예요|에요|요|이라|라|라고|이라고|부터|까지|에게|한테|께|께서|이며|며|이네요|네요|이죠|죠|이야|야|쪽|건|이건)';
const VERB_ENDING = '(?:하|했|할|해|한(?!도)|받|됐|되|주|드|왔|온|들어|걸|계)';

function bounded(fragment: string): string {
  return /[a-z]{2}/.test(fragment) ? `(?<![a-z])(?:${fragment})(?![a-z])` : fragment;
}

const LABEL = new RegExp(
  `(?:${[...Object.entries(wordMapOf('labels', 'labels')), ['NEGATIVE', wordsOf('labels', 'negative')] as const]
    .map(([type, words]) => `(?<${type}>${words.map(bounded).join('|')})`)
    .join('|')})(?: ?번호|번|값|명)?(?=${PARTICLE}(?![가-힣])|${VERB_ENDING}|[^가-힣]|$)`,
  'gi',
);

/** All labels of a normalised text, in order. */
export function labelsIn(text: string): Label[] {
  return Array.from(text.matchAll(LABEL), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
    type: Object.keys(match.groups!).find((type) => match.groups![type] !== undefined) as Label['type'],
  }));
}

/** Whether a statement or a paragraph ends between two places; a question does not, since its answer follows. */
export function isSentenceEndBetween(text: string, from: number, to: number): boolean {
  return /[.!](?:\s|$)|\n\s*\n/.test(text.slice(from, to));
}

const BANKS = alternatives(wordsOf('banks', 'names'));
/** A bank's name at the end of what stands before a number, and at the start of what stands after. */
export const BANK_BEFORE = new RegExp(
  `(?<![가-힣])${BANKS}(?:은행|뱅크|중앙회)?(?: ?(?:계좌|통장)(?:번호)?)?(?:은|는|으로|로|에)?[ ,:(\\n]{0,3}$`,
  'i',
);
export const BANK_AFTER = new RegExp(`^[ ,(]{0,2}${BANKS}(?=은행|뱅크|${PARTICLE}(?![가-힣])|[^가-힣]|$)`, 'i');
/** A bank's name with what ties it to the number after it, for patterns that continue to the left. */
export const BANK_NAME = `${BANKS}(?:은행|뱅크)?`;

const AFTER_UNIT =
  '(?=[이가을를은는만도]|씩|에|으?로|짜리|정도|이상|이하|인데|입니다|까지|부터|쯤|어치|넘|[^가-힣A-Za-z0-9]|$)';
const AMOUNT = new RegExp(`[ ]?${alternatives(wordsOf('labels', 'amounts'))}${AFTER_UNIT}`, 'iy');
const COUNT = new RegExp(`[ ]?${alternatives(wordsOf('labels', 'counts'))}${AFTER_UNIT}`, 'iy');
/** A longer number is no count: `110034530774 건` is a matter about an account. */
const LONGEST_COUNT = 9;

/** Whether what follows `end` makes the digits before it an amount or a count. */
export function isUnitAfter(text: string, end: number, digits: number): boolean {
  AMOUNT.lastIndex = COUNT.lastIndex = end;
  return AMOUNT.test(text) || (digits <= LONGEST_COUNT && COUNT.test(text));
}
