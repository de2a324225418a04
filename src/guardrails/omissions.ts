import { bigrams } from '../text/bigrams.js';
import { extractFacts } from '../text/facts.js';
import { splitSentences } from '../text/sentences.js';

/** A condition or an exception that a source attaches to something that was said, and that was not said. */
export interface Omission {
  /** Index of the sentence of the answer that lacks it. */
  said: number;
  /** Index of the source. */
  source: number;
  /** The source's own sentence that carries it. */
  sentence: string;
}

/**
 * What the sources attach to the sentences of an answer and the answer leaves out: the condition inside the sentence of the source that was
 * retold (…하면, …경우에만, 19세 이상은), and the exception that the source puts right behind it (다만 …, 단, …, 이 경우 …).
 * A condition counts as said where all its figures and half of its character bigrams stand in one sentence of the answer, or in the question
 * of the customer, who need not be told their own case. Both shares were set on the demo bank's exemplars with conditions taken out (evals/policy/omitted.mjs).
 * @param said the sentences of the whole answer, in order
 */
export function omissionsOf(said: readonly string[], sources: readonly string[], question = ''): Omission[] {
  const readings = [...said, question].map((text) => ({ grams: new Set(bigrams(text)), facts: factsOf(text) }));
  const isSaid = (condition: string): boolean => {
    const grams = new Set(bigrams(condition));
    const facts = factsOf(condition);
    return readings.some(
      (read) => facts.isSubsetOf(read.facts) && grams.intersection(read.grams).size >= SAID * grams.size,
    );
  };
  const omissions = new Map<string, Omission>();
  for (const [index, source] of sources.entries()) {
    const sentences = splitSentences(source);
    for (const [at, sentence] of sentences.entries()) {
      const grams = new Set(bigrams(sentence));
      const lacking = readings.slice(0, said.length).findIndex((retold) => isRetold(retold.grams, grams));
      if (lacking === -1) continue;
      const attached = [
        ...(conditionsOf(sentence).some((condition) => !isSaid(condition)) ? [sentence] : []),
        ...exceptionsBehind(sentences, at).filter((exception) => !isSaid(exception)),
      ];
      for (const each of attached) if (!omissions.has(each)) omissions.set(each, { said: lacking, source: index, sentence: each });
    }
  }
  return [...omissions.values()];
}

/** Share of a sentence's bigrams that stand in the source's sentence from which it is a retelling of it. */
const RETOLD = 0.7;
/** Share of a condition's bigrams from which it counts as said. */
const SAID = 0.5;

function isRetold(retold: ReadonlySet<string>, source: ReadonlySet<string>): boolean {
  return retold.size > 0 && retold.intersection(source).size >= RETOLD * retold.size;
}

function factsOf(text: string): Set<string> {
  return new Set(extractFacts(text).map(({ kind, value }) => `${kind}:${value}`));
}

/** What begins so speaks of the sentence before it. */
const EXCEPTION = /^(?:다만|단,|단 |그러나|하지만|예외로|예외적으로|이 경우|그 경우|이때)/;

function exceptionsBehind(sentences: readonly string[], at: number): string[] {
  const end = sentences.findIndex((sentence, index) => index > at && !EXCEPTION.test(sentence));
  return sentences.slice(at + 1, end === -1 ? undefined : end);
}

/** The last word of a condition. */
const CONDITION = /(?:[가-힣]면|경우(?:에|에는|에만|는|만)?|때만|때에만|한해|한하여|한해서),?$/;
/** Words in 면 that are none: purposes and nouns. */
const NO_CONDITION = /(?:려면|화면|서면|방면|측면|반면|전면|대면|도면|이면),?$/;
/** …하시면 됩니다 tells what to do. */
const INSTRUCTION = /^(?:됩|되|돼|된)/;
/** Whom or what a statement is limited to: 만 19세 이상은, 5천만원 미만만. */
const LIMITED = /(?:이상|이하|미만|초과|이내)(?:[가-힣]{0,4}| [가-힣]{1,8})(?:은|는|만),?$/;
/** Where another clause begins. */
const BOUNDARY = /(?:,|[가-힣](?:고|며|지만|으나|거나|므로|니까|어서|아서|해서))$/;

/** The clauses of a sentence that limit the rest of it. */
export function conditionsOf(sentence: string): string[] {
  const conditions: string[] = [];
  let clause: string[] = [];
  const words = sentence.split(/\s+/);
  for (const [at, word] of words.entries()) {
    clause.push(word);
    const isCondition =
      (CONDITION.test(word) && !NO_CONDITION.test(word) && !INSTRUCTION.test(words[at + 1] ?? '')) ||
      LIMITED.test(clause.join(' '));
    if (isCondition) conditions.push(clause.join(' '));
    if (isCondition || BOUNDARY.test(word)) clause = [];
  }
  return conditions;
}
