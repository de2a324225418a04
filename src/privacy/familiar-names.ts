import {
  endsWithConsonant,
  familiarNameLength,
  isNounToo,
  isNoWord,
  startsWithGivenName,
} from './name-lexicon.js';
import type { Candidate, Reading } from './reading.js';
import { alternatives, charactersOf, wordsOf } from './tables.js';

const WORD = /(?<![가-힣A-Za-z])[가-힣]{2,12}/g;
const WORD_ENDS = '(?=[^가-힣]|$)';
const PARTICLE =
  '(?:은|는|이|가|을|를|의|와|과|도|만|로|으로|에게서?|한테서?|께서?|이?랑|하고|보고|부터|까지|처럼|네|이?나|앞으로|이며|이자)';
const COPULA =
  '(?:입니다|입니당|이에요|예요|에요|이예요|이요|여요|이여|요|인데요?|인데|이고요?|이구요?|고요|구요|이라|라고|이라고|라는|이라는|이며|이야|이다|이지|이죠|이거든요?|니|맞)';
const CALLING = alternatives(wordsOf('names', 'callings'));
const JOB = `${alternatives(wordsOf('names', 'jobs'))}님?`;
/** What is said of a person after the name. */
const AFTER_FULL = new RegExp(
  `^(?: ?(?:${CALLING}|${JOB})(?=${PARTICLE}|${COPULA}|[^가-힣]|$)|(?:한테|에게|께|이?랑|이(?:가|는|도|랑|를|한테|네))(?![가-힣])| ?(?:앞으로|명의|이라는|라는 사람|외 ?\\d|인감|본인)|${COPULA}|\\(|\\s?\\(?(?:인|서명|본인)\\))`,
);
const INFLECTED = new RegExp(`^(?:${PARTICLE})?${WORD_ENDS}`);
/** Before a name: who is meant (임차인, 채무자, 세대주, 총무, 친구 …) with what ties it to the name. */
const WHO_BEFORE = new RegExp(
  `(?:(?:^|[^가-힣])(?:${wordsOf('names', 'roles').join('|')}|${wordsOf('names', 'kin').join('|')}|저|나|전|제가|내가|네|예|응|넵|본인|아니고?|개명해서)|[가-힣](?:인|자|주|측|명|성명|속|부|교수|총무))(?:는|은|이|가|의)?[ :(/|\\t\\n,]{1,3}$`,
);
/** Nothing but a sign or a line's edge at either side: a cell, an item of a list, a line of its own. */
const CELL_BEFORE = /(?:^|[\n\t|/(:·,→>\]])[ ]{0,2}$/;
const CELL_AFTER = /^[ ]{0,2}(?:[\n\t|/(),:·→]|$)/;
const FAME = new RegExp(alternatives(wordsOf('names', 'fame')));
const FAME_REACH = 14;

const GIVEN_CALLED = new RegExp(`^이? ?(?:${CALLING}|${JOB})(?=${PARTICLE}|${COPULA}|[^가-힣]|$)`);
const NOUN_CALLED = new RegExp(`^ ?(?:씨|언니|오빠|누나|형|쌤|아빠|엄마)(?=${PARTICLE}|[^가-힣]|$)`);
const VOCATIVE = /^[아야](?=[\s,!?~.…]|$)/;
/** 이 that makes a given name easier to say, and a particle of its own: no noun is inflected so. */
const WITH_I = /^이(?:가|는|도|를|네|한테|에게|보고|하고)(?![가-힣])/;
const TO_A_PERSON = /^(?:한테|에게|께|께서|보고|네)(?![가-힣])/;
const GIVEN_COPULA = /^(?:입니다|이에요|예요|이라고|라고|인데|이고|니\?|이니\?|야[?.!]|요[?.! ]?$)/;
const BELONGING = new RegExp(`^(?:이)? ${alternatives(wordsOf('names', 'belongings'))}`);
const KIN_BEFORE = new RegExp(`${alternatives(wordsOf('names', 'kin'))}(?:인|의)? $`);
const SPEAKER_AFTER = /^ ?:(?=\s)/;

const SURNAME_ALONE = new RegExp(
  `(?<![가-힣A-Za-z])[${charactersOf('names', 'surnamesAlone')}](?= (?:${JOB})(?=(?:${PARTICLE})?[^가-힣]|${COPULA}|$))`,
  'g',
);

const LIKELY = 0.55;

/**
 * Names that the lexicon knows, where less than a cue tells that a person is meant: titles, particles that only persons take,
 * list and table cells, whoever is called by a given name.
 * @param isAmongPersons whether something personal was found in the text
 */
export function findFamiliarNames(reading: Reading, isAmongPersons: boolean): Candidate[] {
  const { text } = reading;
  const found: Candidate[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const length = familiarNameLength(word);
    const full = length === 0 ? 0 : fullNameScore(text, index, length, isAmongPersons);
    if (full > 0) found.push({ start: index, end: index + length, type: 'PERSON', score: full });
    else if (startsWithGivenName(word)) {
      const given = givenNameScore(text, index);
      if (given > 0) found.push({ start: index, end: index + 2, type: 'PERSON', score: given });
    }
  }
  for (const { index } of text.matchAll(SURNAME_ALONE))
    found.push({ start: index, end: index + 1, type: 'PERSON', score: LIKELY });
  return found;
}

function fullNameScore(text: string, start: number, length: number, isAmongPersons: boolean): number {
  const end = start + length;
  const after = text.slice(end, end + 14);
  const before = text.slice(Math.max(0, start - 14), start);
  if (!isNoWord(text.slice(start, end), after)) return 0;
  const isCalled = AFTER_FULL.test(after);
  if (!isCalled && !INFLECTED.test(after)) return 0;
  const isCell = CELL_BEFORE.test(before) && CELL_AFTER.test(after);
  let score = 0.4;
  if (isCalled) score += 0.25;
  if (WHO_BEFORE.test(before)) score += 0.2;
  if (isCell) score += 0.2;
  if (isAmongPersons) score += 0.15;
  if (FAME.test(before.slice(-FAME_REACH)) || FAME.test(after)) score -= 0.3;
  return Math.min(score, 0.7);
}

function givenNameScore(text: string, start: number): number {
  const name = text.slice(start, start + 2);
  const after = text.slice(start + 2, start + 14);
  const isClosed = endsWithConsonant(name[1]!);
  const isNoun = isNounToo(name);
  if (VOCATIVE.test(after) && (after[0] === '아') === isClosed && !(isNoun && after[0] === '야')) return LIKELY;
  if (isClosed && WITH_I.test(after)) return LIKELY;
  if ((isNoun ? NOUN_CALLED : GIVEN_CALLED).test(after)) return LIKELY;
  if (isNoun) return 0;
  if (TO_A_PERSON.test(after)) return LIKELY;
  const before = text.slice(Math.max(0, start - 10), start);
  if (SPEAKER_AFTER.test(after) && /(?:^|\n)$/.test(before)) return LIKELY;
  if (KIN_BEFORE.test(before) || BELONGING.test(after) || GIVEN_COPULA.test(after)) return LIKELY;
  return isInflectedName(after, isClosed) ? LIKELY : 0;
}

/** A particle in the form that the name's last sound asks for. */
function isInflectedName(after: string, isClosed: boolean): boolean {
  return (isClosed ? /^(?:이|은|을|과|이랑|도)(?![가-힣])/ : /^(?:가|는|를|와|랑|도)(?![가-힣])/).test(after);
}
