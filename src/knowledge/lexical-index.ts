import { bigrams } from '../text/bigrams.js';

/** Okapi BM25's two constants: saturation of term frequency and normalisation by length (the usual 1.2 and .75). */
export const BM25 = { k1: 1.2, b: 0.75 } as const;

/** The share of the greatest possible sum at which `lexical` is 1, so that it is of the size of a cosine. */
export const LEXICAL_SCALE = 0.75;

/** How well each text of the index answers one query. */
export interface LexicalScores {
  /** The texts that share a bigram with the query, best first; equal scores by id. */
  best(limit: number): { id: string; lexical: number }[];
  /** 0 for a text that shares none, or is not in the index. */
  of(id: string): number;
}

/**
 * BM25 over character bigrams, in memory:
 * `lexical = BM25(q,d) / (.75·(k1+1)·Σ_{t∈set(q)} idf(t))`, `idf = ln(1+(N−df+.5)/(df+.5))`, unknown bigrams with df 0.
 * Bigrams beat Korean morphemes on questions and statutes (docs/models.md); the scale makes the score comparable between
 * queries, which reciprocal ranks are not.
 */
export class LexicalIndex {
  private readonly terms = new Map<string, PostingList>();
  private readonly numbers = new Map<string, number>();
  private ids: (string | undefined)[] = [];
  private texts: string[] = [];
  private lengths = new Float32Array(1024);
  private totalLength = 0;

  /** Texts in the index. */
  get size(): number {
    return this.numbers.size;
  }

  has(id: string): boolean {
    return this.numbers.has(id);
  }

  /** Adds a text, or replaces the one of the same id. */
  add(id: string, text: string): void {
    this.remove(id);
    const number = this.ids.length;
    const counts = countBigrams(text);
    this.numbers.set(id, number);
    this.ids.push(id);
    this.texts.push(text);
    this.setLength(number, counts.length);
    for (const [term, count] of counts.terms) {
      let postings = this.terms.get(term);
      if (!postings) this.terms.set(term, (postings = new PostingList()));
      postings.push(number, count);
    }
  }

  /** Takes a text out; one that is not in the index is no error. */
  remove(id: string): void {
    const number = this.numbers.get(id);
    if (number === undefined) return;
    for (const term of countBigrams(this.texts[number]!).terms.keys()) {
      const postings = this.terms.get(term)!;
      postings.remove(number);
      if (postings.size === 0) this.terms.delete(term);
    }
    this.totalLength -= this.lengths[number]!;
    this.numbers.delete(id);
    this.ids[number] = undefined;
    this.texts[number] = '';
    if (this.ids.length > 64 && this.numbers.size < this.ids.length / 2) this.compact();
  }

  score(query: string): LexicalScores {
    const scores = new Float64Array(this.ids.length);
    const touched: number[] = [];
    const averageLength = this.totalLength / Math.max(1, this.size);
    let greatest = 0;
    for (const term of new Set(bigrams(query))) {
      const postings = this.terms.get(term);
      const idf = inverseFrequency(this.size, postings?.size ?? 0);
      greatest += idf;
      if (postings) this.accumulate(postings, idf, averageLength, scores, touched);
    }
    const scale = greatest > 0 ? 1 / (LEXICAL_SCALE * (BM25.k1 + 1) * greatest) : 0;
    return {
      best: (limit) =>
        largest(touched, scores, this.ids, limit).map((number) => ({
          id: this.ids[number]!,
          lexical: scores[number]! * scale,
        })),
      of: (id) => {
        const number = this.numbers.get(id);
        return number === undefined ? 0 : (scores[number] ?? 0) * scale;
      },
    };
  }

  /** The hot loop: every posting of every bigram of the query goes through here. */
  private accumulate(
    postings: PostingList,
    idf: number,
    averageLength: number,
    scores: Float64Array,
    touched: number[],
  ): void {
    const { numbers, counts, size } = postings;
    const weight = idf * (BM25.k1 + 1);
    const flat = BM25.k1 * (1 - BM25.b);
    const slope = (BM25.k1 * BM25.b) / averageLength;
    for (let i = 0; i < size; i++) {
      const number = numbers[i]!;
      const count = counts[i]!;
      if (scores[number] === 0) touched.push(number);
      scores[number]! += (weight * count) / (count + flat + slope * this.lengths[number]!);
    }
  }

  private setLength(number: number, length: number): void {
    if (number >= this.lengths.length) {
      const wider = new Float32Array(this.lengths.length * 2);
      wider.set(this.lengths);
      this.lengths = wider;
    }
    this.lengths[number] = length;
    this.totalLength += length;
  }

  /** Numbers the texts anew, without the gaps that removals left. */
  private compact(): void {
    const kept = this.ids.flatMap((id, number) => (id === undefined ? [] : [{ id, text: this.texts[number]! }]));
    this.terms.clear();
    this.numbers.clear();
    this.ids = [];
    this.texts = [];
    this.totalLength = 0;
    for (const { id, text } of kept) this.add(id, text);
  }
}

/** The texts that hold a bigram and how often, in growing typed arrays. */
class PostingList {
  numbers = new Uint32Array(4);
  counts = new Uint16Array(4);
  size = 0;

  push(number: number, count: number): void {
    if (this.size === this.numbers.length) {
      const numbers = new Uint32Array(this.size * 2);
      const counts = new Uint16Array(this.size * 2);
      numbers.set(this.numbers);
      counts.set(this.counts);
      this.numbers = numbers;
      this.counts = counts;
    }
    this.numbers[this.size] = number;
    this.counts[this.size++] = Math.min(count, 0xffff);
  }

  /** Numbers ascend, as texts are only ever appended. */
  remove(number: number): void {
    const at = this.numbers.subarray(0, this.size).indexOf(number);
    if (at < 0) return;
    this.numbers.copyWithin(at, at + 1, this.size);
    this.counts.copyWithin(at, at + 1, this.size);
    this.size--;
  }
}

function inverseFrequency(texts: number, withTerm: number): number {
  return Math.log(1 + (texts - withTerm + 0.5) / (withTerm + 0.5));
}

function countBigrams(text: string): { terms: Map<string, number>; length: number } {
  const terms = new Map<string, number>();
  const all = bigrams(text);
  for (const term of all) terms.set(term, (terms.get(term) ?? 0) + 1);
  return { terms, length: all.length };
}

/** The `limit` numbers of the largest scores in order. A threshold from a heap keeps the sort short. */
function largest(
  numbers: readonly number[],
  scores: Float64Array,
  ids: readonly (string | undefined)[],
  limit: number,
): number[] {
  if (limit <= 0) return [];
  const threshold = numbers.length > limit ? nthLargest(numbers, scores, limit) : 0;
  return numbers
    .filter((number) => scores[number]! >= threshold)
    .sort((a, b) => scores[b]! - scores[a]! || (ids[a]! < ids[b]! ? -1 : 1))
    .slice(0, limit);
}

/** The `n`-th largest score, by a binary min-heap of `n` scores. */
function nthLargest(numbers: readonly number[], scores: Float64Array, n: number): number {
  const heap = new Float64Array(n);
  const sink = (value: number, size: number): void => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= value) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = value;
  };
  // Filled with 0 below every score, the heap is in order from the start.
  for (const number of numbers) if (scores[number]! > heap[0]!) sink(scores[number]!, n);
  return heap[0]!;
}
