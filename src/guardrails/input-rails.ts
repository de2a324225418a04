import { isGraveAbuse, precedence, type PolicyCategory, type PolicyFinding } from './policy.js';
import { RuleSet } from './rules.js';
import { variantIn, type SecondTier } from './second-tier/second-tier.js';

/** What is done about a message. `mask` is never decided here: personal data is found by the privacy room. */
export type InputAction = 'pass' | 'mask' | 'fixed' | 'refuse' | 'handoff';

/** The verdict on one message. `category` is the one that decides, by the order of the policy; findings name every one that applies. */
export interface InputVerdict {
  action: InputAction;
  category?: PolicyCategory;
  /** Which text or action inside the category: `cash`, `goods`, `threat`, `sexual`. */
  variant?: string;
  findings: PolicyFinding[];
  rulesVersion: string;
}

/**
 * `late`: the second tier failed or took too long, and the first tier's verdict stands. `absent`: there is none; then nothing is
 * generated (docs/second-tier.md).
 */
export type JudgedVerdict = InputVerdict & { secondTier: 'judged' | 'not-needed' | 'late' | 'absent' };

/** How long the second tier may take, milliseconds (policy: 150). */
const SECOND_TIER_MS = 150;

/**
 * What a customer's message is. First tier: rules alone, no model, the same verdict for the same text. Second tier: a classifier that
 * decides what the rules leave open; where it is absent, late or fails, the first tier's verdict stands.
 */
export class InputRails {
  constructor(
    private readonly rules: RuleSet,
    private readonly secondTier?: SecondTier,
    private readonly secondTierMs = SECOND_TIER_MS,
  ) {}

  /** Rules and, if there is one, the classifier: every verdict carries both. */
  get version(): string {
    return this.secondTier ? `${this.rules.version}+${this.secondTier.version}` : this.rules.version;
  }

  /** How long the first tier may take, milliseconds. */
  get timeout(): number {
    return this.rules.settings.timeouts.input;
  }

  /** The first tier alone. */
  check(text: string): InputVerdict {
    return this.#verdict(this.rules.findings('input', text));
  }

  /**
   * Both tiers. Crisis and fraud that the rules found are not kept waiting for the second.
   * @param earlier the customer's messages before, oldest first: a request that is split over them is found where they meet
   * @param alone the first tier's verdict on the message, where it is known
   */
  async judge(text: string, earlier: readonly string[] = [], alone = this.check(text)): Promise<JudgedVerdict> {
    const first = this.#verdict([...alone.findings, ...this.#straddling(earlier, text)]);
    if (first.category === 'CRISIS' || first.category === 'FRAUD_VICTIM') return { ...first, secondTier: 'not-needed' };
    if (!this.secondTier || this.secondTier.absence) return { ...first, secondTier: 'absent' };
    const second = await inTime(this.secondTier.findings(text), this.secondTierMs);
    if (!second) return { ...first, secondTier: 'late' };
    const asked = first.category === 'HANDOFF' || first.category === 'GREETING';
    const added = second.filter(
      ({ category }) =>
        !(asked && category === 'OFF_TOPIC') && !first.findings.some((finding) => finding.category === category && this.#acts(finding)),
    );
    return { ...this.#verdict([...first.findings, ...added]), secondTier: 'judged' };
  }

  /** What the rules find across this message and those before it, and in none alone, of the categories that people split up. */
  #straddling(earlier: readonly string[], text: string): PolicyFinding[] {
    // Whoever has ended a sentence has not split it: what comes next is another request.
    const open = earlier.slice(earlier.findLastIndex((message) => FINISHED.test(message)) + 1);
    if (open.length === 0) return [];
    const before = `${open.slice(-SPLIT_MESSAGES).join(' ').slice(-SPLIT_CHARACTERS)} `;
    return this.rules
      .findings('input', before + text.slice(0, SPLIT_CHARACTERS))
      .filter(({ category, start, end }) => SPLIT.has(category) && start < before.length && end > before.length)
      .map((finding) => ({ ...finding, start: 0, end: finding.end - before.length }));
  }

  #verdict(findings: PolicyFinding[]): InputVerdict {
    const deciding = this.#deciding(findings);
    if (!deciding) return { action: 'pass', findings, rulesVersion: this.version };
    const variant = this.#variant(deciding);
    return {
      action: actionFor(deciding.category, variant),
      category: deciding.category,
      ...(variant === undefined ? {} : { variant }),
      findings,
      rulesVersion: this.version,
    };
  }

  #deciding(findings: readonly PolicyFinding[]): PolicyFinding | undefined {
    const rank = (finding: PolicyFinding): number => precedence(finding.category, this.#variant(finding));
    const specific = (finding: PolicyFinding): number => (this.#variant(finding) === undefined ? 1 : 0);
    return findings
      .filter((finding) => this.#acts(finding))
      .toSorted((a, b) => rank(a) - rank(b) || specific(a) - specific(b) || b.score - a.score)[0];
  }

  /** The second tier has thresholds of its own. */
  #acts({ rule, score }: PolicyFinding): boolean {
    return this.rules.rule(rule) === undefined || score >= this.rules.settings.act;
  }

  #variant({ rule }: PolicyFinding): string | undefined {
    return this.rules.rule(rule)?.variant ?? variantIn(rule);
  }
}

/** Messages before this one, and characters on each side of the border, that are read together. */
const SPLIT_MESSAGES = 3;
const SPLIT_CHARACTERS = 200;
const FINISHED = /[.?!…。？！][\s"'”’)\]]*$/u;
const SPLIT: ReadonlySet<PolicyCategory> = new Set(['INJECTION', 'PROMPT_LEAK', 'ILLEGAL']);

/** Undefined where it fails or takes longer than `ms`. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function actionFor(category: PolicyCategory, variant: string | undefined): InputAction {
  switch (category) {
    case 'CRISIS':
    case 'FRAUD_VICTIM':
    case 'PROMPT_LEAK':
    case 'OFF_TOPIC':
      return 'fixed';
    case 'INJECTION':
    case 'THIRD_PARTY':
    case 'ILLEGAL':
      return 'refuse';
    case 'ABUSE':
      return isGraveAbuse(variant) ? 'handoff' : 'pass';
    default:
      return 'pass';
  }
}
