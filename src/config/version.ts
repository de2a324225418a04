import { readFileSync } from 'node:fs';
import { shipped } from './package-root.js';

/** The product's version, from package.json. */
export const VERSION = (JSON.parse(readFileSync(shipped('package.json'), 'utf8')) as { version: string }).version;
