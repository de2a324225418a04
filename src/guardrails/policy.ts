/** What a customer's message or a retrieved passage can be; meanings and actions: docs of the policy, guardrails/rules/. */
export const INPUT_CATEGORIES = [
  'CRISIS',
  'FRAUD_VICTIM',
  'SECRET',
  'ILLEGAL',
  'INJECTION',
  'PROMPT_LEAK',
  'THIRD_PARTY',
  'INVEST_ADVICE',
  'LEGAL_TAX',
  'COMPETITOR',
  'ABUSE',
  'OFF_TOPIC',
  // Beside the policy's own: the customer asks for a person; greets or thanks.
  'HANDOFF',
  'GREETING',
  'NUMERIC_FACT',
] as const;

/** What can be wrong with a sentence of an answer. */
export const OUTPUT_CATEGORIES = [
  'OUT_PROMISE',
  'OUT_DEFINITIVE_RETURN',
  'OUT_UNGROUNDED',
  'OUT_OMITTED',
  'OUT_LEAK',
  'OUT_PROFANITY',
  'OUT_COMPETITOR',
  'OUT_NOTICE',
] as const;

export const POLICY_CATEGORIES = [...INPUT_CATEGORIES, ...OUTPUT_CATEGORIES] as const;
export type InputCategory = (typeof INPUT_CATEGORIES)[number];
export type PolicyCategory = (typeof POLICY_CATEGORIES)[number];

/** One hit of one rule. `start` and `end` are UTF-16 offsets of the original text, `end` exclusive; `score` is 0 to 1. */
export interface PolicyFinding {
  category: PolicyCategory;
  rule: string;
  score: number;
  start: number;
  end: number;
}

/**
 * Which of several findings decides, the smaller first: crisis before fraud before threats, and so on down to a mere mark.
 * ABUSE stands in it twice: with a threat or sexual content near the top, plain profanity near the bottom.
 */
export function precedence(category: PolicyCategory, variant: string | undefined): number {
  const place = INPUT_CATEGORIES.indexOf(category as InputCategory);
  return category === 'ABUSE' && isGraveAbuse(variant) ? INPUT_CATEGORIES.indexOf('FRAUD_VICTIM') + 0.5 : place;
}

/** Threats and sexual harassment go to the supervisor's queue; other abuse gets a warning. */
export function isGraveAbuse(variant: string | undefined): boolean {
  return variant === 'threat' || variant === 'sexual';
}
