import * as fc from 'fast-check';
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CachingEmbedder } from '../../src/models/caching-embedder.js';
import { Embedder } from '../../src/models/embedder.js';
import { fromFloat16, toFloat16 } from '../../src/models/float16.js';
import { VectorCache, writeVectorFile, type VectorEntry } from '../../src/models/vector-cache.js';

const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
const ID = 'test@0123456789ab';

/** Float16 of the engine, as the peer. */
const Peer = (
  globalThis as unknown as {
    Float16Array: new (values: Iterable<number> | ArrayBuffer) => Iterable<number> & { buffer: ArrayBuffer };
  }
).Float16Array;

function unit(...values: number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

/** Counts what it is asked. */
class CountingEmbedder extends Embedder {
  readonly id = ID;
  readonly dimensions = 3;
  readonly available = true;
  readonly asked: string[] = [];
  override async embed(texts: readonly string[]): Promise<Float32Array[]> {
    this.asked.push(...texts);
    return texts.map(() => unit(0, 0, 1));
  }
}

describe('float16', () => {
  it('rounds as the engine does', () => {
    fc.assert(
      fc.property(fc.array(fc.float()), (values) => {
        expect([...toFloat16(Float32Array.from(values))]).toEqual([...new Uint16Array(new Peer(values).buffer)]);
      }),
    );
  });

  it('comes back as the engine reads it, for every one of the 65,536', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, n) => n);
    expect([...fromFloat16(all)]).toEqual([...new Peer(all.buffer)]);
  });
});

describe('a vector file', () => {
  const entries: VectorEntry[] = [
    { text: '이체 한도', kind: 'query', vector: unit(1, 2, 3) },
    { text: '이체 한도', kind: 'passage', vector: unit(3, 2, 1) },
    { text: '', kind: 'query', vector: unit(-1, 0, 0) },
  ];

  it('gives back each vector by text and kind, normalised', () => {
    const path = join(folder, 'a.f16');
    writeVectorFile(path, ID, entries);
    const cache = VectorCache.open([path], ID);
    expect(cache.size).toBe(3);
    for (const { text, kind, vector } of entries) {
      const read = cache.get(text, kind)!;
      expect(Math.hypot(...read)).toBeCloseTo(1, 6);
      read.forEach((value, n) => expect(value).toBeCloseTo(vector[n]!, 3));
    }
    expect(cache.get('다른 글', 'query')).toBeUndefined();
  });

  it('finds every key, whatever the texts', () => {
    const path = join(folder, 'many.f16');
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), (texts) => {
        writeVectorFile(
          path,
          ID,
          texts.map((text, n) => ({ text, kind: 'query' as const, vector: unit(n + 1, 1) })),
        );
        const cache = VectorCache.open([path], ID);
        expect(texts.every((text) => cache.get(text, 'query'))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('has the same bytes for the same entries in another order', () => {
    writeVectorFile(join(folder, 'b.f16'), ID, entries);
    writeVectorFile(join(folder, 'c.f16'), ID, entries.toReversed());
    expect(readFileSync(join(folder, 'b.f16'))).toEqual(readFileSync(join(folder, 'c.f16')));
  });

  it('is left out where another embedder made it', () => {
    const path = join(folder, 'd.f16');
    writeVectorFile(path, 'other@1', entries);
    expect(VectorCache.open([path], ID).size).toBe(0);
  });

  it('is refused where it is cut off or something else', () => {
    const path = join(folder, 'e.f16');
    writeVectorFile(path, ID, entries);
    truncateSync(path, readFileSync(path).length - 1);
    expect(() => VectorCache.open([path], ID)).toThrow(/cut off/);
    writeFileSync(path, 'something else');
    expect(() => VectorCache.open([path], ID)).toThrow(/not a vector file/);
  });

  it('spares the model the texts that it knows, and keeps their order', async () => {
    const path = join(folder, 'f.f16');
    writeVectorFile(path, ID, entries);
    const model = new CountingEmbedder();
    const embedder = new CachingEmbedder(VectorCache.open([path], ID), model);
    const [known, computed] = await embedder.embed(['이체 한도', '새 글'], 'query');
    expect(model.asked).toEqual(['새 글']);
    expect(known![0]).toBeCloseTo(entries[0]!.vector[0]!, 3);
    expect([...computed!]).toEqual([0, 0, 1]);
  });
});
