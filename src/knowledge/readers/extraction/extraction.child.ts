// Child process of `extract`: reads one PDF or DOCX from standard input. Relative imports end in `.ts` (see siblingEntry).
import { setPriority } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ExtractedPart, ExtractionLimits, FromExtraction, ToExtraction } from './protocol.ts';
import { Refusal } from './refusal.ts';

process.once('message', (request: ToExtraction) => void answer(request));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('SIGINT', () => {});

async function answer({ form, limits }: ToExtraction): Promise<void> {
  setPriority(10);
  watchMemory(limits.memoryBytes);
  const result = await extract(form, limits).catch(refusal);
  process.send!(result);
}

async function extract(form: ToExtraction['form'], limits: ExtractionLimits): Promise<FromExtraction> {
  const bytes = Buffer.concat(await Array.fromAsync(process.stdin as AsyncIterable<Buffer>));
  return form === 'pdf' ? extractPdf(bytes, limits) : extractDocx(bytes);
}

async function extractPdf(bytes: Buffer, limits: ExtractionLimits): Promise<FromExtraction> {
  const { checkStreams } = await import('./pdf-streams.ts');
  checkStreams(bytes, limits);
  // pdfjs needs the name for drawing only; with it, it does without its native canvas, which this process may not load.
  Object.assign(globalThis, { DOMMatrix: class {} });
  const { pdfParseWithLayout } = await import('./pdf-parse-layout.ts');
  const { PDFLoader } = await import('@langchain/community/document_loaders/fs/pdf');
  const pdfjsFolder = dirname(fileURLToPath(import.meta.resolve('pdfjs-dist/package.json')));
  const { PDFParse, pagesWithoutText } = pdfParseWithLayout({ limits, pdfjsFolder });
  const loader = new PDFLoader(new Blob([new Uint8Array(bytes)]), { pdfjs: async () => ({ isV2: true, PDFParse }) });
  const pages = await loader.load();
  const parts = pages.map(({ pageContent, metadata }): ExtractedPart => {
    const { pageNumber } = metadata['loc'] as { pageNumber: number };
    return { text: pageContent, page: pageNumber };
  });
  const scanned = pagesWithoutText.length;
  if (parts.length === 0) throw new Refusal(scanned > 0 ? { reason: 'no-text', pages: scanned } : { reason: 'empty' });
  return { type: 'extracted', parts, pagesWithoutText };
}

async function extractDocx(bytes: Buffer): Promise<FromExtraction> {
  const { HtmlDocxLoader } = await import('./docx-html.ts');
  const documents = await new HtmlDocxLoader(new Blob([new Uint8Array(bytes)])).load();
  return {
    type: 'extracted',
    parts: documents.map(({ pageContent }) => ({ text: pageContent })),
    pagesWithoutText: [],
  };
}

/** What a library says of a file that it cannot read. Its message may quote the file, so it stays here. */
function refusal(error: unknown): FromExtraction {
  if (error instanceof Refusal) return { type: 'refused', why: error.why };
  const encrypted = error instanceof Error && error.name === 'PasswordException';
  return { type: 'refused', why: { reason: encrypted ? 'encrypted' : 'damaged' } };
}

/** Most of what a hostile file takes is outside of the JavaScript heap, and a busy thread cannot look at itself. */
function watchMemory(maxBytes: number): void {
  const code = `setInterval(() => process.memoryUsage.rss() > ${maxBytes} && process.kill(process.pid, 'SIGKILL'), 50)`;
  new Worker(code, { eval: true }).unref();
}
