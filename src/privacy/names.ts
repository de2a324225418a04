import { BANK_NAME } from './contexts.js';
import { COPULA, familiarNameLength, isNeverName, isNoWord } from './name-lexicon.js';
import type { Candidate, Reading } from './reading.js';
import { alternatives, charactersOf, wordsOf } from './tables.js';

const GIVEN = `[${charactersOf('names', 'given')}]`;
const SURNAME = `[${charactersOf('names', 'surnames')}]`;
const DOUBLE_SURNAME = alternatives(wordsOf('names', 'doubleSurnames'));
/** Three syllables and more; two (a surname and one syllable) are too many words, so only strong cues take them. */
const FULL_NAME = `(?:${DOUBLE_SURNAME}${GIVEN}{1,2}|${SURNAME}${GIVEN}{2})`;
const SHORT_NAME = `${SURNAME}${GIVEN}`;
const FOREIGN_HANGUL = `${alternatives(wordsOf('names', 'foreign'))}(?: ?(?!(?:으?로|인|되|님|씨|고객|명의|계좌|통장)[가-힣]{0,2}(?![가-힣]))[가-힣]{1,3}?(?= |이|인|입|라|$)){0,2}`;
/** Shorter ones are words as well (알리, 사라). */
const LONG_FOREIGN = alternatives(wordsOf('names', 'foreign').filter(({ length }) => length > 2));
const FOREIGN_CUED = `(?<name>${FOREIGN_HANGUL})`;
const FOREIGN_NAME = `(?:${FOREIGN_HANGUL}|(?<![A-Za-z])[A-Z][A-Za-z'-]{1,15}(?: [A-Z][A-Za-z'-]{0,15}){0,3}(?![A-Za-z]))`;
const LONG_NAME = `(?<name>${FULL_NAME})`;

const CASE = '(?:님|씨|으?로|[이가은는을를의과와도]|한테|에게|께|이랑|랑|하고|앞)';
const ENDS = `(?=[^가-힣]|$|${COPULA}|${CASE}(?:[^가-힣]|$))`;
/** Two syllables need a word's end or a copula after them: with a particle they are any noun. */
const SHORT_ENDS = `(?=[^가-힣]|$|${COPULA})`;
/** 홍 길 동, 홍.길.동: only where a label asks for a name. */
const SPELLED_NAME = `${SURNAME}(?<gap>[ .\\n])${GIVEN}\\k<gap>${GIVEN}${ENDS}`;
/** Any two syllables after a surname, alone behind a label: `성명 최불암`. */
const LABELLED_NAME = `${SURNAME}[가-힣](?![요죠까처호액번])[가-힣](?=[ \\t]*(?:[\\n(,/|\\d]|$))`;
const CUED_NAME = `(?<name>${FULL_NAME}${ENDS}|${SPELLED_NAME}|(?<=[\\s:=,.!~])${SHORT_NAME}${SHORT_ENDS}|${LABELLED_NAME}|${FOREIGN_NAME})`;
/** Behind who somebody is in a contract: no two syllables, since what the tenant or the heir has is told as well (임차인 전입). */
const ROLE_NAME = `(?<name>${FULL_NAME}${ENDS}|${SPELLED_NAME}|${FOREIGN_NAME})`;
const TIE = `(?: ?(?:은|는|이|가|:|=|-)|(?:도|에|란에|을|를| is)(?= ))?[\\s:]{0,2}`;
const TITLES = alternatives(wordsOf('names', 'titles'));
const KIN = alternatives(wordsOf('names', 'kin'));

interface Cue {
  pattern: RegExp;
  score: number;
}

