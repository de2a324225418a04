import { readFileSync } from 'node:fs';
import type { PiiType } from '../../src/privacy/types.ts';

/** An expected span; offsets in UTF-16 units of its turn, end exclusive. `turn` is 0 where there is one message. */
export interface Labelled {
  turn: number;
  start: number;
  end: number;
  type: PiiType;
}

export interface Example {
  turns: string[];
  spans: Labelled[];
}

/**
 * The examples of a labelled set. `*.jsonl`: `{text,spans}` or `{turns,spans}` a line. `*.txt`: the text itself with its
 * values marked as `{TYPE:value}`, one example a line (`\n` is a line end), or several lines with `---` between two examples.
 */
export function readExamples(path: string): Example[] {
  const content = readFileSync(path, 'utf8');
  if (path.endsWith('.jsonl')) return content.split('\n').filter(Boolean).map(parseJson);
  const blocks = content.split(/^---\n/m);
  if (blocks.length > 1) return blocks.map((block) => parseMarked(block.trimEnd()));
  return content
    .split('\n')
    .filter(Boolean)
    .map((line) => parseMarked(line.replaceAll('\\n', '\n')));
}

/** A prediction is right when its type agrees and the spans share at least half of their union. */
export function agrees(expected: Labelled, found: Labelled): boolean {
  if (expected.type !== found.type || expected.turn !== found.turn) return false;
  const shared = Math.min(expected.end, found.end) - Math.max(expected.start, found.start);
  return shared / (Math.max(expected.end, found.end) - Math.min(expected.start, found.start)) >= 0.5;
}

function parseJson(line: string): Example {
  const { text, turns, spans } = JSON.parse(line) as {
    text: string;
    turns?: string[];
    spans: (Omit<Labelled, 'turn'> & { turn?: number })[];
  };
  return { turns: turns ?? [text], spans: spans.map((span) => ({ turn: 0, ...span })) };
}

function parseMarked(marked: string): Example {
  const spans: Labelled[] = [];
  let text = '';
  for (const [, before = '', type, value = ''] of marked.matchAll(/([^{]*)(?:\{([A-Z_]+):([^}]*)\}|$)/g)) {
    text += before;
    if (type === undefined) continue;
    spans.push({ turn: 0, start: text.length, end: text.length + value.length, type: type as PiiType });
    text += value;
  }
  return { turns: [text], spans };
}
