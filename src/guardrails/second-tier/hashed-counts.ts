/** Places and weights of what a text holds; the weights have length 1. */
export interface HashedWeights {
  places: Int32Array;
  weights: Float32Array;
}

/** 32-bit FNV-1a of a stretch of a text, folded into a table of `places` (a power of two); the kind of feature is its seed. */
export function placeOf(text: string, from: number, to: number, kind: number, places: number): number {
  let value = 2_166_136_261 ^ kind;
  for (let at = from; at < to; at++) value = Math.imul(value ^ text.charCodeAt(at), 16_777_619);
  return (value ^ (value >>> 15)) & (places - 1);
}

/** Counts of places, damped (1 + ln n) and brought to length 1. */
export class HashedCounts {
  readonly #counts = new Map<number, number>();

  add(place: number): void {
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1);
  }

  weights(): HashedWeights {
    const places = Int32Array.from(this.#counts.keys());
    const weights = Float32Array.from(this.#counts.values(), (n) => 1 + Math.log(n));
    const length = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0)) || 1;
    return { places, weights: weights.map((weight) => weight / length) };
  }
}
