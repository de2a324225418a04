import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../config/app-error.js';
import { packageRoot } from '../../../config/package-root.js';
import { siblingEntry } from '../../../config/sibling-entry.js';
import type { Extracted, ExtractedForm, ExtractionLimits, FromExtraction, Refused, ToExtraction } from './protocol.js';

/** A booklet of 300 pages takes 6 s and 200 MB (docs/knowledge.md). */
export const EXTRACTION_LIMITS: ExtractionLimits = {
  bytes: 64 * 1024 ** 2,
  pages: 1_000,
  unpackedBytes: 128 * 1024 ** 2,
  memoryBytes: 1024 ** 3,
  ms: 60_000,
};

/**
 * Reads a PDF or DOCX in a child process of its own: a hostile file may crash it, hang it or fill its memory, and nothing else. The
 * child may read the packages that it runs, and no other file; it writes none, starts nothing, and holds no secrets.
 * @throws AppError document.encrypted, .damaged, .empty, .no-text, .too-large
 */
export async function extract(
  form: ExtractedForm,
  bytes: Uint8Array,
  name: string,
  limits: ExtractionLimits = EXTRACTION_LIMITS,
  signal?: AbortSignal,
): Promise<Extracted> {
  const answer = await inChild({ form, limits }, bytes, signal);
  if (answer === 'out of time') throw tooLarge(name, limits, 'ms');
  if (answer === 'out of memory') throw tooLarge(name, limits, 'memoryBytes');
  if (answer.type === 'refused') throw refused(answer.why, name, limits);
  return answer;
}

function refused(why: Refused, name: string, limits: ExtractionLimits): AppError {
  switch (why.reason) {
    case 'too-large':
      return tooLarge(name, limits, why.limit);
    case 'no-text':
      return AppError.of('document.no-text', { file: name, pages: why.pages === 1 ? '1' : `1–${why.pages}` });
    case 'encrypted':
    case 'damaged':
    case 'empty':
      return AppError.of(`document.${why.reason}`, { file: name });
  }
}

type Outcome = FromExtraction | 'out of time' | 'out of memory';

async function inChild(request: ToExtraction, bytes: Uint8Array, signal?: AbortSignal): Promise<Outcome> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const child = startChild();
  child.once('message', resolve);
  child.once('error', reject);
  // Killed by the system for its memory, or by V8 at the end of its heap; anything else is a broken installation.
  child.once('exit', (code, signalled) =>
    signalled !== null || code === V8_OUT_OF_MEMORY
      ? resolve('out of memory')
      : reject(new Error(`the extraction ended with code ${code}`)),
  );
  child.stdin!.on('error', () => {}); // it died while it was written to: its exit follows
  child.send(request);
  child.stdin!.end(bytes);
  const timer = setTimeout(() => resolve('out of time'), request.limits.ms);
  const memoryWatch = setInterval(() => {
    if (residentBytes(child.pid) > request.limits.memoryBytes) resolve('out of memory');
  }, 50);
  const abort = (): void => reject(signal!.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearInterval(memoryWatch);
    signal?.removeEventListener('abort', abort);
    child.kill('SIGKILL');
  }
}

const V8_OUT_OF_MEMORY = 134;

/**
 * Memory of a process on Linux; most of what a hostile file takes lies outside of the JavaScript heap. On other systems 0: there the heap
 * and the time are the limits.
 */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function startChild(): ChildProcess {
  const entry = siblingEntry(import.meta.url, 'extraction.child');
  const mayRead = [
    join(packageRoot, 'node_modules'),
    join(packageRoot, 'package.json'),
    join(dirname(fileURLToPath(entry)), '..'),
  ];
  return fork(entry, [], {
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    execArgv: [
      '--permission',
      ...mayRead.map((path) => `--allow-fs-read=${path}`),
      '--disallow-code-generation-from-strings',
      '--max-old-space-size=768',
    ],
    env: {},
  });
}

function tooLarge(file: string, limits: ExtractionLimits, limit: keyof ExtractionLimits): AppError {
  return AppError.of('document.too-large', { file, limit: SAID[limit](limits[limit]) });
}

const SAID: Record<keyof ExtractionLimits, (value: number) => string> = {
  bytes: megabytes,
  unpackedBytes: megabytes,
  memoryBytes: (value) => `${megabytes(value)} RAM`,
  pages: (value) => `${value} p.`,
  ms: (value) => `${value / 1000} s`,
};

export function megabytes(bytes: number): string {
  return `${bytes / 1024 ** 2} MB`;
}
