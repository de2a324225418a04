import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { shipped } from '../config/package-root.js';

/** Of all files of prompts/, as the rules' version is of guardrails/. */
export const PROMPTS_VERSION = readdirSync(shipped('prompts'))
  .toSorted()
  .reduce((hash, name) => hash.update(`${name}\0`).update(readFileSync(shipped('prompts', name))), createHash('sha256'))
  .digest('hex')
  .slice(0, 12);
