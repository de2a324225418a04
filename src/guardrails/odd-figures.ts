import { extractFacts } from '../text/facts.js';

/** A figure in a spelling in which no fact is read. */
export interface OddFigure {
  start: number;
  end: number;
}

/** A particle or the end of the word. */
const BEHIND =
  '(?=[^가-힣]|$|은|는|이|가|을|를|의|에|로|까|부|만|도|과|와|간|동|안|전|후|입|인|씩|마|짜|당|보)';
const UNIT =
  `(?:퍼센트포인트|퍼센트|프로|영업일|개월|시간|분|초|회|번|건|통|장|명|인|개|곳|세|살|년|주|일|원|달러|조|항|호)${BEHIND}`;
const DIGIT = '[공영일이삼사오육칠팔구]';
const NATIVE_TEN = '열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔';
const ENGLISH =
  'one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion';

const SPELLINGS: readonly RegExp[] = [
  // Digits of other scripts: 𝟓, ٣, ５ is folded everywhere. Circled ones in a run or before a unit: ①④개월.
  /(?![0-9０-９])\p{Nd}/gu,
  /[\u2460-\u2473\u2776-\u2793]{2,}|[\u2460-\u2473\u2776-\u2793](?= ?(?:%|원|일|년|개월|영업일|퍼센트|프로|회|번|건|세|명|시|분|만|억|천|백|통|개|순위|등급|주|달|시간|장|인|곳|층|조|항|호|차))/gu,
  // 십일 분, 삼십 점 이오 퍼센트, 칠 회, 십 주; one syllable that is a word as well only where a space parts it from its unit (사 원, 구 회).
  new RegExp(`(?<![가-힣])(?!만일)(?=[가-힣]{0,9}[십백천만억])[일이삼사오육칠팔구십백천만억]{2,10}(?: 점 ${DIGIT}{1,4})? ?${UNIT}`, 'gu'),
  new RegExp(`(?<![가-힣])(?:[육칠팔]|${DIGIT}{1,3} 점 ${DIGIT}{1,4}|(?:십|[백천](?= 점))(?: 점 ${DIGIT}{1,4})?(?! ?분)) ?${UNIT}`, 'gu'),
  new RegExp(`(?<![가-힣])(?:[삼사오구] (?:퍼센트포인트|퍼센트|프로|영업일|개월|시간|회|건|년|주|원)|[일이] (?:퍼센트포인트|퍼센트|영업일|개월|원))${BEHIND}`, 'gu'),
  // 이원으로; 사원, 구원 and 일원 are words.
  /(?<![가-힣])[이삼오]원(?=으로|입니다|이며|이고|이에|씩)/gu,
  // 제구십조.
  /제 ?[일이삼사오육칠팔구십백천]{1,6} ?(?:조|항|호)(?![가-힣]*(?:선|차량))/gu,
  // 아홉 영업일, 열두 퍼센트.
  new RegExp(`(?<![가-힣])(?:(?:${NATIVE_TEN})(?:한|두|세|네)?|(?:${NATIVE_TEN})?(?:다섯|여섯|일곱|여덟|아홉)|[두세네]) ?(?:영업일|퍼센트|프로)`, 'gu'),
  // 일오팔팔에 이삼사오.
  new RegExp(`(?<![가-힣])${DIGIT}{3,4}(?:국에|번에|에|다시|[- .])\\s?${DIGIT}{3,4}`, 'gu'),
  new RegExp(
    `(?<![a-z])(?:${ENGLISH})(?:[ -](?:${ENGLISH}|and)){0,6}[ -](?:percent|per cent|percentage|business|working|days?|weeks?|months?|years?|hours?|minutes?|times|won|dollars?|krw)(?![a-z])`,
    'gi',
  ),
];

/**
 * Figures of a generated sentence that are spelled as no approved text spells them, so that no fact is read from them and nothing could be
 * compared: digits of other scripts, numbers in words. One that stands in a source letter by letter is none.
 */
export function oddFigures(sentence: string, sources: readonly string[]): OddFigure[] {
  const known = extractFacts(sentence);
  return SPELLINGS.flatMap((spelling) => [...sentence.matchAll(spelling)])
    .map(({ 0: written, index }) => ({ written, start: index, end: index + written.length }))
    .filter(({ written, start, end }) => {
      if (known.some((fact) => fact.start < end && fact.end > start)) return false;
      return !sources.some((source) => source.includes(written));
    })
    .map(({ start, end }) => ({ start, end }));
}
