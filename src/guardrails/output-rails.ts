import { normalise } from '../text/normalise.js';
import { standsVerbatim, ungroundedFacts } from './grounding.js';
import type { OutputClassifier } from './output-classifier/output-classifier.js';
import { statementsOf } from './output-classifier/statements.js';
import { oddFigures } from './odd-figures.js';
import { omissionsOf, type Omission } from './omissions.js';
import type { PhoneRegistry } from './phones.js';
import type { PolicyFinding } from './policy.js';
import type { RuleSet } from './rules.js';

/** What one sentence of an answer is checked against. */
export interface OutputContext {
  /** Texts that carry its facts; without them grounding is not judged. */
  sources?: readonly string[];
  /** The customer's question, masked. */
  question?: string;
  /** Instructions that must not come out again. */
  promptText?: string;
  /** Whether the sentence must be a whole sentence of a source: all that a small model may say. */
  verbatim?: boolean;
}

/** `text` is what may go out; empty where it is withheld. */
export interface OutputVerdict {
  action: 'pass' | 'rewrite' | 'withhold';
  text: string;
  findings: PolicyFinding[];
  rulesVersion: string;
}

export interface OmittedCondition extends Omission {
  /** On the sentence of the answer that lacks it. */
  finding: PolicyFinding;
}

/**
 * The last check of a sentence before it goes out: leaks, rules (promises, returns, profanity, competitors), and whether the
 * sources carry what it says. Personal data was masked before.
 */
export class OutputRails {
  readonly #prompts = new Map<string, Instructions>();

  constructor(
    private readonly rules: RuleSet,
    private readonly phones: PhoneRegistry,
    /** A second opinion on what no approved source says word for word. */
    private readonly classifier: OutputClassifier,
  ) {}

  /** How long the check of one sentence may take, milliseconds. */
  get timeout(): number {
    return this.rules.settings.timeouts.output;
  }

  get version(): string {
    return `${this.rules.version}+${this.classifier.version}`;
  }

  check(sentence: string, context: OutputContext = {}): OutputVerdict {
    const sources = context.sources ?? [];
    const fromSource = sources.some((source) => standsVerbatim(sentence, source));
    const broken = this.#brokenRules(sentence, fromSource);
    const findings = [
      ...this.#leak(sentence, context.promptText),
      ...broken,
      ...(context.sources ? this.#ungrounded(sentence, sources, context.question) : []),
      ...(context.sources && !fromSource ? this.#odd(sentence, sources) : []),
      ...(broken.length === 0 && !fromSource ? this.#secondOpinion(sentence) : []),
      ...(context.verbatim && !fromSource ? [whole('OUT_UNGROUNDED', 'not-verbatim', sentence)] : []),
    ];
    const rulesVersion = this.version;
    if (findings.length === 0) return { action: 'pass', text: sentence, findings, rulesVersion };
    const rewritten = findings.length === broken.length ? this.rules.rule(broken[0]!.rule)?.rewrite : undefined;
    return rewritten === undefined
      ? { action: 'withhold', text: '', findings, rulesVersion }
      : { action: 'rewrite', text: rewritten, findings, rulesVersion };
  }

  /** Conditions that the sources attach to the sentences of a whole answer, and that it leaves out. */
  omissions(answer: readonly string[], { sources = [], question }: OutputContext): OmittedCondition[] {
    return omissionsOf(answer, sources, question).map((omission) => ({
      ...omission,
      finding: whole('OUT_OMITTED', 'condition-omitted', answer[omission.said]!),
    }));
  }

  /** People approved the sentences of the sources, so that only the hardest rules hold for them too. */
  #brokenRules(sentence: string, fromSource: boolean): PolicyFinding[] {
    const { act, hard } = this.rules.settings;
    return this.rules.findings('output', sentence).filter(({ score }) => score >= (fromSource ? hard : act));
  }

  /** On the whole, and on each statement in it. */
  #secondOpinion(sentence: string): PolicyFinding[] {
    const found = statementsOf(sentence)
      .flatMap((text) => this.classifier.finding(text) ?? [])
      .sort((a, b) => b.score - a.score)[0];
    return found ? [{ ...found, start: 0, end: sentence.length }] : [];
  }

  #odd(sentence: string, sources: readonly string[]): PolicyFinding[] {
    return oddFigures(sentence, sources).map(({ start, end }) => ({
      category: 'OUT_UNGROUNDED',
      rule: 'odd-figure',
      score: 1,
      start,
      end,
    }));
  }

  #ungrounded(sentence: string, sources: readonly string[], question: string | undefined): PolicyFinding[] {
    return ungroundedFacts(sentence, sources, this.phones, question).map(({ kind, start, end }) => ({
      category: 'OUT_UNGROUNDED',
      rule: `fact-${kind.toLowerCase().replace('_', '-')}`,
      score: 1,
      start,
      end,
    }));
  }

  /** A run of `leakLength` characters of the instructions, or a whole sentence that stands in them. */
  #leak(sentence: string, promptText: string | undefined): PolicyFinding[] {
    if (promptText === undefined) return [];
    const length = this.rules.settings.leakLength;
    const { text, runs } = this.#instructions(promptText, length);
    const said = compact(sentence);
    const leaks =
      (said.length >= SHORTEST_LEAK && text.includes(said)) ||
      Array.from({ length: Math.max(0, said.length - length + 1) }).some((_, at) => runs.has(said.slice(at, at + length)));
    return leaks ? [whole('OUT_LEAK', 'prompt', sentence)] : [];
  }

  #instructions(promptText: string, length: number): Instructions {
    const known = this.#prompts.get(promptText);
    if (known) return known;
    const text = compact(promptText);
    const runs = new Set<string>();
    for (let at = 0; at + length <= text.length; at++) runs.add(text.slice(at, at + length));
    this.#prompts.set(promptText, { text, runs });
    return { text, runs };
  }
}

/** A sentence of fewer letters says nothing that is the prompt's own. */
const SHORTEST_LEAK = 12;

interface Instructions {
  /** Letters and digits alone. */
  text: string;
  runs: ReadonlySet<string>;
}

function whole(category: PolicyFinding['category'], rule: string, sentence: string): PolicyFinding {
  return { category, rule, score: 1, start: 0, end: sentence.length };
}

function compact(text: string): string {
  return normalise(text).text.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();
}
