import type { Candidate, Reading } from './reading.js';
import { alternatives, wordsOf } from './tables.js';

const CUES = alternatives(wordsOf('secrets', 'cues'));
const CUE = new RegExp(CUES, 'gi');
/** Codes that a machine makes have digits only: letters after OTP are a device or an app. */
const NUMERIC_CUE = /otp|오티피|인증|pin|핀|확인|승인|verification|sms/i;
const NOT_A_VALUE = `(?! ?${alternatives(wordsOf('secrets', 'notAfter'))})`;
const PARTICLE = '(?:은요?|는요?|이|가|을|를|도|로|으로|란|이란)?';
const BETWEEN = `${PARTICLE}[\\s:=("'\\[-]{0,3}`;
const FILLERS = '(?:(?:[가-힣]{1,6}|is|was|my|the)[\\s:=]{1,2}){0,2}["\'(]?';
const DIGITS_END = '(?!\\d)(?![-./,~:]\\d)';
const BEFORE_VALUE = new RegExp(`^${BETWEEN}${FILLERS}`);
/** Four to eight digits with one gap, before the same without, so that `1234 5678` is one value. */
const DIGITS = new RegExp(
  `^(?:\\d(?:[ .-]\\d){3,7}|\\d{1,4}[ .\\n-]\\d{1,4}(?![ .\\n-]\\d)|\\d{4,8})${DIGITS_END}${NOT_A_VALUE}`,
);
const DIGITS_ALONE = new RegExp(`^\\d{4,8}${DIGITS_END}${NOT_A_VALUE}`);
const ASCII_WORD = /^[!-~]{6,40}/;
const REACH = 64;
/** `아이디/비번 minho77 / …`: the first of two values is the user's name. */
const NAMED_FIRST = /(?:아이디|(?<![a-z])id) ?[/,&] ?$/i;
const FIRST_OF_TWO = /^(?:는|은|가)?[\s:]{0,2}[!-.0-~]{2,20} ?[/,| ] ?/;

/** PINs, passwords, one-time codes and security-card values, after (or right before) the word for them. */
export function findSecrets(reading: Reading): Candidate[] {
  const { text } = reading;
  const found = Array.from(text.matchAll(CUE)).flatMap((cue) => {
    let from = cue.index + cue[0].length;
    if (NAMED_FIRST.test(text.slice(Math.max(0, cue.index - 8), cue.index)))
      from += FIRST_OF_TWO.exec(text.slice(from, from + REACH))?.[0].length ?? 0;
    return valueAfter(text, from, !NUMERIC_CUE.test(cue[0]));
  });
  const onCard = securityCardValues(text);
  return [
    ...found,
    ...[...found, ...onCard].flatMap(({ end }) => furtherValue(text, end)),
    ...valuesBefore(text),
    ...answers(text),
    ...partialValues(text),
    ...chosenValues(text, found),
    ...onCard,
  ];
}

function valueAfter(text: string, from: number, mayHaveLetters: boolean): Candidate[] {
  const rest = text.slice(from, from + REACH);
  // The fewest fillers that lead to a value; a value itself is never a filler, having no Hangul.
  const lead = BEFORE_VALUE.exec(rest)?.[0].length ?? 0;
  const length = valueLength(rest.slice(lead), mayHaveLetters);
  return length === 0 ? [] : [secret(from + lead, from + lead + length)];
}

