#!/usr/bin/env node
// `npx sangdam <command>`: builds a fresh clone first, then hands over to dist/cli.js.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
if (existsSync(join(root, 'src')) && existsSync(join(root, 'scripts', 'prepare.mjs')))
  await import('../scripts/prepare.mjs');
await import(pathToFileURL(join(root, 'dist', 'cli.js')).href);
