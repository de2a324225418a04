import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { normalise, originalSpan } from '../text/normalise.js';
import { checkWord, compilePattern, PatternError, type Lexicon, type Pattern } from './pattern.js';
import { POLICY_CATEGORIES, type PolicyCategory, type PolicyFinding } from './policy.js';
import { readingsOf } from './readings.js';
import { SCOPES, unitAround, Views, type Scope, type View } from './views.js';
import { YamlFile, type YamlNode } from './yaml-file.js';

export const STAGES = ['input', 'passage', 'output'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * A rule of guardrails/rules/: it fires where one of `any` matches and, in the same unit, all of `all` and none of `unless`; in a whole
 * message an `unless` counts only near the match.
 */
export interface Rule {
  id: string;
  category: PolicyCategory;
  stages: readonly Stage[];
  scope: Scope;
  /** 0 to 1; from `settings.act` on a finding decides, below it is left to a second tier. */
  score: number;
  view: 'both' | 'plain' | 'tight';
  any: readonly Pattern[];
  all: readonly Pattern[];
  unless: readonly Pattern[];
  /** Which fixed text or action inside the category (`cash`, `threat`). */
  variant?: string;
  /** What takes the place of an output sentence that breaks the rule. */
  rewrite?: string;
  /** Texts on which it must and must not fire. */
  match: readonly string[];
  pass: readonly string[];
}

/** Thresholds of guardrails/settings.yaml. */
export interface RuleSettings {
  /** Score from which a finding decides. */
  act: number;
  /** Score from which an output rule holds even for a sentence that stands word for word in an approved source. */
  hard: number;
  /** Characters (without spaces) of prompt text in an answer that count as a leak. */
  leakLength: number;
  /** How long the rules of a stage may take over one text, milliseconds. */
  timeouts: Readonly<Record<Stage, number>>;
}

/**
 * All rules of a folder, compiled and checked against their own examples.
 * `version` is the first 12 hex digits of the SHA-256 over all files of the folder; every verdict carries it.
 */
export class RuleSet {
  private readonly byId: ReadonlyMap<string, Rule>;

  private constructor(
    readonly rules: readonly Rule[],
    readonly lexicon: Lexicon,
    readonly settings: RuleSettings,
    readonly version: string,
  ) {
    this.byId = new Map(rules.map((rule) => [rule.id, rule]));
  }

  /** @throws AppError `rules.invalid` naming the file, the line and what was expected. */
  static load(folder: string): RuleSet {
    const lexicon = readLexicon(new YamlFile(folder, 'lexicon.yaml'));
    const settings = readSettings(new YamlFile(folder, 'settings.yaml'));
    const files = readdirSync(join(folder, 'rules')).filter((name) => name.endsWith('.yaml')).sort();
    const seen = new Set<string>();
    const rules = files.flatMap((name) => readRules(new YamlFile(folder, join('rules', name)), lexicon, seen));
    return new RuleSet(rules, lexicon, settings, contentHash(folder));
  }

  rule(id: string): Rule | undefined {
    return this.byId.get(id);
  }

  /** The findings of every rule of a stage, at most one a rule, in the order of the files. */
  findings(stage: Stage, text: string): PolicyFinding[] {
    const readings = readingsOf(text).map((reading) => new Views(reading.source, reading.edited));
    const findings: PolicyFinding[] = [];
    for (const rule of this.rules) {
      if (!rule.stages.includes(stage)) continue;
      for (const views of readings) {
        const span = fires(rule, views);
        if (!span) continue;
        findings.push({ category: rule.category, rule: rule.id, score: rule.score, ...span });
        break;
      }
    }
    return findings;
  }
}

/** Matches of one pattern that are looked at before an `unless` settles the rule: bounds the work on repetitive text. */
const MAX_TRIES = 12;

type Span = { start: number; end: number };

function fires(rule: Rule, views: Views): Span | undefined {
  if (rule.view !== 'tight') {
    const span = firesOn(rule, views, 'plain');
    if (span || rule.view === 'plain') return span;
  }
  return firesOn(rule, views, 'tight');
}

function firesOn(rule: Rule, views: Views, kind: keyof Pattern): Span | undefined {
  const view = views.view(kind, rule.scope);
  for (const pattern of rule.any) {
    const expression = pattern[kind];
    expression.lastIndex = 0;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const match = expression.exec(view.text);
      if (!match || match[0] === '') break;
      const end = match.index + match[0].length;
      if (views.counts(view, match.index, end, rule.view === 'tight') && holds(rule, view, match.index, end, kind))
        return originalSpan(views.source, view.map[match.index]!, view.map[end - 1]! + 1);
    }
  }
  return undefined;
}

