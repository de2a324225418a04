// Child process of `extract`: reads one PDF or DOCX from standard input. Relative imports end in `.ts` (see siblingEntry).
import { setPriority } from 'node:os';
import type { FromExtraction, ToExtraction } from './protocol.ts';
import { Refusal } from './refusal.ts';

process.once('message', (request: ToExtraction) => void answer(request));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole process group; the parent decides when its child ends.
process.on('SIGINT', () => {});

// pdfjs needs the name for drawing only; with it, it does without its native canvas, which this process may not load.
Object.assign(globalThis, { DOMMatrix: class {} });

const EXTRACTIONS = {
  pdf: () => import('./pdf-extraction.ts'),
  docx: () => import('./docx-extraction.ts'),
};

/** A library that cannot be loaded ends the process: that is no fault of the file. */
async function answer({ form, limits }: ToExtraction): Promise<void> {
  setPriority(10);
  const { extract } = await EXTRACTIONS[form]();
  process.on('uncaughtException', (error) => send(refusal(error)));
  const bytes = Buffer.concat(await Array.fromAsync(process.stdin as AsyncIterable<Buffer>));
  send(await extract(bytes, limits).catch(refusal));
}

function send(message: FromExtraction): void {
  if (process.connected) process.send!(message);
}

/** What a library says of a file that it cannot read may quote the file, so it stays here. */
function refusal(error: unknown): FromExtraction {
  if (error instanceof Refusal) return { type: 'refused', why: error.why };
  const encrypted = error instanceof Error && error.name === 'PasswordException';
  return { type: 'refused', why: { reason: encrypted ? 'encrypted' : 'damaged' } };
}
