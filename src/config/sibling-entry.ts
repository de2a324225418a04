import { existsSync } from 'node:fs';

/**
 * The file that starts a worker thread or child process, next to the module that starts it: `name.js` in dist/,
 * `name.ts` in src/ (tests), where Node 24 strips the types by itself. So an entry imports packages, types, and files that are
 * written as relative `.ts` imports (tsc writes `.js` into dist/): a relative `.js` import would not resolve from src/.
 */
export function siblingEntry(moduleUrl: string, name: string): URL {
  const built = new URL(`./${name}.js`, moduleUrl);
  return existsSync(built) ? built : new URL(`./${name}.ts`, moduleUrl);
}
