import { createHash } from 'node:crypto';

/** What happened, as the audit log keeps it: counts, names of rules, lengths and keyed fingerprints; never a text of anybody. */
export interface AuditEntry {
  /**
   * `privacy`: personal data was masked; `input`, `passage`, `output`: a verdict of the rails; `reveal`: somebody asked for a masked
   * value; `admin`: an operator's or a command's act.
   */
  stage: 'privacy' | 'input' | 'passage' | 'output' | 'reveal' | 'admin';
  action: string;
  conversation?: string;
  /** Number of the customer's message. */
  turn?: number;
  /** Ids of the rules that fired, in order. */
  rules?: readonly string[];
  /** Types of personal data with their counts. */
  types?: Readonly<Record<string, number>>;
  /** Lengths of the spans in characters. */
  spans?: readonly number[];
  /** Keyed fingerprints of values of tiers 2 and 3. */
  hmac?: readonly string[];
  model?: string;
  versions?: Readonly<Record<string, string>>;
  /** Milliseconds, rounded to tenths. */
  latency?: number;
  /** Of an `admin` act: what and with which result, in words of closed sets. */
  detail?: Readonly<Record<string, string | number | boolean>>;
}

/** The last line of a chain, as another chain's line vouches for it. */
export interface ChainHead {
  chain: string;
  seq: number;
  /** Hex. */
  hash: string;
}

export type AuditLine = {
  chain: string;
  seq: number;
  at: string;
} & (AuditEntry | Anchor | Checkpoint);

/** Where other chains stand, as far as it was not said before: begins a chain, then hourly and at a clean end. */
export interface Anchor {
  stage: 'anchor';
  action: 'begin' | 'hourly' | 'end';
  heads: readonly ChainHead[];
}

/** Takes the place of lines whose term is over: the chain goes on from `hash`, that of the last of them. */
export interface Checkpoint {
  stage: 'checkpoint';
  action: 'retention';
  hash: string;
  /** By the master key, hex: nobody else can shorten a chain. */
  signature: string;
}

/** What a checkpoint's signature is of. */
export function checkpointText({ chain, seq, hash }: { chain: string; seq: number; hash: string }): string {
  return canonicalJson({ chain, seq, hash });
}

/** Before the first line of a chain. */
export const NO_HASH = Buffer.alloc(32);

/** JSON with the keys of every object in order: the same line is the same bytes everywhere. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

export function hashOf(previous: Uint8Array, line: string): Buffer {
  return createHash('sha256').update(previous).update(line, 'utf8').digest();
}
