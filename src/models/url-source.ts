import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SourceFailure, type SourceRequest } from './source-failure.js';

/**
 * A model file by plain HTTP. Goes on where an earlier fetch ended, if the server gives ranges.
 * @returns the path of the file, not yet checked.
 * @throws SourceFailure
 */
export async function fetchFromUrl(url: string, { partial, onBytes, signal }: SourceRequest): Promise<string> {
  const target = `${partial}.url`;
  const have = await stat(target).then(
    ({ size }) => size,
    () => 0,
  );
  const init = signal ? { signal } : {};
  const response = await fetch(url, { ...init, headers: have > 0 ? { range: `bytes=${have}-` } : {} });
  // 416: nothing is missing (or the file is another one, which its sha256 tells).
  if (response.status === 416) return target;
  if (!response.ok || !response.body) throw new SourceFailure('unreachable', `${url}: HTTP ${response.status}`);
  const resumed = response.status === 206;
  let bytes = resumed ? have : 0;
  const count = new Transform({
    transform(piece: Buffer, _encoding, next) {
      onBytes((bytes += piece.length));
      next(null, piece);
    },
  });
  await pipeline(
    Readable.fromWeb(response.body),
    count,
    createWriteStream(target, { flags: resumed ? 'a' : 'w' }),
    init,
  );
  return target;
}
