// Makes a clone ready: installs the dependencies when the lock file changed, builds when a source changed.
// Runs before `npm start`, `npm test` and `npx sangdam`, on whatever Node npm itself runs on: only built-ins here.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sourceFolders = ['src', 'scripts'];
const sourceFiles = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'vite.config.ts', 'vite.pages.config.ts'];

/** Hash over names, sizes and modification times: changes whenever a source does, costs a few milliseconds. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (path) => {
    const s = statSync(path);
    if (s.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(`${path}|${s.size}|${s.mtimeMs}\n`);
  };
  for (const name of [...sourceFolders, ...sourceFiles]) if (existsSync(join(root, name))) add(join(root, name));
  return hash.digest('hex');
}

function upToDate(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === value;
}

function run(command, args, env = {}) {
  execFileSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
}

export function prepare() {
  const lockHash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const lockStamp = join(root, 'node_modules', '.sangdam-lock');
  if (!upToDate(lockStamp, lockHash)) {
    process.stderr.write('sangdam: installing dependencies (once per lock file) …\n');
    run('npm', ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund']);
    writeFileSync(lockStamp, lockHash);
  }
  const buildStamp = join(root, 'dist', '.sangdam-build');
  const sources = fingerprint();
  if (!upToDate(buildStamp, sources)) {
    process.stderr.write('sangdam: building …\n');
    run('npm', ['run', '--silent', 'build']);
    mkdirSync(dirname(buildStamp), { recursive: true });
    writeFileSync(buildStamp, sources);
  }
}

prepare();
