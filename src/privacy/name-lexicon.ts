import { alternatives, charactersOf, wordsOf } from './tables.js';

const SURNAMES = new Set(charactersOf('names', 'surnames'));
const DOUBLE_SURNAMES = new Set(wordsOf('names', 'doubleSurnames'));
const GIVEN_NAMES = new Set(
  wordsOf('names', 'givenNames').flatMap((entry) => Array.from(entry.slice(2), (second) => entry[0]! + second)),
);
const FIRST = Map.groupBy(GIVEN_NAMES, (name) => name[0]!);
const LAST = Map.groupBy(GIVEN_NAMES, (name) => name[1]!);
/** Syllables that begin and end so many given names make others, that no list has. */
const OFTEN_FIRST = 12;
const OFTEN_LAST = 20;
const GIVEN = new Set(charactersOf('names', 'given'));
const GIVEN_NOUNS = new Set(wordsOf('names', 'givenNouns'));

const STOP_WORDS = new Set([...wordsOf('names', 'stopWords'), ...wordsOf('common-words', 'longNouns')]);
const NOUNS = new Set([...wordsOf('common-words', 'nouns'), ...wordsOf('names', 'everydayWords'), ...STOP_WORDS]);
/** What has the form of a common name and hardly ever is a customer's: 정해진, 이순신. */
const NAME_LIKE = new Set([...wordsOf('common-words', 'nameLike'), ...wordsOf('names', 'publicNames')]);
const STOP_BEGINNING = new RegExp(`^(?:${wordsOf('names', 'stopBeginnings').join('|')})`);
/** A noun with one of these is no name, unless what follows says that the whole word is one: `유지은입니다`. */
const INFLECTION = /[은는이가을를의에도로만나고지으중하한할해]$/;
const NOUN_ENDING = /[요임명일인자금서권료율률액증란비표문관학형식]$/;
/** Of these, what given names end with as well. */
const NAMES_ENDING = /[율서란형식]$/;
/** What nothing ends with that begins with a noun. */
const NAMES_ONLY_ENDING = /[훈우현빈희숙윤혁욱찬섭환호연민영진준석철경린]$/;
/** What hardly any given name ends with, unless it is a common one: 신분증, 공개해, 남기신. */
const NO_NAME_ENDING = /[증율률권료표액해]$|[기하가오주보]신$/;
/** What makes `X is` of a name; as people write and say it, in dialects too. */
export const COPULA =
  '(?:입니다|입니당|임다|이에요|예요|에요|이예요|이여|이요|여요|여(?![가-힣])|요|인데|인디|이고|이구|고요|구요|라고|이라|라는|이며|이야|이다|이지|이죠|이거든|이니까|이?래요?|이었|였|이시|이신|이세요|이셔|이십|이?올시다|맞)';
const JOBS = new Set(wordsOf('names', 'jobs'));
const VERB_ENDING = /하[여고면는지게기자]$|오[니라]$/;
const SAYS_NAME = /^(?:한테|에게|께|이라고|이고|인데|님|씨| ?(?:입니다|이에요|예요))/;
const TITLED = new RegExp(
  `^ ?(?:님|씨|선생님|${alternatives(wordsOf('names', 'jobs'))}(?=님|[은는이가을를도](?![가-힣])|[^가-힣]|$))`,
);

/** Whether a word that has a name's form is never one, seen what follows it: 예금자, 신분증; the beginning of 이용하여 or 주소예요. */
export function isNeverName(word: string, after: string): boolean {
  return (
    STOP_WORDS.has(word) ||
    (word.endsWith('하') && /^[여면게기]/.test(after)) ||
    /[예에]요/.test(word + after.slice(0, 1))
  );
}

/**
 * Whether a Hangul word of a name's form (surname and given syllables) is no ordinary word, seen what follows it;
 * a familiar name may begin like one (명세빈).
 */
export function isNoWord(word: string, after: string, isFamiliar = familiarNameLength(word) > 0): boolean {
  if (isNeverName(word, after)) return false;
  if (!isFamiliar && isPlainWord(word, after)) return false;
  if (word.length === 2) return !NOUNS.has(word) && !/[을를는도만]$/.test(word);
  if (isFamiliar && TITLED.test(after)) return true;
  if (isCompoundNoun(word) && !(isFamiliar && NAMES_ENDING.test(word))) return false;
  return !(isInflectedNoun(word) || NAME_LIKE.has(word)) || SAYS_NAME.test(after);
}

