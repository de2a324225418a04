import { join } from 'node:path';
import { Classifier } from './classifier.js';
import type { EarlierEmbedders } from '../../models/earlier-embedders.js';
import type { Embedder } from '../../models/embedder.js';
import type { PolicyCategory, PolicyFinding } from '../policy.js';

/** Why the second tier does not judge. */
export type SecondTierAbsence = 'file-missing' | 'other-embedder' | 'embedder-unavailable';

export const CLASSIFIER_FILE = join('classifier', 'rails.bin');
/** Starts the rule id of its findings: `second-tier/ABUSE/threat`. */
const RULE = 'second-tier/';

/**
 * The classifier over the vector of a message: decides what the rules leave open. It says one category at most, and nothing
 * below the threshold of that category.
 */
export class SecondTier {
  constructor(
    private readonly classifier: Classifier | undefined,
    private readonly embedder: Embedder | undefined,
  ) {}

  /**
   * The classifier of a guardrails folder with the embedder that it was trained on: the configured one, else the one that ships with
   * the product. Where the file is missing or broken there is none, and `absence` says so.
   */
  static async load(folder: string, configured: Embedder, others: EarlierEmbedders): Promise<SecondTier> {
    let classifier: Classifier;
    try {
      classifier = Classifier.read(join(folder, CLASSIFIER_FILE));
    } catch {
      return new SecondTier(undefined, configured);
    }
    const { embedder: wanted } = classifier.header;
    return new SecondTier(classifier, configured.id === wanted ? configured : await others.open(wanted));
  }

  /** Of the classifier's file. */
  get version(): string {
    return this.classifier?.version ?? 'none';
  }

  get absence(): SecondTierAbsence | undefined {
    if (!this.classifier) return 'file-missing';
    if (this.embedder?.id !== this.classifier.header.embedder) return 'other-embedder';
    return this.embedder.available ? undefined : 'embedder-unavailable';
  }

  /**
   * What the message is, if the classifier is sure enough: one finding or none.
   * @param text masked
   * @throws AppError `embedder.unavailable`; Error where it is absent.
   */
  async findings(text: string): Promise<PolicyFinding[]> {
    if (!this.classifier || !this.embedder || this.absence) throw new Error(`no second tier: ${this.absence}`);
    const [vector] = await this.embedder.embed([embeddedForm(text)], 'query');
    const judged = judge(this.classifier, text, vector!);
    return judged ? [{ ...judged, start: 0, end: text.length }] : [];
  }
}

/** A message as it is embedded, for the retrieval and for the classifier, so that both share one vector: tokens of masked values say nothing. */
export function embeddedForm(text: string): string {
  return text.replace(MASK_TOKEN, ' ').replace(/\s+/g, ' ').trim();
}

const MASK_TOKEN = /\[(?:[가-힣A-Z]+(?:#\d+)?|삭제)\]/g;

/**
 * The likeliest category, by the probability that the message is any but a harmless one, if that reaches the category's threshold.
 * OFF_TOPIC is harmless beside the others.
 */
export function judge(
  classifier: Classifier,
  text: string,
  vector: Float32Array,
): { category: PolicyCategory; rule: string; score: number } | undefined {
  const { label, category, score } = likeliest(classifier.probabilities(text, vector));
  const threshold = classifier.header.thresholds[category];
  if (threshold === undefined || score < threshold) return undefined;
  return { category: category as PolicyCategory, rule: `${RULE}${label}`, score: Math.round(score * 1_000) / 1_000 };
}

export function likeliest(probabilities: ReadonlyMap<string, number>): {
  label: string;
  category: string;
  score: number;
} {
  const byCategory = Map.groupBy(probabilities, ([label]) => categoryOf(label));
  const sums = [...byCategory].map(([category, members]) => ({
    category,
    label: members.reduce((best, member) => (member[1] > best[1] ? member : best))[0],
    sum: members.reduce((total, [, share]) => total + share, 0),
  }));
  const harmful = sums.filter(({ category }) => category !== 'NONE');
  const { category, label, sum } = harmful.reduce((best, candidate) => (candidate.sum > best.sum ? candidate : best));
  const others = harmful.reduce((total, each) => (each.category === 'OFF_TOPIC' ? total : total + each.sum), 0);
  return { label, category, score: category === 'OFF_TOPIC' ? sum : others };
}

/** `ABUSE` of `ABUSE/threat`. */
export function categoryOf(label: string): string {
  return label.split('/')[0]!;
}

/** The variant in a rule id of the second tier: `threat` of `second-tier/ABUSE/threat`. */
export function variantIn(rule: string): string | undefined {
  return rule.startsWith(RULE) ? rule.split('/')[2] : undefined;
}
