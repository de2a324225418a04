import { createHmac, randomBytes } from 'node:crypto';
import { normalise } from '../text/normalise.js';
import { PII_TYPES, token, type PiiType } from './types.js';

/**
 * The tokens of one conversation: the same value gets the same number. Values are kept only as keyed hashes whose key
 * dies with the process; T0 values are not kept at all.
 */
export class Pseudonyms {
  private readonly key = randomBytes(32);
  private readonly tokens = new Map<string, string>();
  private readonly names = new Set<string>();
  private readonly counters: Partial<Record<PiiType, number>>;

  /** @param next the number of each type's next token, 1 where it is missing */
  constructor(next: Readonly<Partial<Record<PiiType, number>>> = {}) {
    this.counters = { ...next };
  }

  /** What a restart needs so that no number is given twice. */
  get next(): Partial<Record<PiiType, number>> {
    return { ...this.counters };
  }

  tokenFor(type: PiiType, value: string): string {
    if (PII_TYPES[type].tier === 0) return token(type);
    const identity = this.hash(`${type}:${canonicalValue(type, value)}`);
    const known = this.tokens.get(identity);
    if (known !== undefined) return known;
    const number = this.counters[type] ?? 1;
    this.counters[type] = number + 1;
    const fresh = token(type, number);
    this.tokens.set(identity, fresh);
    return fresh;
  }

  rememberName(name: string): void {
    this.names.add(this.hash(name));
  }

  /** Undefined while no name is known, so that nothing is hashed in vain. */
  get isKnownName(): ((word: string) => boolean) | undefined {
    return this.names.size === 0 ? undefined : (word) => this.names.has(this.hash(word));
  }

  private hash(value: string): string {
    return createHmac('sha256', this.key).update(value).digest('base64');
  }
}

/** The value without its spelling: `010-1234-5678`, `０１０ 1234 5678` and `+82 10 1234 5678` are one. */
export function canonicalValue(type: PiiType, value: string): string {
  const plain = normalise(value)
    .text.toLowerCase()
    .replace(/[^0-9a-z가-힣@.]/g, '');
  if (type === 'EMAIL') return plain;
  const compact = plain.replace(/[@.]/g, '');
  return type === 'PHONE' ? compact.replace(/^(?:00)?82(?=1\d|0)/, '0').replace(/^00(?=1)/, '0') : compact;
}