/** What in a text says that the word beside it is a name, from the spec's list (section 5). */
const CUES: readonly Cue[] = [
  cue(`${alternatives(wordsOf('names', 'labels'))}${TIE}${CUED_NAME}`, 0.85, 'i'),
  cue(`${alternatives(wordsOf('names', 'roleLabels'))}(?=[은는이가\\s:=-])${TIE}${ROLE_NAME}`, 0.8, 'i'),
  cue(
    `(?:(?:저는|나는|본인은|안녕하세요|안녕하십니까)[\\s,.!~]{0,3}|(?:전|I am|I'm) )(?:저는 )?${CUED_NAME}(?=${COPULA}|[.,]|$)`,
    0.8,
  ),
  cue(`(?<name>${FULL_NAME}|${FOREIGN_HANGUL}) ?(?:고객님|고객 ?(?:이름|명의)|님|씨|쌤|샘|${TITLES}님)`, 0.7),
  cue(`${FOREIGN_CUED} 고객`, 0.6),
  cue(`(?:이름|성함|본명)(?:은|이) (?<name>${GIVEN}{2})(?=이고|인데|이구|이야|이래)`, 0.6),
  cue(`(?:저|저는|나는|제 ?이름은) (?<name>[가-힣]{2,6}?) ?(?:이)?라고 ?(?:합니다|해요|부르|불러)`, 0.6),
  cue(`(?<name>[가-힣]{2,6}?)(?:이)?라는 이름`, 0.6),
  cue(
    `(?<name>${FULL_NAME}|${GIVEN}{2})(?:이?가|이?는|은) (?:제|내|저희|우리)(?: [가-힣]{1,4})? ?(?:이름|성함|본명)(?=${COPULA})`,
    0.6,
  ),
  cue(
    `(?<=(?:^|[.!?\n]) ?)(?<name>[${charactersOf('names', 'surnamesOnly')}]${GIVEN})(?=입니다|이에요|예요|이라고)`,
    0.6,
  ),
  cue(
    `(?<name>${LONG_FOREIGN}(?: ?[가-힣]{1,3}){0,2}?)(?= ?(?:입니다|이에요|예요|이라고|라고|이?래[.?!요]|이야[.?!]))`,
    0.6,
  ),
  cue(
    `(?:이름|성함|성명)(?:은|이)? (?<name>(?!비밀|뭐|무엇|다른|같은|이거|아래|맞)[가-힣]{1,5}?(?:(?<![고데은는가를]) [가-힣]{1,4}){0,2}?)(?=이에요|예요|입니다|이라고 ?(?:해|합|불))`,
    0.6,
  ),
  cue(`(?:저|나) (?<name>${FULL_NAME}|${FOREIGN_HANGUL})(?=${COPULA})`, 0.6),
  cue(
    `(?<name>${FULL_NAME}|${SHORT_NAME}|${FOREIGN_NAME})(?: ?이|(?<![하오보시]))라고 ?(?:합니다|합니당|하는데|해요|하고|하면|하시|불러|부르|불리)`,
    0.75,
  ),
  cue(
    `${KIN}(?:인|의|은|는|이|가)? ?(?:이름(?:은|이)? ?)?(?<name>${FULL_NAME}|${FOREIGN_HANGUL}) ?(?:인데|명의|씨|한테|에게|께|이름|앞으로|계좌|통장|으로|이고|입니다|이에요|예요)`,
    0.7,
  ),
  cue(`${LONG_NAME} ?${TITLES}(?:은|는|이|가|을|를|의|께|한테|에게|도|하고|이랑)`, 0.6),
  cue(`${alternatives(wordsOf('names', 'roles'))}(?:는|은|이|가|:)?[ :]{1,2}${LONG_NAME}${ENDS}`, 0.6),
];

function cue(pattern: string, score: number, flags = ''): Cue {
  return { pattern: new RegExp(`(?<![가-힣A-Za-z])${pattern}`, `g${flags}`), score };
}

/** Names beside a cue, and names beside a number that is a person's (`numbers`: accepted candidates). */
export function findNames(reading: Reading, numbers: readonly Candidate[]): Candidate[] {
  const cued = CUES.flatMap(({ pattern, score }) =>
    Array.from(reading.text.matchAll(pattern)).flatMap((match) => nameIn(match, match.index, score)),
  );
  return [...cued, ...namesInColumns(reading), ...numbers.flatMap((number) => besideNumber(reading.text, number))];
}

const NAME_HEADER = new RegExp(
  `^(?:${[...wordsOf('names', 'labels'), ...wordsOf('names', 'roleLabels')].join('|')})$`,
  'i',
);
const NAME_CELL = new RegExp(`^(?:${DOUBLE_SURNAME}[가-힣]{1,2}|${SURNAME}[가-힣]{1,2})$`);

/** A column's cells under 성명, 고객명 …: any name there. */
function namesInColumns({ text, cells }: Reading): Candidate[] {
  return cells
    .filter(({ header, start, end }) => NAME_HEADER.test(header) && NAME_CELL.test(text.slice(start, end)))
    .filter(({ start, end }) => isNoWord(text.slice(start, end), ''))
    .map(({ start, end }) => ({ start, end, type: 'PERSON', score: 0.8 }));
}

