import { splitSentences } from '../text/sentences.js';

/** Sentences that a small model chooses from: more make it slow (0.3 s each on two cores) and no righter. */
const MOST_SENTENCES = 12;
/** Sentences of one answer. */
const MOST_CHOSEN = 5;

/** The sentences of the sources, best source first. */
export function sentencesToChooseFrom(sources: readonly string[]): string[] {
  return sources
    .flatMap((source) => splitSentences(source))
    .map((sentence) => sentence.trim())
    .slice(0, MOST_SENTENCES);
}

/**
 * Turns the numbers that a model writes (`3, 1`) into the sentences that they stand for, each once and as soon as its number
 * is complete. Anything else that it writes means nothing. `0` first: none of them answers.
 */
export async function* chosenSentences(
  chunks: AsyncIterable<string>,
  sentences: readonly string[],
): AsyncGenerator<string> {
  const chosen = new Set<number>();
  for await (const number of numbers(chunks)) {
    if (number === 0 && chosen.size === 0) return;
    const sentence = sentences[number - 1];
    if (sentence === undefined || chosen.has(number)) continue;
    chosen.add(number);
    yield `${sentence} `;
    if (chosen.size === MOST_CHOSEN) return;
  }
}

async function* numbers(chunks: AsyncIterable<string>): AsyncGenerator<number> {
  let digits = '';
  for await (const chunk of chunks)
    for (const char of chunk) {
      if (char >= '0' && char <= '9') digits += char;
      else if (digits !== '') {
        yield Number(digits);
        digits = '';
      }
    }
  if (digits !== '') yield Number(digits);
}
