/** The public sets of this folder, parsed. Where they are from and what they may be used for: README.md. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** 333 English jailbreak prompts as they were posted. */
export function jailbreaks(): string[] {
  return read('jailbreaks-en.jsonl').trim().split('\n').map((line) => (JSON.parse(line) as { text: string }).text);
}

/** 75 instructions as they are hidden in documents for a model to follow, of 15 kinds (BIPIA's attacks on text, its training part). */
export function indirectInjections(): string[] {
  return Object.values(JSON.parse(read('indirect-injection-en.json')) as Record<string, string[]>).flat();
}

/** Prompts that must be answered though they hold a dangerous word (`safe`), and their unsafe twins. */
export function overRefusal(): { safe: string[]; unsafe: string[] } {
  const rows = parse(read('over-refusal-en.csv'), { columns: true }) as { label: string; prompt: string }[];
  const texts = (label: string): string[] => rows.filter((row) => row.label === label).map(({ prompt }) => prompt);
  return { safe: texts('safe'), unsafe: texts('unsafe') };
}

/** Comments of Korean forums. The word list was chosen with the first half in view; figures are of the second. */
export function comments(half: 'first' | 'second'): { text: string; abusive: boolean }[] {
  const lines = read('curse-ko.txt').split('\n').filter(Boolean);
  const middle = Math.floor(lines.length / 2);
  return (half === 'first' ? lines.slice(0, middle) : lines.slice(middle)).map((line) => {
    const bar = line.lastIndexOf('|');
    return { text: line.slice(0, bar), abusive: line.slice(bar + 1).trim() === '1' };
  });
}

/** F1 with its parts over pairs of what was found and what is so. */
export function f1(pairs: readonly { found: boolean; is: boolean }[]): { precision: number; recall: number; f1: number } {
  const count = (found: boolean, is: boolean): number => pairs.filter((pair) => pair.found === found && pair.is === is).length;
  const hits = count(true, true);
  const precision = hits / Math.max(1, hits + count(true, false));
  const recall = hits / Math.max(1, hits + count(false, true));
  return { precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}
