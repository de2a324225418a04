import { splitSentences } from '../../text/sentences.js';
import { readingsOf, type Reading } from '../readings.js';

/** From this length on the sentences of a message are judged by themselves too: what is asked in one of them drowns in the others. */
const LONG = 100;
/**
 * Longer ones are judged as a whole alone: read once more sentence by sentence they would be late (`bench/second-tier.mjs`), and nothing of
 * them judged.
 */
const TOO_LONG = 500;
/** Shorter sentences are courtesies. */
const SHORTEST = 8;
/** Texts that are judged for one message, so that a long one costs no more than its time-out. */
const MOST = 8;

/**
 * What of a message the classifier reads: the whole as it stands (always the first), the whole without its disguises and what its base64
 * says, and of what is long each sentence, or runs of sentences where there are many.
 */
export function unitsOf(text: string): string[] {
  const others = readingsOf(text).slice(1).filter(isAnother);
  const whole = [text, ...others.map(({ source }) => source.text)].slice(0, MOST);
  const parts = whole.filter(({ length }) => length > LONG && length <= TOO_LONG).flatMap((each) => runsOf(splitSentences(each), MOST - whole.length));
  return [...new Set([...whole, ...parts])].slice(0, MOST);
}

/** An edit or two in a long message are no disguise (미이용 looks drawn out), and reading it twice costs as much again. */
function isAnother({ source, edited }: Reading): boolean {
  return !edited || edited.reduce((edits, edit) => edits + edit, 0) * 40 >= source.text.length;
}

/** At most so many texts of sentences that follow one another. */
function runsOf(sentences: readonly string[], most: number): string[] {
  const spoken = sentences.filter((sentence) => sentence.length >= SHORTEST);
  if (spoken.length < 2 || most < 2) return [];
  const size = Math.ceil(spoken.length / most);
  return Array.from({ length: Math.ceil(spoken.length / size) }, (_, run) =>
    spoken.slice(run * size, (run + 1) * size).join(' '),
  );
}
