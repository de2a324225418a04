import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, data/, guardrails/, texts/ and prompts/, seen from src/ and from dist/ alike. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Absolute path of a file that ships with the product, for example `shipped('data', 'bank')`. */
export function shipped(...parts: string[]): string {
  return join(packageRoot, ...parts);
}
