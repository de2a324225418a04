import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { endianness } from 'node:os';
import type { EmbeddingKind } from './embedder.js';
import { fromFloat16, toFloat16 } from './float16.js';

/**
 * Vectors that ship with the product or were computed before, read from files that `writeVectorFile` wrote.
 *
 * A file: 8 bytes magic `sdvec001`; uint32 length of the header; the header, JSON `{embedder,dimensions,count}` padded
 * with spaces so that what follows starts at a multiple of 16; `count` keys of 16 bytes, ascending; `count` rows of
 * `dimensions` float16. Numbers are little-endian. A key is the first 16 bytes of
 * sha256(embedder id, NUL, kind, NUL, text), so a vector of another model, kind or text cannot be taken by mistake.
 */
export class VectorCache {
  private constructor(
    readonly embedderId: string,
    private readonly files: readonly VectorFile[],
  ) {}

  /**
   * Opens the files that were made by this embedder; those of another one are left out: their vectors do not compare.
   * @throws Error where a file is no vector file or is cut off.
   */
  static open(files: readonly string[], embedderId: string): VectorCache {
    return new VectorCache(
      embedderId,
      files.map(readVectorFile).filter(({ header }) => header.embedder === embedderId),
    );
  }

  /** Number of vectors. */
  get size(): number {
    return this.files.reduce((sum, { header }) => sum + header.count, 0);
  }

  /** `float32[dimensions]`, L2-normalised; undefined where the text is not in the cache. */
  get(text: string, kind: EmbeddingKind): Float32Array | undefined {
    const key = keyOf(this.embedderId, kind, text);
    for (const file of this.files) {
      const row = findKey(file, key);
      if (row >= 0) return vectorAt(file, row);
    }
    return undefined;
  }
}

export interface VectorEntry {
  text: string;
  kind: EmbeddingKind;
  /** L2-normalised. */
  vector: Float32Array;
}

/** Writes a vector file in one step (a reader sees the old one or the new one). The same entries in any order give the same bytes. */
export function writeVectorFile(path: string, embedderId: string, entries: Iterable<VectorEntry>): void {
  const rows = new Map<string, Uint16Array>();
  for (const { text, kind, vector } of entries)
    rows.set(keyOf(embedderId, kind, text).toString('latin1'), toFloat16(vector));
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  const dimensions = sorted[0]?.[1].length ?? 0;
  if (sorted.some(([, row]) => row.length !== dimensions)) throw new Error(`${path}: vectors of different lengths`);
  const partial = `${path}.${process.pid}.partial`;
  const file = openSync(partial, 'w');
  try {
    writeSync(file, headerBytes({ embedder: embedderId, dimensions, count: sorted.length }));
    for (const [key] of sorted) writeSync(file, Buffer.from(key, 'latin1'));
    for (const [, row] of sorted) writeSync(file, littleEndian(row));
    fsyncSync(file);
    renameSync(partial, path);
  } finally {
    closeSync(file);
    rmSync(partial, { force: true });
  }
}

interface VectorHeader {
  embedder: string;
  dimensions: number;
  count: number;
}

interface VectorFile {
  header: VectorHeader;
  keys: Buffer;
  rows: Buffer;
}

const MAGIC = 'sdvec001';
const KEY_BYTES = 16;
const PREAMBLE_BYTES = MAGIC.length + 4;

function keyOf(embedderId: string, kind: EmbeddingKind, text: string): Buffer {
  return createHash('sha256').update(`${embedderId}\0${kind}\0${text}`).digest().subarray(0, KEY_BYTES);
}

function headerBytes(header: VectorHeader): Buffer {
  const json = JSON.stringify(header);
  const length = Buffer.byteLength(json);
  const padding = (KEY_BYTES - ((PREAMBLE_BYTES + length) % KEY_BYTES)) % KEY_BYTES;
  const size = Buffer.alloc(4);
  size.writeUInt32LE(length + padding);
  return Buffer.concat([Buffer.from(MAGIC), size, Buffer.from(json + ' '.repeat(padding))]);
}

function readVectorFile(path: string): VectorFile {
  const bytes = readFileSync(path);
  if (bytes.subarray(0, MAGIC.length).toString() !== MAGIC) throw new Error(`${path}: not a vector file`);
  const keysAt = PREAMBLE_BYTES + bytes.readUInt32LE(MAGIC.length);
  const header = JSON.parse(bytes.subarray(PREAMBLE_BYTES, keysAt).toString()) as VectorHeader;
  const rowsAt = keysAt + header.count * KEY_BYTES;
  if (bytes.length !== rowsAt + header.count * header.dimensions * 2) throw new Error(`${path}: the file is cut off`);
  return { header, keys: bytes.subarray(keysAt, rowsAt), rows: bytes.subarray(rowsAt) };
}

/** Binary search; -1 where the key is not there. */
function findKey({ header, keys }: VectorFile, key: Buffer): number {
  let low = 0;
  let high = header.count - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = keys.compare(key, 0, KEY_BYTES, middle * KEY_BYTES, (middle + 1) * KEY_BYTES);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function vectorAt({ header: { dimensions }, rows }: VectorFile, row: number): Float32Array {
  const bytes = new Uint8Array(rows.subarray(row * dimensions * 2, (row + 1) * dimensions * 2));
  const vector = fromFloat16(new Uint16Array(swapped(bytes).buffer));
  // Rounding to float16 moves the length by up to .0005; cosines are taken as dot products, so it is put right here.
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}

function littleEndian(values: Uint16Array): Uint8Array {
  return swapped(new Uint8Array(values.buffer));
}

function swapped(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  if (endianness() === 'BE') Buffer.from(copy.buffer).swap16();
  return copy;
}
