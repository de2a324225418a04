import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { AppError } from '../config/app-error.js';

/**
 * A YAML file of guardrails/ that is read value by value; what does not fit becomes an AppError `rules.invalid` that
 * names the file and the line.
 */
export class YamlFile {
  readonly root: YamlNode;

  constructor(folder: string, name: string) {
    const label = join(basename(folder), name);
    const lines = new LineCounter();
    const document = parseDocument(read(join(folder, name), label), { lineCounter: lines });
    const place = (offset: number): string => `${label}:${lines.linePos(offset).line}`;
    const error = document.errors[0];
    if (error) throw invalid(place(error.pos[0]), error.message.split('\n')[0]!);
    if (!document.contents) throw invalid(place(0), 'a map');
    this.root = new YamlNode(document.contents, place, document);
  }
}

/** One value of a YAML file. The readers return it as the type asked for or throw. */
export class YamlNode {
  constructor(
    private readonly node: Node,
    private readonly place: (offset: number) => string,
    private readonly document: Document,
  ) {}

  /** An alias (`*name`) reads as what it points to. */
  private child(node: Node): YamlNode {
    const target = isAlias(node) ? (node.resolve(this.document) ?? node) : node;
    return new YamlNode(target, this.place, this.document);
  }

  fail(expected: string): never {
    throw invalid(this.place(this.node.range?.[0] ?? 0), expected);
  }

  get(key: string): YamlNode | undefined {
    if (!isMap(this.node)) return this.fail('a map');
    const child = this.node.get(key, true);
    return isNode(child) ? this.child(child) : undefined;
  }

  need(key: string): YamlNode {
    return this.get(key) ?? this.fail(`a value for ${key}`);
  }

  entries(): [string, YamlNode][] {
    if (!isMap(this.node)) return this.fail('a map');
    return this.node.items.map((pair) => {
      const name = isScalar(pair.key) ? String(pair.key.value) : this.fail('a plain key');
      return [name, isNode(pair.value) ? this.child(pair.value) : this.fail(`a value for ${name}`)];
    });
  }

  /** A list with at least one entry. */
  list(): YamlNode[] {
    if (!isSeq(this.node) || this.node.items.length === 0) return this.fail('a list with at least one entry');
    return this.node.items.map((item) => (isNode(item) ? this.child(item) : this.fail('a value')));
  }

  strings(): string[] {
    return this.list().map((item) => item.string());
  }

  string(): string {
    const value = isScalar(this.node) ? this.node.value : undefined;
    return typeof value === 'string' && value !== '' ? value : this.fail('a text (in quotes where it looks like a number)');
  }

  number(low: number, high: number): number {
    const value = isScalar(this.node) ? this.node.value : undefined;
    return typeof value === 'number' && value >= low && value <= high ? value : this.fail(`a number from ${low} to ${high}`);
  }

  oneOf<const T extends string>(choices: readonly T[]): T {
    const value = this.string();
    return choices.find((choice) => choice === value) ?? this.fail(`one of ${choices.join(', ')} instead of ${value}`);
  }
}

function read(path: string, label: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw AppError.of('rules.invalid', { file: label, expected: 'a file that can be read' }, { cause: error });
  }
}

function invalid(place: string, expected: string): AppError {
  return AppError.of('rules.invalid', { file: place, expected });
}
