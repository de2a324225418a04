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
  private lengths = new Float64Array(1024);
  private totalLength = 0;
  /** `k1·(1 − b + b·length/average)` of each text; undefined after a change of any text. */
  private norms: Float64Array | undefined;
  /** A sum for each text, 0 between two searches: searches do not overlap, so one array serves all. */
  private sums = new Float64Array(0);

  /** Texts in the index. */
  get size(): number {
    return this.numbers.size;
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
    this.norms = undefined;
    this.numbers.delete(id);
    this.ids[number] = undefined;
    this.texts[number] = '';
    if (this.ids.length > 64 && this.numbers.size < this.ids.length / 2) this.compact();
  }

  score(query: string): LexicalScores {
    const terms: QueryTerm[] = [];
    let greatest = 0;
    for (const term of new Set(bigrams(query))) {
      const postings = this.terms.get(term);
      const idf = inverseFrequency(this.size, postings?.size ?? 0);
      greatest += idf;
      if (postings) terms.push({ postings, weight: idf * (BM25.k1 + 1) });
    }
    const scale = greatest > 0 ? 1 / (LEXICAL_SCALE * (BM25.k1 + 1) * greatest) : 0;
    return {
      best: (limit) =>
        this.best(terms, limit).map(({ number, sum }) => ({ id: this.ids[number]!, lexical: sum * scale })),
      of: (id) => {
        const number = this.numbers.get(id);
        return number === undefined ? 0 : this.sumOf(terms, number) * scale;
      },
    };
  }

  /** The texts of the `limit` largest sums in order. */
  private best(terms: readonly QueryTerm[], limit: number): { number: number; sum: number }[] {
    const sums = this.accumulate(terms);
    const found = largest(sums, limit).map((number) => ({ number, sum: sums[number]! }));
    sums.fill(0);
    return found.sort((a, b) => b.sum - a.sum || (this.ids[a.number]! < this.ids[b.number]! ? -1 : 1)).slice(0, limit);
  }

  /**
   * The hot loop: every posting of every bigram of the query goes through here, 66,000 for the median question to 50,000
   * exemplars and 240,000 for one in a hundred. Nothing is allocated in it.
   */
  private accumulate(terms: readonly QueryTerm[]): Float64Array {
    const norms = this.lengthNorms();
    if (this.sums.length < this.ids.length) this.sums = new Float64Array(this.lengths.length);
    const { sums } = this;
    for (const { postings, weight } of terms) {
      const { numbers, counts, size } = postings;
      for (let at = 0; at < size; at++) {
        const number = numbers[at]!;
        const count = counts[at]!;
        sums[number]! += (weight * count) / (count + norms[number]!);
      }
    }
    return sums.subarray(0, this.ids.length);
  }

  /** The same sum in the same order for one text. */
  private sumOf(terms: readonly QueryTerm[], number: number): number {
    const norm = this.lengthNorms()[number]!;
    let sum = 0;
    for (const { postings, weight } of terms) {
      const count = postings.countOf(number);
      sum += (weight * count) / (count + norm);
    }
    return sum;
  }

  private lengthNorms(): Float64Array {
    if (this.norms) return this.norms;
    const slope = (BM25.k1 * BM25.b * this.size) / Math.max(1, this.totalLength);
    return (this.norms = this.lengths.map((length) => BM25.k1 * (1 - BM25.b) + slope * length));
  }

  private setLength(number: number, length: number): void {
    if (number >= this.lengths.length) {
      const wider = new Float64Array(this.lengths.length * 2);
      wider.set(this.lengths);
      this.lengths = wider;
    }
    this.lengths[number] = length;
    this.totalLength += length;
    this.norms = undefined;
  }

  /** Numbers the texts anew, without the gaps that removals left; the postings keep their order. */
  private compact(): void {
    const before = [...this.numbers.values()].sort((a, b) => a - b);
    const after = new Uint32Array(this.ids.length);
    before.forEach((number, at) => (after[number] = at));
    for (const postings of this.terms.values()) postings.renumber(after);
    this.ids = before.map((number) => this.ids[number]);
    this.texts = before.map((number) => this.texts[number]!);
    before.forEach((number, at) => (this.lengths[at] = this.lengths[number]!));
    this.ids.forEach((id, number) => this.numbers.set(id!, number));
    this.norms = undefined;
  }
}

interface QueryTerm {
  postings: PostingList;
  /** `idf·(k1 + 1)`. */
  weight: number;
}

/** The texts that hold a bigram and how often, in growing typed arrays; numbers ascend, as texts are only ever appended. */
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

  /** 0 for a text without the bigram. */
  countOf(number: number): number {
    const at = this.find(number);
    return this.numbers[at] === number && at < this.size ? this.counts[at]! : 0;
  }

  /** The number must be in the list. */
  remove(number: number): void {
    const at = this.find(number);
    this.numbers.copyWithin(at, at + 1, this.size);
    this.counts.copyWithin(at, at + 1, this.size);
    this.size--;
  }

  renumber(after: Uint32Array): void {
    for (let at = 0; at < this.size; at++) this.numbers[at] = after[this.numbers[at]!]!;
  }

  /** Where the number is, or would be. */
  private find(number: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.numbers[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low;
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

/** Where the `limit` largest values are, all that equal the last of them too; 0 is none. */
function largest(values: Float64Array, limit: number): number[] {
  if (limit <= 0) return [];
  const least = nthLargest(values, limit);
  const found: number[] = [];
  for (let at = 0; at < values.length; at++) if (values[at]! > 0 && values[at]! >= least) found.push(at);
  return found;
}

/** The `n`-th largest value, 0 where fewer are above it, by a binary min-heap of `n` values. */
function nthLargest(values: Float64Array, n: number): number {
  const heap = new Float64Array(n);
  // Filled with 0, the heap is in order from the start.
  for (let at = 0; at < values.length; at++) if (values[at]! > heap[0]!) replaceLeast(heap, values[at]!);
  return heap[0]!;
}

function replaceLeast(heap: Float64Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}
