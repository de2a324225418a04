import {
  COPULA,
  endsWithConsonant,
  familiarNameLength,
  isDoubleSurname,
  isNounToo,
  isNeverName,
  isNoWord,
  mayBeNoun,
  possibleNameLength,
  startsWithGivenName,
  startsWithGivenSyllables,
} from './name-lexicon.js';
import type { Candidate, Reading } from './reading.js';
import { alternatives, charactersOf, wordsOf } from './tables.js';

const WORD = /(?<![가-힣A-Za-z])[가-힣]{2,12}/g;
const ONE_PARTICLE =
  '(?:은|는|이|가|을|를|의|와|과|도|만|로|으로|에게서?|한테서?|께서?|이?랑|하고|보고|부터|까지|에서|처럼|네|이?나|이며|이자)';
const PARTICLES = `(?:${ONE_PARTICLE}){0,2}요?(?![가-힣])`;
const CALLING = alternatives(wordsOf('names', 'callings'));
const JOB = `${alternatives(wordsOf('names', 'jobs'))}(?: ?님)?`;
const CALLED = `(?:${CALLING}|${JOB})(?:${COPULA}|${PARTICLES})`;

/** What only a person's name is followed by: a title, 한테, a signature, 이 with a particle. */
const AFTER_PERSON = new RegExp(
  `^(?: ?${CALLED}|(?:한테|에게|께서?)(?:도|만|는)?(?![가-힣])|이(?:가|는|도|랑|를|한테|네)(?![가-힣])| ?(?:앞으로|명의|인감|본인|이름|라는 사람|이라는 (?:사람|분)|외 ?\\d)| ?\\(?(?:인|서명|본인|이하)[ )])`,
);
/** As above for a word that only has a name's form: nothing that could be the rest of a longer word. */
const AFTER_STRANGER = new RegExp(
  `^(?: ${CALLED}|(?:님|씨|고객님?)(?:${COPULA}|${PARTICLES})|한테(?![가-힣])| (?:앞으로|명의|인감)|이?라는 (?:사람|분)| ?\\(?(?:인|서명|본인)[ )])`,
);
/** 지원자, 임차인, 수수료, 연회비: what people do and what they pay ends so, names that are not common hardly ever. */
const NOUN_ENDING = /[자인원금비증서표점제형별산율률권료실용]$/;
const AFTER_COPULA = new RegExp(`^ ?${COPULA}`);
const AFTER_LONG_COPULA =
  /^ ?(?:입니다|이에요|예요|에요|이라고|인데|인디|이고|이구|이?올시다|이신데|이세요|이십니다|이었|였)/;
const INFLECTED = new RegExp(`^${PARTICLES}`);
/** Before a name: who is meant (임차인, 채무자, 세대주, 총무, 친구 …) with what ties it to the name. */
const WHO_BEFORE = new RegExp(
  `(?:(?:^|[^가-힣])(?:${wordsOf('names', 'roles').join('|')}|${wordsOf('names', 'kin').join('|')}|저|나|전|저는|나는|저희|제가|내가|네|예|응|넵|본인|맞아요|아니고?|개명해서)|[가-힣](?:인|자|주|측|명|성명|이름|속|부|교수|총무))(?:는|은|이|가|의)?[ :(/|\\t\\n,]{1,3}$`,
);
/** Nothing but a sign or a line's edge at either side: a cell, an item of a list, a line of its own. */
const CELL_BEFORE = /(?:^|[\n\t|/(:·,→>\]])[ ]{0,2}$/;
const CELL_AFTER = /^[ ]{0,2}(?:[\n\t|/(),:·→]|$)/;
const LINE_BEFORE = /(?:^|\n|[가-힣A-Za-z0-9]: ?)$/;
const FAME = new RegExp(alternatives(wordsOf('names', 'fame')));
const CONTEXT = 14;

