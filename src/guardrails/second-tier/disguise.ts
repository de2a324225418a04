/** Ways in which people disguise a text so that a filter does not read it. Each leaves it readable for a person. */
export const DISGUISES = {
  closed: (text: string) => text.replace(/\s+/g, ''),
  spaced: (text: string) => [...text.replace(/\s+/g, '')].join(' '),
  dotted: (text: string, random: () => number) =>
    [...text].map((char) => (/[가-힣]/.test(char) && random() < 0.5 ? `${char}${pick('.·-_~*', random)}` : char)).join(''),
  'full-width': (text: string) =>
    text.replace(/[!-~]/g, (char) => String.fromCodePoint(char.codePointAt(0)! + 0xfee0)),
  'zero-width': (text: string, random: () => number) =>
    [...text].map((char) => (random() < 0.5 ? `${char}${pick('\u200b\u200d\u2060\u00ad', random)}` : char)).join(''),
  jamo: (text: string, random: () => number) =>
    text.replace(/[가-힣]/g, (syllable) => (random() < 0.4 ? keyboardJamo(syllable) : syllable)),
  'look-alike': (text: string, random: () => number) =>
    text.replace(/[aeopcxyi]/gi, (char) => (random() < 0.5 ? (CYRILLIC[char.toLowerCase()] ?? char) : char)),
  typos: (text: string, random: () => number) =>
    text.replace(/[가-힣]/g, (syllable) => (random() < 0.08 ? neighbour(syllable, random) : syllable)),
  padded: (text: string, random: () => number) => `${pick(PADDING, random)} ${text} ${pick(PADDING, random)}`,
} as const satisfies Record<string, (text: string, random: () => number) => string>;

export type Disguise = keyof typeof DISGUISES;

const PADDING = [
  '안녕하세요 문의드립니다.',
  '정기예금 금리가 궁금해서 연락드렸어요.',
  '영업점 위치도 알려주시면 감사하겠습니다.',
  '앱을 업데이트했더니 화면이 바뀌었네요.',
  '지난달에 카드를 새로 발급받았습니다.',
  '확인 부탁드립니다.',
];

const CYRILLIC: Readonly<Record<string, string>> = {
  a: 'а',
  e: 'е',
  o: 'о',
  p: 'р',
  c: 'с',
  x: 'х',
  y: 'у',
  i: 'і',
};

const INITIALS = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'];
const VOWELS = [...'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'];
const FINALS = ['', ...'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'];

function keyboardJamo(syllable: string): string {
  const code = syllable.charCodeAt(0) - 0xac00;
  return INITIALS[Math.floor(code / 588)]! + VOWELS[Math.floor(code / 28) % 21]! + FINALS[code % 28]!;
}

/** Another vowel or no final consonant: what a thumb does on a phone. */
function neighbour(syllable: string, random: () => number): string {
  const code = syllable.charCodeAt(0) - 0xac00;
  const [initial, vowel, final] = [Math.floor(code / 588), Math.floor(code / 28) % 21, code % 28];
  return random() < 0.5
    ? String.fromCharCode(0xac00 + (initial * 21 + ((vowel + 1) % 21)) * 28 + final)
    : String.fromCharCode(0xac00 + (initial * 21 + vowel) * 28);
}

function pick<T>(from: ArrayLike<T>, random: () => number): T {
  return from[Math.floor(random() * from.length)]!;
}
