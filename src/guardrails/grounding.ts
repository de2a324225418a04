import { extractFacts, type Fact } from '../text/facts.js';
import { splitSentences } from '../text/sentences.js';
import type { PhoneRegistry } from './phones.js';

/** What a source says, read once: the same exemplars recur all day. */
interface SourceReading {
  facts: ReadonlySet<string>;
  sentences: ReadonlySet<string>;
}

/** Sources of an afternoon's questions; a few kilobytes each. */
const CACHED_SOURCES = 2_000;
const readings = new Map<string, SourceReading>();

/**
 * The typed facts of a sentence that no source carries. A telephone number must stand in the registry, whatever the sources say.
 * Numbers of the question are no evidence, but for an amount, period or date that is spoken of as the customer's own words.
 */
export function ungroundedFacts(
  sentence: string,
  sources: readonly string[],
  phones: PhoneRegistry,
  question?: string,
): Fact[] {
  const quoted = question !== undefined && QUOTING.test(sentence) ? readingOf(question).facts : undefined;
  return extractFacts(sentence).filter((fact) => {
    if (fact.kind === 'PHONE') return !phones.has(fact.value);
    const key = keyOf(fact);
    if (sources.some((source) => readingOf(source).facts.has(key))) return false;
    return !(quoted?.has(key) && QUOTABLE.has(fact.kind));
  });
}

/** Whether the sentence is a whole sentence of the source; white space and end marks do not count. */
export function standsVerbatim(sentence: string, source: string): boolean {
  return readingOf(source).sentences.has(bare(sentence));
}

/** `월 1회`, `월 1만원까지`: once or so much in a month, which an answer may say as 한 달에. */
const MONTHLY = /(?<![가-힣\d])월 ?(?:최대 |최고 )?(?=[\d한두일])/u;
const QUOTING = /말씀하신|문의하신/;
const QUOTABLE: ReadonlySet<Fact['kind']> = new Set(['AMOUNT', 'PERIOD', 'DATE']);

function keyOf({ kind, value }: Fact): string {
  return `${kind}:${value}`;
}

function readingOf(source: string): SourceReading {
  const known = readings.get(source);
  if (known) {
    // Most recently used last: the first key is the one to drop.
    readings.delete(source);
    readings.set(source, known);
    return known;
  }
  const reading = {
    facts: new Set([...extractFacts(source).map(keyOf), ...(MONTHLY.test(source) ? ['PERIOD:P1M'] : [])]),
    sentences: new Set(splitSentences(source).map(bare)),
  };
  readings.set(source, reading);
  if (readings.size > CACHED_SOURCES) readings.delete(readings.keys().next().value!);
  return reading;
}

function bare(sentence: string): string {
  return sentence
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .replace(/^[\s"'“”‘’·-]+|[\s"'“”‘’.!?…]+$/gu, '');
}
