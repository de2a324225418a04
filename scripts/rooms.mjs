// Imports between the rooms of src/ point one way. Part of `npm run lint`; prints file:line of each violation, exit 1 if any.
// Usage: node scripts/rooms.mjs [folder that holds src/]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A room may import what stands before it; rooms of one line are beside each other and know nothing of one another. */
const ORDER = [
  ['config'],
  ['database'],
  ['models'],
  ['text'],
  ['privacy'],
  ['guardrails'],
  ['accounts'],
  ['knowledge'],
  ['conversation'],
  ['chat', 'counselling', 'quality'],
  ['operations'],
  ['commands'],
];
/** main.ts, cli.ts and app.module.ts put the rooms together. */
const PROGRAM = 'the program';
const POSITION = new Map([...ORDER, [PROGRAM]].flatMap((rooms, position) => rooms.map((room) => [room, position])));

/** Plain functions and classes: only their *.module.ts knows Nest. */
const WITHOUT_NEST = new Set(['text', 'privacy']);

/** What runs in the browser takes the shapes of what it receives, and no code of the server. */
const WEB = 'web';
const WEB_TAKES_TYPES_OF = /^src\/(conversation\/|chat\/protocol\.|operations\/report\.)/;
const WEB_TAKES = /^src\/chat\/[\w.-]+\.schema\.json$/;

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const violations = sources(join(root, 'src')).flatMap(checkFile);
for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
if (violations.length > 0) process.exitCode = 1;

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

function checkFile(file) {
  const room = roomOf(file);
  if (!POSITION.has(room) && room !== WEB)
    return [{ file, line: 1, message: `src/${room} is no known room: give it a place in ORDER of scripts/rooms.mjs` }];
  const content = readFileSync(join(root, file), 'utf8');
  return importsOf(content).flatMap(({ specifier, typesOnly, line }) => {
    const fault = specifier.startsWith('.')
      ? faultOfPath(file, room, posix.join(posix.dirname(file), specifier), typesOnly)
      : faultOfPackage(file, room, specifier);
    return fault ? [{ file, line, message: `imports ${specifier}: ${fault}` }] : [];
  });
}

function roomOf(file) {
  const [, room, ...inside] = file.split('/');
  return inside.length > 0 ? room : PROGRAM;
}

/** Static and dynamic imports and re-exports. Code that is commented out does not start with `import`. */
function importsOf(content) {
  const found = [];
  const add = (match, specifier, typesOnly) =>
    found.push({ specifier, typesOnly, line: content.slice(0, match.index).split('\n').length });
  for (const match of content.matchAll(/^[ \t]*(?:import|export)\b([^'";]*?)\bfrom\s*['"]([^'"]+)['"]/gm))
    add(match, match[2], isTypesOnly(match[1]));
  for (const match of content.matchAll(/^[ \t]*import\s*['"]([^'"]+)['"]/gm)) add(match, match[1], false);
  for (const match of content.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)) add(match, match[1], false);
  return found;
}

/** `type { A }`, or `{ type A, type B }`. */
function isTypesOnly(clause) {
  if (/^\s*type\b/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/
    .exec(clause)?.[1]
    .split(',')
    .filter((name) => name.trim() !== '');
  return names !== undefined && names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}

function faultOfPackage(file, room, specifier) {
  const nest = specifier.startsWith('@nestjs/') || specifier === 'nestjs-pino';
  if (nest && WITHOUT_NEST.has(room) && !file.endsWith('.module.ts'))
    return `only the module file of ${room} may know Nest`;
  return undefined;
}

function faultOfPath(file, room, target, typesOnly) {
  if (/(^test\/|\.test\.[jt]sx?$)/.test(target)) return 'a source file does not import tests';
  if (!target.startsWith('src/')) return 'a source file imports only what is in src/';
  const from = roomOf(target);
  if (from === room) return undefined;
  if (room === WEB) return faultOfWeb(target, typesOnly);
  if (!POSITION.has(from)) return `nobody imports src/${from}`;
  if (POSITION.get(from) === POSITION.get(room)) return `${room} and ${from} stand beside each other`;
  if (POSITION.get(from) > POSITION.get(room)) return `${room} may not import ${from}, which stands to its right`;
  return faultOfDoor(from, target);
}

function faultOfWeb(target, typesOnly) {
  if (WEB_TAKES.test(target) || (typesOnly && WEB_TAKES_TYPES_OF.test(target))) return undefined;
  return 'pages take only the types of conversation, of the chat protocol and of the operations report, and the chat schema';
}

/** A room with an index.ts shows what it offers there, and its providers in its module file. */
function faultOfDoor(room, target) {
  const isDoor = new RegExp(`^src/${room}/(index|[\\w-]+\\.module)\\.[jt]s$`).test(target);
  if (isDoor || !existsSync(join(root, 'src', room, 'index.ts'))) return undefined;
  return `an inner file of ${room}; import ../${room}/index.js`;
}
