// Brings the generated part of THIRD-PARTY-NOTICES.md up to date with package-lock.json: every package that runs in production
// with its licence, and the licence texts of those that are compiled into the widget (the others carry theirs in node_modules).
// Usage: node scripts/notices.mjs [--check]   --check changes nothing and exits 1 where the file is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = join(root, 'THIRD-PARTY-NOTICES.md');
const BEGIN = '<!-- from here to the end: written by scripts/notices.mjs -->';

/** What src/web imports; vite compiles it and its own dependencies into dist/web/widget.js. */
const IN_THE_WIDGET = ['preact', 'socket.io-client'];

const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const written = `${byHand()}${BEGIN}\n\n${generated()}`;
if (!process.argv.includes('--check')) writeFileSync(file, written);
else if (readFileSync(file, 'utf8') !== written) {
  console.error('THIRD-PARTY-NOTICES.md is not what package-lock.json says: run `node scripts/notices.mjs`');
  process.exitCode = 1;
}

function byHand() {
  const [before, after] = readFileSync(file, 'utf8').split(BEGIN);
  if (after === undefined) throw new Error(`${file} has lost its line ${BEGIN}`);
  return before;
}

function generated() {
  return [
    '## Packages of npm that run in production',
    '',
    'Those for other platforms are listed too; npm installs what fits the machine. Each carries the text of its licence in its folder of node_modules.',
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...new Set(inProduction().map(row)),
    '',
    '## Licences of what is compiled into the widget',
    '',
    ...inTheWidget().flatMap(({ path, name, version }) => [
      `### ${name} ${version}`,
      '',
      ...quoted(licenceText(path)),
      '',
    ]),
  ].join('\n');
}

/** `path` is the folder as the lock names it; nested copies of one version become one row. */
function inProduction() {
  return Object.entries(locked)
    .filter(
      ([path, entry]) =>
        path.includes('node_modules/') && !entry.dev && !entry.devOptional && !entry.link && entry.version,
    )
    .map(([path, entry]) => describe(path, entry))
    .sort(byName);
}

function describe(path, entry) {
  return {
    path,
    name: entry.name ?? path.split('node_modules/').at(-1),
    version: entry.version,
    licence: entry.license ?? stated(path),
  };
}

function byName(a, b) {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.version.localeCompare(b.version, 'en', { numeric: true });
}

function row({ name, version, licence }) {
  return `| ${name} | ${version} | ${licence} |`;
}

/** A few old packages state their licence in a way that the lock leaves out: `licenses: [{ type }]`. */
function stated(path) {
  const { license, licenses } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
  const found = license?.type ?? license ?? licenses?.map(({ type }) => type).join(' AND ');
  if (!found) throw new Error(`${path} states no licence: look at it by hand`);
  return found;
}

/** The named packages and, from each on, its dependencies as Node resolves them. */
function inTheWidget() {
  const found = new Map();
  const visit = (name, from) => {
    const path = resolve(name, from);
    if (found.has(path)) return;
    found.set(path, describe(path, locked[path]));
    for (const dependency of Object.keys(locked[path].dependencies ?? {})) visit(dependency, path);
  };
  for (const name of IN_THE_WIDGET) visit(name, '');
  return [...found.values()].sort(byName);
}

function resolve(name, from) {
  for (let folder = from; ; folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const path = `${folder}${folder ? '/' : ''}node_modules/${name}`;
    if (locked[path]) return path;
    if (folder === '') throw new Error(`${name}, which ${from} needs, is not in package-lock.json`);
  }
}

function licenceText(path) {
  const folder = join(root, path);
  const name = existsSync(folder) && readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!name) throw new Error(`${path} has no licence file`);
  return readFileSync(join(folder, name), 'utf8');
}

function quoted(text) {
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => `    ${line}`.trimEnd());
}
