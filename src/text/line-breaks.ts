import type { Normalised } from './normalise.js';
import { keepOnly } from './letter-spacing.js';

/** The text without the line breaks inside words (`분당\n구`); undefined where there are none. */
export function joinBrokenWords(normalised: Normalised): Normalised | undefined {
  const { text } = normalised;
  const isBreak = (at: number) => text[at] === '\n' && /\S/.test(text[at - 1] ?? ' ') && /\S/.test(text[at + 1] ?? ' ');
  const kept = Array.from({ length: text.length }, (_, at) => at).filter((at) => !isBreak(at));
  return kept.length === text.length ? undefined : keepOnly(normalised, kept);
}
