import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

/**
 * Appends one file of a wheel (a zip archive) to `target`, streamed: memory does not grow with the file.
 * Zip64, encryption and multi-part archives are refused: wheels of up to 4 GB use none of them.
 * @returns the number of bytes written.
 * @throws Error where the archive is damaged or has no such file.
 */
export async function appendFromWheel(
  wheel: string,
  file: string,
  target: string,
  signal?: AbortSignal,
): Promise<number> {
  const entry = await findEntry(wheel, file);
  const packed = createReadStream(wheel, { start: entry.dataAt, end: entry.dataAt + entry.packedBytes - 1 });
  const sink = createWriteStream(target, { flags: 'a' });
  const options = signal ? { signal } : {};
  if (entry.method === STORED) await pipeline(packed, sink, options);
  else await pipeline(packed, createInflateRaw(), sink, options);
  if (sink.bytesWritten !== entry.bytes)
    throw new Error(`${wheel}: ${file} has ${sink.bytesWritten} bytes, not ${entry.bytes}`);
  return sink.bytesWritten;
}

interface ZipEntry {
  method: number;
  packedBytes: number;
  bytes: number;
  dataAt: number;
}

// Numbers and offsets: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end of it).
const STORED = 0;
const DEFLATED = 8;
const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const ENCRYPTED = 1;
const ZIP64_MARK = 0xffff_ffff;

async function findEntry(wheel: string, file: string): Promise<ZipEntry> {
  const handle = await open(wheel);
  try {
    const { size } = await handle.stat();
    const directory = await readDirectory(handle, size, wheel);
    for (let at = 0; at < directory.length;) {
      if (directory.length - at < CENTRAL_BYTES || directory.readUInt32LE(at) !== CENTRAL_SIGNATURE) break;
      const nameBytes = directory.readUInt16LE(at + 28);
      const name = directory.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes);
      if (name === file) return await locate(handle, directory.subarray(at), `${wheel}: ${file}`);
      at += CENTRAL_BYTES + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    throw new Error(`${wheel}: no file ${file}`);
  } finally {
    await handle.close();
  }
}

async function readDirectory(handle: FileHandle, size: number, wheel: string): Promise<Buffer> {
  const tail = await readAt(handle, Math.max(0, size - END_BYTES - LONGEST_COMMENT), size);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    const bytes = tail.readUInt32LE(at + 12);
    const start = tail.readUInt32LE(at + 16);
    if (bytes === ZIP64_MARK || start === ZIP64_MARK) break;
    return readAt(handle, start, start + bytes);
  }
  throw new Error(`${wheel}: not a zip archive`);
}

async function locate(handle: FileHandle, central: Buffer, what: string): Promise<ZipEntry> {
  const method = central.readUInt16LE(10);
  const packedBytes = central.readUInt32LE(20);
  const bytes = central.readUInt32LE(24);
  const localAt = central.readUInt32LE(42);
  const isPlain = (central.readUInt16LE(8) & ENCRYPTED) === 0 && ![packedBytes, bytes, localAt].includes(ZIP64_MARK);
  if (!isPlain || (method !== STORED && method !== DEFLATED)) throw new Error(`${what} is packed in an unknown way`);
  const local = await readAt(handle, localAt, localAt + LOCAL_BYTES);
  if (local.length < LOCAL_BYTES || local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new Error(`${what} is damaged`);
  // The local header's own lengths: its extra field may differ from the central directory's.
  const dataAt = localAt + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  return { method, packedBytes, bytes, dataAt };
}

async function readAt(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}