const GIVEN_CALLED = new RegExp(`^이? ?${CALLED}`);
const SPOKEN_CALLING = new RegExp(`^이? ?(?:씨|언니|오빠|누나|쌤)(?:님|${PARTICLES})`);
const NOUN_CALLED = new RegExp(
  `^(?: ?(?:씨|언니|오빠|누나|쌤)| (?:형|선배|아빠|엄마|님|어린이|학생|할머니|할아버지))(?:님|${PARTICLES})`,
);
/** 현금의 지급 또는 영수가: whoever writes so calls nobody by a given name. */
const WRITTEN_AND = /(?:^|[\s,])(?:및|또는) $/;
const VOCATIVE = /^[아야](?=[\s,!?~.…]|$)/;
/** 이 that makes a given name easier to say, and a particle of its own: no noun is inflected so. */
const WITH_I = /^이(?:가|는|도|를|네|한테|에게|보고|하고)(?:도|는)?(?![가-힣])/;
const HEAD = /(?:^|[\n:.!?]) ?$/;
const TO_A_PERSON = /^(?:한테|에게|께|께서|보고)(?:도|만|는)?(?![가-힣])/;
const GIVEN_COPULA = /^(?:입니다|이에요|예요|이라고|라고|인데|이고|니\?|이니\?|야[?.!]|이래|래[.?!])/;
const BELONGING = new RegExp(`^이? ${alternatives(wordsOf('names', 'belongings'))}`);
const KIN_BEFORE = new RegExp(`${alternatives(wordsOf('names', 'kin'))}(?:인|의)? $`);
const SPEAKER_AFTER = /^ ?:(?=\s)/;
const AFTER_CLOSED = /^(?:이|은|을|과|이랑|도)(?![가-힣])/;
const AFTER_OPEN = /^(?:가|는|를|와|랑|도)(?![가-힣])/;

const SURNAME_ALONE = new RegExp(
  `(?<![가-힣A-Za-z])[${charactersOf('names', 'surnamesAlone')}](?= ${JOB}(?!이라는)(?:${COPULA}|${PARTICLES}))`,
  'g',
);

/** 오 세 진: syllables apart that are a name together. */
const SPACED_NAME = new RegExp(`(?<![가-힣])[가-힣] [가-힣] [가-힣](?=입니다|이에요|예요|이?라고|[^가-힣\\d]|$)`, 'g');

const romanSurname = alternatives(wordsOf('names', 'romanSurnames').flatMap((name) => [name, name.toUpperCase()]));
const latinGivenName = alternatives(wordsOf('names', 'latinGivenNames').flatMap((name) => [name, name.toUpperCase()]));
/** KIM MINSU, Kim Do-yun, PARK JI HOON; Minsu Kim, David Kim; Emily Johnson. */
const LATIN_NAME = new RegExp(
  `(?<![A-Za-z.@/-])(?:${romanSurname},? [A-Z][A-Za-z]+(?:[- ][A-Za-z]+)?|${latinGivenName} [A-Z][A-Za-z]+|[A-Z][a-z]+(?:[- ][A-Z]?[a-z]+)? ${romanSurname})(?![A-Za-z])`,
  'g',
);
const WESTERN_NAME = new RegExp(`^${latinGivenName} `);

const NAMES_ARE_SPOKEN_OF = /이름|성함|성명|존함|본명|개명|동명이인|명의|예금주|수취인|입금자/;
const SURNAME_ONLY = new RegExp(`^[${charactersOf('names', 'surnamesOnly')}]`);

const LIKELY = 0.55;
/** What a name that nothing speaks for starts from: a common one that can be nothing else, */
const CERTAIN = 0.5;
/** a common one that begins like a word (이유라), or any with a surname of two syllables, */
const FAMILIAR = 0.4;
/** what only has a name's form. */
const POSSIBLE = 0.25;
/** What the company of other personal data, other names among it, adds. */
const IN_COMPANY = 0.15;

/**
 * Names that the lexicon knows, where less than a cue tells that a person is meant: titles, particles that only persons take,
 * cells of lists and tables, whoever is called by a given name.
 * @param isInCompany whether something personal was found in the text already
 */
export function findFamiliarNames({ text }: Reading, isInCompany: boolean): Candidate[] {
  const found: Candidate[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    found.push(...[fullName(text, index, word), givenName(text, index, word)].filter((name) => name !== undefined));
  }
  for (const { 0: spaced, index } of text.matchAll(SPACED_NAME)) {
    const name = spaced.replaceAll(' ', '');
    if (familiarNameLength(name) === 3 && isNoWord(name, text.slice(index + spaced.length), true))
      found.push(person(index, index + spaced.length, LIKELY));
  }
  for (const { 0: name, index } of text.matchAll(LATIN_NAME)) found.push(latinName(text, index, index + name.length));
  for (const { index } of text.matchAll(SURNAME_ALONE)) found.push(person(index, index + 1, LIKELY));
  const isAmongNames =
    isInCompany ||
    NAMES_ARE_SPOKEN_OF.test(text) ||
    found.some(({ score }) => score >= 0.5) ||
    found.filter(({ score }) => score >= FAMILIAR).length > 1;
  return isAmongNames ? found.map((name) => ({ ...name, score: name.score + IN_COMPANY })) : found;
}

