import { isGraveAbuse, precedence, type PolicyCategory, type PolicyFinding } from './policy.js';
import { RuleSet } from './rules.js';

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
 * First tier on customers' messages: rules alone, no model, the same verdict for the same text.
 * A second tier decides what stays open here: where `category` is undefined or findings stand below the acting score.
 */
export class InputRails {
  constructor(private readonly rules: RuleSet) {}

  check(text: string): InputVerdict {
    const findings = this.rules.findings('input', text);
    const deciding = this.deciding(findings);
    const rulesVersion = this.rules.version;
    if (!deciding) return { action: 'pass', findings, rulesVersion };
    const variant = this.rules.rule(deciding.rule)?.variant;
    return {
      action: actionFor(deciding.category, variant),
      category: deciding.category,
      ...(variant === undefined ? {} : { variant }),
      findings,
      rulesVersion,
    };
  }

  private deciding(findings: readonly PolicyFinding[]): PolicyFinding | undefined {
    const rank = (finding: PolicyFinding): number => precedence(finding.category, this.rules.rule(finding.rule)?.variant);
    const specific = (finding: PolicyFinding): number => (this.rules.rule(finding.rule)?.variant === undefined ? 1 : 0);
    return findings
      .filter((finding) => finding.score >= this.rules.settings.act)
      .toSorted((a, b) => rank(a) - rank(b) || specific(a) - specific(b) || b.score - a.score)[0];
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