/** Whether a word is a common noun with a particle, a copula or a verb's ending: 유지는, 동의해. */
export function isInflectedNoun(word: string, nouns: ReadonlySet<string> = NOUNS): boolean {
  return INFLECTION.test(word) && nouns.has(word.slice(0, -1));
}

/** Whether a word is a common noun with a noun's own ending, such as what people are and pay: 인수인, 방문자, 배당금, 지정일. */
export function isCompoundNoun(word: string, nouns: ReadonlySet<string> = NOUNS): boolean {
  return NOUN_ENDING.test(word) && nouns.has(word.slice(0, -1));
}

/** What a word that is no common name must not look like: a noun, a verb, 김대리. */
function isPlainWord(word: string, after: string): boolean {
  if (STOP_BEGINNING.test(word) || VERB_ENDING.test(word) || (word.endsWith('하') && /^[여고는면지게기]/.test(after)))
    return true;
  if (word.length > 2 && NO_NAME_ENDING.test(word) && !SAYS_NAME.test(after) && !TITLED.test(after)) return true;
  return JOBS.has(word.slice(1)) || isCompoundNoun(word);
}

/** A given name that is common, or made of syllables that many of them begin and end with. */
function isLikelyGivenName(name: string): boolean {
  if (GIVEN_NAMES.has(name)) return true;
  const isMade =
    (FIRST.get(name[0]!)?.length ?? 0) >= OFTEN_FIRST && (LAST.get(name[1] ?? '')?.length ?? 0) >= OFTEN_LAST;
  return isMade && !NOUNS.has(name);
}

/** How many syllables of a word, from its first on, are a surname and a given name that is likely (3 or 4); 0: none. */
export function familiarNameLength(word: string): 0 | 3 | 4 {
  if (DOUBLE_SURNAMES.has(word.slice(0, 2)) && GIVEN_NAMES.has(word.slice(2, 4))) return 4;
  return SURNAMES.has(word[0]!) && isLikelyGivenName(word.slice(1, 3)) ? 3 : 0;
}

/** The same for any surname and syllables that occur in given names. */
export function possibleNameLength(word: string): 0 | 3 | 4 {
  if (DOUBLE_SURNAMES.has(word.slice(0, 2))) return GIVEN.has(word[3] ?? '') ? 4 : GIVEN.has(word[2] ?? '') ? 3 : 0;
  return SURNAMES.has(word[0]!) && GIVEN.has(word[1]!) && GIVEN.has(word[2] ?? '') ? 3 : 0;
}

/** Whether a word of two or three syllables is a surname and syllables that occur in given names. */
export function hasNameForm(word: string): boolean {
  return SURNAMES.has(word[0]!) && Array.from(word.slice(1)).every((syllable) => GIVEN.has(syllable));
}

/** Whether a likely name may be a noun: its given name is in no list, or it is one with something behind it (배경은, 이유라; none goes on as 정지훈 does). */
export function mayBeNoun(word: string): boolean {
  const stem = word.slice(0, 2);
  if (!GIVEN_NAMES.has(word.slice(1))) return true;
  return (NOUNS.has(stem) && !NAMES_ONLY_ENDING.test(word)) || (GIVEN_NOUNS.has(stem) && NOUN_ENDING.test(word));
}

/** Whether the first two syllables of a word are such as common given names begin and end with. */
export function startsWithGivenSyllables(word: string): boolean {
  return FIRST.has(word[0]!) && LAST.has(word[1]!);
}

/** Whether the first two syllables of a word are a common given name. */
export function startsWithGivenName(word: string): boolean {
  return GIVEN_NAMES.has(word.slice(0, 2));
}

/** Whether a given name is an ordinary word as well (지원, 수정, 하늘). */
export function isNounToo(name: string): boolean {
  return GIVEN_NOUNS.has(name) || NOUNS.has(name);
}

/** What friends call somebody by whose full name was told (오세라: 세라), where it is no word; undefined where there is none. */
export function givenPart(name: string): string | undefined {
  const given = name.slice(1);
  return given.length === 2 && GIVEN_NAMES.has(given) && !isNounToo(given) && !isDoubleSurname(name)
    ? given
    : undefined;
}

/** Whether a Hangul syllable ends with a consonant, which decides the particle after it. */
export function endsWithConsonant(syllable: string): boolean {
  return (syllable.charCodeAt(0) - 0xac00) % 28 !== 0;
}

/** Whether a name of three syllables or more begins with a surname of two (남궁민). */
export function isDoubleSurname(name: string): boolean {
  return name.length > 2 && DOUBLE_SURNAMES.has(name.slice(0, 2));
}
