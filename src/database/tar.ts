import type { FileHandle } from 'node:fs/promises';

/**
 * Archives in POSIX's ustar format, as far as a backup needs it: folders and files of up to 8 GB with names of up to 100 bytes.
 * `tar -tf` and `tar -xf` read them.
 */
const BLOCK = 512;
const NAME_LIMIT = 100;

export interface TarEntry {
  name: string;
  kind: 'file' | 'folder';
  /** Bytes; 0 for a folder. */
  size: number;
}

/** The 512 bytes before an entry's content. */
export function tarHeader({ name, kind, size }: TarEntry, modified: Date): Buffer {
  const path = kind === 'folder' ? `${name}/` : name;
  if (Buffer.byteLength(path) > NAME_LIMIT) throw new Error(`tar: name too long: ${path}`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void =>
    void header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  header.write(path, 0);
  octal(kind === 'folder' ? 0o700 : 0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(modified.getTime() / 1000), 136, 12);
  header.write(kind === 'folder' ? '5' : '0', 156);
  header.write('ustar\u000000', 257, 'latin1');
  octal(checksum(header), 148, 7);
  return header;
}

/** What fills an entry's content up to the next block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Two empty blocks. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/**
 * Entries in their order; `content` may be read until the next entry is asked for, each piece of it until the next piece is.
 * Undefined where the archive breaks off or is none.
 */
export async function* readTar(
  file: FileHandle,
): AsyncGenerator<(TarEntry & { content: AsyncGenerator<Buffer> }) | undefined> {
  const { size: end } = await file.stat();
  const buffer = copyBuffer();
  for (let at = 0; ;) {
    const header = Buffer.alloc(BLOCK);
    const { bytesRead } = await file.read(header, 0, BLOCK, at);
    if (bytesRead === BLOCK && header.every((byte) => byte === 0)) return;
    const entry = bytesRead === BLOCK ? parseHeader(header) : undefined;
    if (!entry || at + BLOCK + entry.size > end) return yield undefined;
    yield { ...entry, content: contentOf(file, at + BLOCK, entry.size, buffer) };
    at += BLOCK + Math.ceil(entry.size / BLOCK) * BLOCK;
  }
}

/** What one copy at a time needs; made once, since garbage of this size is collected late. */
export function copyBuffer(): Buffer {
  return Buffer.allocUnsafe(1024 * 1024);
}

/** A file's bytes from `start`, `size` of them, in pieces that lie in `buffer` until the next one is asked for. */
export async function* contentOf(
  file: FileHandle,
  start: number,
  size: number,
  buffer: Buffer,
): AsyncGenerator<Buffer> {
  for (let done = 0; done < size;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - done), start + done);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}

function parseHeader(header: Buffer): TarEntry | undefined {
  const text = (at: number, length: number): string => header.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  const octal = (at: number, length: number): number => parseInt(text(at, length), 8);
  if (text(257, 5) !== 'ustar' || octal(148, 8) !== checksum(header)) return undefined;
  const type = text(156, 1);
  const size = octal(124, 12);
  if ((type !== '0' && type !== '5') || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { name: text(0, NAME_LIMIT).replace(/\/$/, ''), kind: type === '5' ? 'folder' : 'file', size };
}

/** The sum of all bytes, the checksum's own counted as spaces. */
function checksum(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}
