import { inflateSync } from 'node:zlib';
import type { ExtractionLimits } from './protocol.ts';
import { Refusal } from './refusal.ts';

/** Longer dictionaries than any before a stream; in characters. */
const MAX_DICTIONARY = 20_000;

/**
 * Checks what pdfjs does not: it ends a damaged part in silence, and the rest of a page would be missing.
 * @throws Refusal `damaged` where a compressed part fails its checksum or the file has no end; `too-large` where one unpacks to too much
 */
export function checkStreams(bytes: Buffer, limits: Pick<ExtractionLimits, 'unpackedBytes'>): void {
  const file = bytes.toString('latin1');
  if (!file.slice(-2048).includes('%%EOF')) throw new Refusal({ reason: 'damaged' });
  // The parts of an encrypted file can be checked only by who decrypts them.
  if (/\/Encrypt\s+\d+\s+\d+\s+R/.test(file)) return;
  for (const { dictionary, start, end } of streams(file)) {
    if (/\/Subtype\s*\/Image\b/.test(dictionary) || !isDeflated(dictionary)) continue;
    if (end < 0) throw new Refusal({ reason: 'damaged' });
    unpack(bytes.subarray(start, end), limits.unpackedBytes);
  }
}

/** The dictionary of each stream and where its bytes are; end is -1 where there is none. */
function* streams(file: string): Generator<{ dictionary: string; start: number; end: number }> {
  const keyword = /\bstream\r?\n/g;
  for (let match = keyword.exec(file); match; match = keyword.exec(file)) {
    const before = file.slice(Math.max(0, match.index - MAX_DICTIONARY), match.index);
    const start = keyword.lastIndex;
    const end = file.indexOf('endstream', start);
    yield { dictionary: before.slice(before.lastIndexOf(' obj') + 1), start, end };
    if (end < 0) return;
    keyword.lastIndex = end + 'endstream'.length;
  }
}

/** Whether deflation is the first or only filter. */
function isDeflated(dictionary: string): boolean {
  return /\/Filter\s*\[?\s*\/FlateDecode\b/.test(dictionary);
}

function unpack(part: Buffer, maxOutputLength: number): void {
  try {
    inflateSync(part, { maxOutputLength });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge ? new Refusal({ reason: 'too-large', limit: 'unpackedBytes' }) : new Refusal({ reason: 'damaged' });
  }
}
