import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, data/, guardrails/, texts/ and prompts/, seen from src/ and from dist/ alike. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Absolute path of a file that ships with the product, for example `shipped('data', 'bank')`. */
export function shipped(...parts: string[]): string {
  return join(packageRoot, ...parts);
}

/**
 * URL of a compiled file beside the caller, for worker threads and child processes: Node cannot load our TypeScript,
 * so code that runs from src/ (tests) starts the file of the same name in dist/.
 */
export function compiledSibling(name: string, callerUrl: string): URL {
  const url = new URL(name, callerUrl);
  return callerUrl.endsWith('.ts') ? new URL(url.href.replace('/src/', '/dist/')) : url;
}