/**
 * Characters on both sides of a match in which an `unless` excuses it, in a rule over the whole message. Further away it speaks of
 * something else: otherwise a paragraph about one's savings would excuse whatever stands behind it.
 */
const NEAR = 100;

function holds(rule: Rule, view: View, start: number, end: number, kind: keyof Pattern): boolean {
  const matches = (text: string) => (pattern: Pattern): boolean => {
    pattern[kind].lastIndex = 0;
    return pattern[kind].test(text);
  };
  const unit = unitAround(view, start);
  if (!rule.all.every(matches(unit))) return false;
  const near = rule.scope === 'message' ? view.text.slice(Math.max(0, start - NEAR), end + NEAR) : unit;
  return !rule.unless.some(matches(near));
}

function readLexicon(file: YamlFile): Lexicon {
  const lists = file.root.entries();
  const lexicon = new Map(lists.map(([name, words]) => [name, words.strings()]));
  // Each word by itself, so that a mistake is reported where it stands and not in a rule that uses the list.
  for (const [, words] of lists) for (const word of words.list()) compiled(word, (source) => checkWord(source, lexicon));
  return lexicon;
}

function readSettings(file: YamlFile): RuleSettings {
  const timeouts = file.root.need('timeouts');
  return {
    act: file.root.need('act').number(0, 1),
    hard: file.root.need('hard').number(0, 1),
    leakLength: file.root.need('leakLength').number(10, 1000),
    timeouts: {
      input: timeouts.need('input').number(1, 10_000),
      passage: timeouts.need('passage').number(1, 10_000),
      output: timeouts.need('output').number(1, 10_000),
    },
  };
}

function readRules(file: YamlFile, lexicon: Lexicon, seen: Set<string>): Rule[] {
  const category = file.root.need('category').oneOf(POLICY_CATEGORIES);
  const stages = file.root.need('stages').list().map((stage) => stage.oneOf(STAGES));
  return file.root.need('rules').list().map((node) => {
    const rule = readRule(node, category, stages, lexicon);
    if (seen.has(rule.id)) node.need('id').fail('an id that no other rule has');
    seen.add(rule.id);
    checkExamples(rule, node);
    return rule;
  });
}

const RULE_KEYS = ['id', 'score', 'scope', 'view', 'variant', 'rewrite', 'any', 'all', 'unless', 'match', 'pass'];

function readRule(node: YamlNode, category: PolicyCategory, stages: readonly Stage[], lexicon: Lexicon): Rule {
  for (const [key, child] of node.entries()) if (!RULE_KEYS.includes(key)) child.fail(`one of ${RULE_KEYS.join(', ')} instead of ${key}`);
  const patterns = (key: string): Pattern[] => node.get(key)?.list().map((pattern) => readPattern(pattern, lexicon)) ?? [];
  const variant = node.get('variant')?.string();
  const rewrite = node.get('rewrite')?.string();
  return {
    id: node.need('id').string(),
    category,
    stages,
    scope: node.get('scope')?.oneOf(SCOPES) ?? 'sentence',
    score: node.need('score').number(0, 1),
    view: node.get('view')?.oneOf(['both', 'plain', 'tight']) ?? 'both',
    any: node.need('any').list().map((pattern) => readPattern(pattern, lexicon)),
    all: patterns('all'),
    unless: patterns('unless'),
    ...(variant === undefined ? {} : { variant }),
    ...(rewrite === undefined ? {} : { rewrite }),
    match: node.need('match').strings(),
    pass: node.need('pass').strings(),
  };
}

function readPattern(node: YamlNode, lexicon: Lexicon): Pattern {
  return compiled(node, (source) => compilePattern(source, lexicon));
}

/** What is wrong with a pattern is reported with the place of the node. */
function compiled<T>(node: YamlNode, compile: (source: string) => T): T {
  try {
    return compile(node.string());
  } catch (error) {
    if (error instanceof PatternError) return node.fail(error.message);
    throw error;
  }
}

function checkExamples(rule: Rule, node: YamlNode): void {
  const firesFor = (text: string): boolean => fires(rule, new Views(normalise(text))) !== undefined;
  for (const [key, expected] of [['match', true], ['pass', false]] as const)
    for (const example of node.need(key).list())
      if (firesFor(example.string()) !== expected)
        example.fail(`rule ${rule.id} to ${expected ? 'fire' : 'stay silent'} on its own example`);
}

function contentHash(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(relative(folder, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 12);
}
