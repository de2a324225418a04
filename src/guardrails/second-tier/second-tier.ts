import { join } from 'node:path';
import { Classifier } from './classifier.js';
import type { EarlierEmbedders } from '../../models/earlier-embedders.js';
import type { Embedder, QueryReading } from '../../models/embedder.js';
import type { PolicyCategory, PolicyFinding } from '../policy.js';
import { unitsOf } from './units.js';

/** Why the second tier does not judge. */
export type SecondTierAbsence = 'file-missing' | 'other-embedder' | 'embedder-unavailable';

export const CLASSIFIER_FILE = join('classifier', 'rails.bin');
/** Starts the rule id of its findings: `second-tier/ABUSE/threat`. */
const RULE = 'second-tier/';

/**
 * The classifier over what the embedder reads in a message: decides what the rules leave open. It says one category at most, and nothing
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
   * What the message is, if the classifier is sure enough of it or of a part of it: one finding or none. The whole message is read once for
   * the classifier and for the retrieval.
   * @param text masked
   * @throws AppError `embedder.unavailable`; Error where it is absent.
   */
  async findings(text: string): Promise<PolicyFinding[]> {
    if (!this.classifier || !this.embedder || this.absence) throw new Error(`no second tier: ${this.absence}`);
    const { embedder, classifier } = this;
    const texts = unitsOf(text);
    // Each in a run of its own: in a batch the sentences would be padded to the length of the whole, and wait behind bulk work.
    const readings = await Promise.all(texts.map((unit) => embedder.read([embeddedForm(unit)])));
    const units = texts.map((unit, at) => ({ text: unit, layers: layersOf(readings[at]![0]!) }));
    const judged = judgeUnits(classifier, units);
    return judged ? [{ ...judged, start: 0, end: text.length }] : [];
  }
}

/** A message as it is embedded, for the retrieval and for the classifier, so that both share one vector: tokens of masked values say nothing. */
export function embeddedForm(text: string): string {
  return text.replace(MASK_TOKEN, ' ').replace(/\s+/g, ' ').trim();
}

const MASK_TOKEN = /\[(?:[가-힣A-Z]+(?:#\d+)?|삭제)\]/g;

/** A text of a message with what the embedder's layers make of it. */
export interface Unit {
  text: string;
  layers: Float32Array;
}

export function layersOf({ layers }: QueryReading): Float32Array {
  if (!layers) throw new Error('an embedder without layers');
  return layers;
}

/** The surest of what the classifier finds in the texts of one message. */
export function judgeUnits(classifier: Classifier, units: readonly Unit[]): Judgement | undefined {
  const found = units.flatMap(({ text, layers }) => judge(classifier, text, layers) ?? []);
  return found.sort((a, b) => b.score - a.score)[0];
}

export interface Judgement {
  category: PolicyCategory;
  rule: string;
  /** Probability, from 0 to 1. */
  score: number;
}

/**
 * The likeliest category, by the probability that the message is any but a harmless one, if that reaches the category's threshold.
 * OFF_TOPIC is harmless beside the others.
 */
export function judge(classifier: Classifier, text: string, layers: Float32Array): Judgement | undefined {
  const { label, category, score } = likeliest(classifier.probabilities(text, layers));
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