function fullName(text: string, start: number, word: string): Candidate | undefined {
  const familiar = familiarNameLength(word);
  const length = familiar || possibleNameLength(word);
  if (length === 0) return undefined;
  const end = start + length;
  const after = text.slice(end, end + CONTEXT);
  const before = text.slice(Math.max(0, start - CONTEXT), start);
  if (!isNoWord(text.slice(start, end), after, familiar > 0)) return undefined;
  const isPerson = (familiar ? AFTER_PERSON : AFTER_STRANGER).test(after);
  const isSaid = !isPerson && (familiar ? AFTER_COPULA : AFTER_LONG_COPULA).test(after);
  if (!isPerson && !isSaid && !INFLECTED.test(after)) return undefined;
  if (!familiar && !isPerson && isSubjectOfSentence(text.slice(start, end), after)) return undefined;
  const isSurnameOnly = SURNAME_ONLY.test(word);
  const isCertain = familiar > 0 && (isSurnameOnly || !mayBeNoun(text.slice(start, end)));
  let score = isCertain ? CERTAIN : familiar || isDoubleSurname(word) ? FAMILIAR : POSSIBLE;
  const isIntroduced = WHO_BEFORE.test(before);
  if (isPerson || (isSaid && (familiar || isSurnameOnly || isIntroduced || LINE_BEFORE.test(before)))) score += 0.25;
  const mayStandAlone = familiar > 0 || !NOUN_ENDING.test(text.slice(start, end));
  if (isIntroduced && mayStandAlone) score += 0.2;
  if (mayStandAlone && CELL_BEFORE.test(before) && CELL_AFTER.test(after)) score += 0.2;
  if (FAME.test(before) || FAME.test(after)) score -= 0.3;
  return person(start, end, Math.min(score, 0.7));
}

function givenName(text: string, start: number, word: string): Candidate | undefined {
  const name = word.slice(0, 2);
  if (!startsWithGivenSyllables(name) || isNeverName(name, '')) return undefined;
  const after = text.slice(start + 2, start + CONTEXT);
  if (WRITTEN_AND.test(text.slice(Math.max(0, start - 4), start))) return undefined;
  const isNoun = isNounToo(name);
  const isClosed = endsWithConsonant(name[1]!);
  const isCalled =
    (isClosed && WITH_I.test(after) && (!isNoun || startsWithGivenName(name))) ||
    (!isNoun && SPOKEN_CALLING.test(after)) ||
    (startsWithGivenName(name) && isCommonGivenName(text, start, after, isNoun, isClosed));
  return isCalled ? person(start, start + 2, LIKELY) : undefined;
}

function isCommonGivenName(text: string, start: number, after: string, isNoun: boolean, isClosed: boolean): boolean {
  const before = text.slice(Math.max(0, start - CONTEXT), start);
  // 미래야 may be a copula's; at the head of what is said somebody is called.
  if (VOCATIVE.test(after) && (after[0] === '아') === isClosed)
    return !isNoun || after[0] === '아' || (HEAD.test(before) && /^야[\s,]/.test(after));
  if (TO_A_PERSON.test(after) && (!isNoun || KIN_BEFORE.test(before) || after.startsWith('한테'))) return true;
  if (isNoun) return NOUN_CALLED.test(after);
  return (
    GIVEN_CALLED.test(after) ||
    (SPEAKER_AFTER.test(after) && /(?:^|\n)$/.test(before)) ||
    KIN_BEFORE.test(before) ||
    BELONGING.test(after) ||
    GIVEN_COPULA.test(after) ||
    /^네(?= )/.test(after) ||
    (isClosed ? AFTER_CLOSED : AFTER_OPEN).test(after)
  );
}

/** `허리가 아파서`: two syllables with a particle. */
function isSubjectOfSentence(word: string, after: string): boolean {
  return /[가는은을를이도]$/.test(word) && /^ [가-힣]/.test(after);
}

function latinName(text: string, start: number, end: number): Candidate {
  let score = WESTERN_NAME.test(text.slice(start, end)) ? 0.5 : FAMILIAR;
  if (
    /(?:영문|이름|성명|name|수취인|송금인)[^가-힣A-Za-z]{0,3}[가-힣]{0,4}[ :]{1,2}$/i.test(
      text.slice(Math.max(0, start - CONTEXT), start),
    )
  )
    score += 0.2;
  if (/^ ?(?:님|씨|고객|으?로|입니다|이에요|예요)/.test(text.slice(end, end + 4))) score += 0.15;
  return person(start, end, score);
}

function person(start: number, end: number, score: number): Candidate {
  return { start, end, type: 'PERSON', score };
}