function nameIn(match: RegExpExecArray, from: number, score: number): Candidate[] {
  const matched = match.groups!.name!;
  const at = match[0].lastIndexOf(matched);
  const after = match.input.slice(match.index + at + matched.length, match.index + at + matched.length + 4);
  // 계약자배당금: what a cue is one word with is a name only if people have it.
  if (/[가-힣]$/.test(match[0].slice(0, at)) && familiarNameLength(matched) === 0) return [];
  // 환자: 허리가 …: a speaker begins a sentence.
  if (
    /[:：]\s*$/.test(match[0].slice(0, at)) &&
    /[가는은을를이도]$/.test(matched) &&
    /^ [가-힣]/.test(after) &&
    familiarNameLength(matched) === 0
  )
    return [];
  // 이찬이라고: the name ends with a consonant, and 이 belongs to 이라고.
  const name =
    matched.length === 3 && matched.endsWith('이') && after.startsWith('라고') ? matched.slice(0, 2) : matched;
  if (!isName(/[가-힣]/.test(name) ? name.replace(/[ .\n]/g, '') : name, after)) return [];
  return [{ start: from + at, end: from + at + name.length, type: 'PERSON', score }];
}

/** Behind a cue and with this after it a common name is one, though it may be read as a noun (이상일, 정하은). */
const ALONE = new RegExp(`^ ?(?:$|[\\n,./()|\\d]|${COPULA})`);

function isName(word: string, after: string): boolean {
  if (ROLE.test(word)) return false;
  if (/[A-Za-z]/.test(word)) return /^[A-Z]/.test(word) && !NOT_A_LATIN_NAME.test(word) && !/^[A-Z]{1,4}$/.test(word);
  const isCommonAlone = familiarNameLength(word) === word.length && ALONE.test(after);
  return isCommonAlone ? !isNeverName(word, after) : isNoWord(word, after);
}

/** 상담원이라고 합니다: what somebody is, not who. */
const ROLE = new RegExp(
  `^(?:${TITLES}|${KIN}|${alternatives(wordsOf('names', 'jobs'))}|다른|같은|그런|이런|어떤|본인)$`,
);

const NOT_A_LATIN_NAME =
  /^(?:The|Of|On|In|At|To|A|An|Name|Number|Date|Beneficiary|Remitter|Address|Phone|Email|My|Is|It|Not|No|And|For|From|Please|Bank|Card|Account|Korea|Korean|English|Kb|Nh|Sc|Iphone|Galaxy)\b/i;

const NUMBER_TYPES = new Set<Candidate['type']>([
  'PHONE',
  'RRN',
  'FRN',
  'ACCOUNT',
  'CARD',
  'EMAIL',
  'DRIVER_LICENSE',
  'PASSPORT',
  'DOB',
]);
const NAME_BEFORE = new RegExp(
  `(?<![가-힣A-Za-z])${LONG_NAME}(?:님|씨)?[ ,/:\\n(]{1,3}(?:${BANK_NAME}[ ,/:]{0,2})?$`,
  'i',
);
const NAME_AFTER = new RegExp(`^[ ,/\\n(]{1,3}${LONG_NAME}(?=[^가-힣]|$|님|씨|입니다|이에요|예요)`);

function besideNumber(text: string, number: Candidate): Candidate[] {
  if (!NUMBER_TYPES.has(number.type)) return [];
  const left = Math.max(0, number.start - 20);
  const before = NAME_BEFORE.exec(text.slice(left, number.start));
  const after = NAME_AFTER.exec(text.slice(number.end, number.end + 12));
  return [
    ...(before ? nameIn(before, left + before.index, 0.65) : []),
    ...(after ? nameIn(after, number.end, 0.6) : []),
  ];
}

const WORD_LENGTHS = [5, 4, 3, 2];
const HANGUL_WORD = /[가-힣]{2,}/g;
const AFTER_KNOWN = new RegExp(`^(?:[^가-힣]|$|${COPULA}|${CASE}|고객|명의|${TITLES})`);

/** Names that are known already, wherever a word starts with one: `isKnown` tells, by the word and where it stands. */
export function findKnownNames(reading: Reading, isKnown: (word: string, at: number) => boolean): Candidate[] {
  return Array.from(reading.text.matchAll(HANGUL_WORD)).flatMap(({ 0: word, index }) => {
    const length = WORD_LENGTHS.find(
      (each) =>
        each <= word.length &&
        isKnown(word.slice(0, each), index) &&
        AFTER_KNOWN.test(reading.text.slice(index + each, index + each + 4)),
    );
    return length === undefined ? [] : [{ start: index, end: index + length, type: 'PERSON' as const, score: 0.6 }];
  });
}
