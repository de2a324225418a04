import { fork } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { siblingEntry } from '../config/sibling-entry.js';
import { SourceFailure, type SourceRequest } from './source-failure.js';

/** No byte for this long, ms: there is no way to the hub. */
const SILENCE_MS = 20_000;

/**
 * A model file from its hub by node-llama-cpp's own downloader (parallel, resumable).
 * @returns the path of the file, not yet checked.
 * @throws SourceFailure
 */
export function fetchFromHub(uri: string, { partial, onBytes, signal }: SourceRequest): Promise<string> {
  const target = `${partial}.hf`;
  return new Promise((resolve, reject) => {
    const child = fork(siblingEntry(import.meta.url, 'hf-download'), [uri, dirname(target), basename(target)], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    const kill = () => child.kill('SIGKILL');
    let silence = setTimeout(kill, SILENCE_MS);
    signal?.addEventListener('abort', kill, { once: true });
    child.on('message', (bytes: number) => {
      clearTimeout(silence);
      silence = setTimeout(kill, SILENCE_MS);
      onBytes(bytes);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(silence);
      signal?.removeEventListener('abort', kill);
      if (code === 0) resolve(target);
      else reject(signal?.aborted ? signal.reason : new SourceFailure('unreachable', uri));
    });
  });
}