/** Length of the secret at the start of a text; 0 where there is none. */
function valueLength(text: string, mayHaveLetters: boolean): number {
  const digits = (DIGITS.exec(text) ?? DIGITS_ALONE.exec(text))?.[0];
  const word = ASCII_WORD.exec(text)?.[0].replace(/["'.,)\]]+$/, '');
  if (digits !== undefined && digits.replace(/\D/g, '').length >= 4 && !(word && mayHaveLetters && isPassword(word)))
    return digits.length;
  if (word === undefined) return 0;
  return (mayHaveLetters ? isPassword(word) : isCode(word)) ? word.length : 0;
}

/** What machines send: capitals and digits, `GX8291`. */
function isCode(word: string): boolean {
  return /^(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{6,8}$/.test(word);
}

/** Digits mixed with letters or symbols, and no address, date or amount. */
function isPassword(word: string): boolean {
  if (word.length < 6 || !/\d/.test(word) || !/[A-Za-z!@#$%^&*_+=?~]/.test(word)) return false;
  return !/:\/\/|^[\w.+-]+@[\w-]+\.[A-Za-z]{2,}$|^\d[\d~,.-]*[A-Za-z%]?$/.test(word);
}

const FIRST_TWO = new RegExp(
  `${CUES} ?(?:의)? ?(?:앞|뒤) ?(?:두|2)? ?(?:자리|숫자)(?:는|은|가|를)? ?(\\d{2})(?!\\d)${NOT_A_VALUE}`,
  'gi',
);

/** The two digits of a PIN that a card payment asks for: `비밀번호 앞 두자리 12`. */
function partialValues(text: string): Candidate[] {
  return Array.from(text.matchAll(FIRST_TWO), (match) =>
    secret(match.index + match[0].length - 2, match.index + match[0].length),
  );
}

/** `비밀번호 0000은 안 된대서 8251로 했어요`: another one later in the sentence, by what was done with it. */
const CHOSEN = new RegExp(
  `^[^.?!\\n]{1,40}?(?<![\\d.,-])(\\d{4}|\\d{6})(?=으?로 ?(?:했|해 ?[놨놓둬뒀]|바꿨|바꾸|설정|변경))`,
);
/** `원래 3391이었고 지금은 4402예요`. */
const CHANGED = new RegExp(
  `^[^.?!\\n]{1,30}?(?:지금은?|이제는?|현재는?|새로|바꾼 ?건|바뀐 ?건) ?(\\d{4}|\\d{6})(?![\\d.,-])${NOT_A_VALUE}`,
);

function chosenValues(text: string, found: readonly Candidate[]): Candidate[] {
  return found.flatMap(({ end }) => {
    const rest = text.slice(end, end + REACH);
    const match = CHOSEN.exec(rest) ?? CHANGED.exec(rest);
    return match ? [secret(end + match[0].length - match[1]!.length, end + match[0].length)] : [];
  });
}

const CONNECTOR = new RegExp(`^ ?${alternatives([...wordsOf('secrets', 'connectors'), ','])} ?(?:${FILLERS})?`, 'i');

const SPEAKER = '(?:[가-힣A-Za-z0-9]{1,6} ?: ?)?';
/** A question for a secret, and the answer that starts the next line or sentence: `비밀번호가 뭐예요?⏎손님: 1234요`, `비번 바꿨어⏎뭘로?⏎1234`. */
const ANSWER = new RegExp(
  `${CUES}[^\\d\\n?]{0,16}[?요][ ?!.]{0,2}(?:\\n ?${SPEAKER})?|${CUES}[^\\n]{0,20}\\n ?${SPEAKER}(?:뭘로|뭐로|뭔데|뭐야|뭐라고|(?:알려|불러|말해) ?[줘주봐])[^\\n]{0,8}\\n ?${SPEAKER}`,
  'gi',
);

function answers(text: string): Candidate[] {
  return Array.from(text.matchAll(ANSWER)).flatMap((question) => {
    const from = question.index + question[0].length;
    const length = valueLength(text.slice(from, from + REACH), true);
    return length === 0 ? [] : [secret(from, from + length)];
  });
}

/** `비밀번호 1234 아니면 5678`: the second of two. */
function furtherValue(text: string, from: number): Candidate[] {
  const rest = text.slice(from, from + REACH);
  const lead = CONNECTOR.exec(rest)?.[0].length ?? 0;
  if (lead === 0) return [];
  const mayHaveLetters = !rest.trimStart().startsWith(',');
  const length =
    DIGITS_ALONE.exec(rest.slice(lead))?.[0].length ?? (mayHaveLetters ? valueLength(rest.slice(lead), true) : 0);
  return length === 0 ? [] : [secret(from + lead, from + lead + length)];
}

const VALUE_BEFORE = new RegExp(
  `(?<![\\d*#])(?<!\\d[-./,])(\\d{4}|\\d{6})(?: ?이라고|이|가|는|은| ?이(?:게|건|거))? ?(?:제|내|저의)? ?(?:(?!(?:으?로|에서?|한테|에게) )[가-힣]{1,5} )?${CUES}(?=예요|이에요|에요|인데|입니다|라고|거든|이야|야|임|였|인가| ?맞| ?(?:문자)?(?:가|는)? ?(?:왔|온|받았|뜨|떴))`,
  'gi',
);

/** `문자로 582910 이 왔어요`. */
const SENT_CODE =
  /(?:문자|sms|카톡|메시지)(?:로|에|으로)? ?(\d{6})(?= ?(?:이|가|이라고|라고)? ?(?:왔|온|와|떴|뜨|받|찍|적혀|써|쓰여|나오|나와))|(?:받은|온|보낸|뜬|나온) ?(?:번호|코드|숫자)[가는은]? ?(\d{6})(?![\d.,-])/gi;

/** `582910 이 번호가 문자로 왔어요`. */
const CODE_SENT =
  /(?<![\d*#])(?<!\d[-./,])\d{6}(?:이라고|라고|이|가| ?이? ?(?:번호|숫자)[가는]?| 이거[가는]?)? ?(?:문자|sms|카톡)(?:로|에|가)? ?(?:왔|온|받|떴)/gi;

function valuesBefore(text: string): Candidate[] {
  const sent = Array.from(text.matchAll(SENT_CODE), (match) => {
    const end = match.index + match[0].length;
    return secret(end - (match[1] ?? match[2])!.length, end);
  });
  const arrived = Array.from(text.matchAll(CODE_SENT), (match) => secret(match.index, match.index + 6));
  return [
    ...arrived,
    ...Array.from(text.matchAll(VALUE_BEFORE), (match) => secret(match.index, match.index + match[1]!.length)),
    ...sent,
  ];
}

const SECURITY_CARD = /보안 ?카드/g;
const CARD_VALUE =
  /\d{1,2} ?번(?:째)?(?:의|에)? ?(?:앞|뒤) ?(?:두|2|네|4)? ?(?:자리|숫자)?(?:은|는|이|가|:)? ?(\d{2,4})(?!\d)(?! ?(?:번|개|원|자리|회))/g;
const CARD_HALF =
  /(?:앞|뒤)(?:에|의)? ?(?:두|2) ?(?:자리|숫자)(?:은|는|이|가|:)? ?(\d{2})(?!\d)(?! ?(?:번|개|원|자리|회))/g;
const CARD_CELL = /(?<!\d)\d{1,2} ?번(?:째)?(?:은|는|이|가|에|:)? ?(\d{4})(?![\d.,-])(?! ?(?:번|개|원|자리|회|년))/g;
const SERIAL = /일련 ?번호(?:는|은|가|:)? ?(\d{6,12})(?!\d)/g;
const CARD_CODE = /^보안 ?카드(?: ?번호)?(?:는|가)? ?(\d{4})(?!\d| ?(?:번|개|원|자리|회|년))/g;
const CARD_REACH = 90;

function securityCardValues(text: string): Candidate[] {
  return Array.from(text.matchAll(SECURITY_CARD)).flatMap((card) => {
    const near = text.slice(card.index, card.index + CARD_REACH);
    return [
      ...near.matchAll(CARD_VALUE),
      ...near.matchAll(CARD_HALF),
      ...near.matchAll(CARD_CELL),
      ...near.matchAll(SERIAL),
      ...near.matchAll(CARD_CODE),
    ].map((match) => {
      const end = card.index + match.index + match[0].length;
      return secret(end - match[1]!.length, end);
    });
  });
}

function secret(start: number, end: number): Candidate {
  return { start, end, type: 'SECRET', score: 0.9 };
}
