// How fast personal data is found, and how much of it, beside other engines in the same run.
// Usage: node scripts/prepare.mjs && node bench/pii.mjs [--alone]
//
// Messages: 100 characters each, made of the labelled sets. Worst cases: 4,000 characters of what makes patterns slow. Peers are
// installed from the registries into $SANGDAM_BENCH_CACHE (by default <cache>/sangdam/bench-pii); one that cannot be is named.
// F1 is over the labelled sets of evals/pii/sets, over a peer's own types and over all: our rules were mended on these
// sets, theirs were not, so ours is no estimate for other texts (docs/privacy.md says what is).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { agrees, readExamples } from '../evals/pii/labelled.ts';
import { printMachine, quantile, root } from './support/machine.mjs';

const WARM_UP = 2_000;
const MESSAGES = 5_000;
const LENGTH = 100;
const LONGEST = 4_000;
/** Seconds that the installation of a peer may take. */
const PATIENCE = 280;

const { PiiDetector } = await import(pathToFileURL(join(root, 'dist', 'privacy', 'detector.js')).href);
const { StreamMasker } = await import(pathToFileURL(join(root, 'dist', 'privacy', 'stream-masker.js')).href);
const { PII_TYPES } = await import(pathToFileURL(join(root, 'dist', 'privacy', 'types.js')).href);
const detector = new PiiDetector();
const sets = ['messages', 'documents', 'dialogues', 'negatives'].map((kind) => ({
  kind,
  examples: ['', 'fresh-'].flatMap((which) => readExamples(join(root, 'evals', 'pii', 'sets', `${which}${kind}.txt`))),
}));

printMachine();
const messages = messagesOf(sets.flatMap(({ examples }) => examples).map(({ turns: [text] }) => text));
for (let n = 0; n < WARM_UP; n++) detector.detect(messages[n % messages.length]);
print(
  `${LENGTH} characters, detect`,
  messages.map((text) => timeOf(() => detector.detect(text))),
);
print(
  `${LENGTH} characters, stream`,
  messages.slice(0, 1_000).map((text) => timeOf(() => streamed(text))),
);
for (const [name, text] of Object.entries(worstCases())) {
  const times = [1, 2, 3].map(() => timeOf(() => detector.detect(text)));
  console.log(`${LONGEST} characters, ${name.padEnd(28)} ${Math.min(...times).toFixed(1)} ms`);
}
console.log('');
await compare('sangdam', Object.keys(PII_TYPES), (text) => detector.detect(text));
if (!process.argv.includes('--alone')) await comparePeers();

function streamed(text) {
  const masker = new StreamMasker();
  return masker.push(text) + masker.end();
}

/** Messages of exactly LENGTH characters: texts put together and cut. */
function messagesOf(texts) {
  const all = texts.join(' ').replaceAll('\n', ' ');
  return Array.from({ length: MESSAGES }, (_, n) => {
    const start = (n * 61) % (all.length - LENGTH);
    return all.slice(start, start + LENGTH);
  });
}

function worstCases() {
  const fill = (piece) => piece.repeat(Math.ceil(LONGEST / piece.length)).slice(0, LONGEST);
  let seed = 20261125;
  const random = (below) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below;
  const some = (make) => Array.from({ length: LONGEST }, make).join('').slice(0, LONGEST);
  return {
    'random bytes': some(() => String.fromCharCode(random(256))),
    'random code units': some(() => String.fromCharCode(random(65_536))),
    'random Hangul': some(() => String.fromCharCode(0xac00 + random(11_172))),
    'lone surrogates': fill('\ud800'),
    'combining marks': fill('a\u0301'),
    'marks on one letter': `a${fill('\u0301')}`,
    'nested brackets': fill('('),
    digits: fill('1234567890'),
    'digits with spaces': fill('1 '),
    'digits with dots': fill('1.'),
    hyphens: fill('-'),
    stars: fill('*'),
    'at signs': fill('a@'),
    'one long word': fill('a'),
    base64: fill('aGVsbG8='),
    surnames: fill('김'),
    'repeated names': fill('김민수 '),
    'names with titles': fill('김 대리님 '),
    'roads with numbers': fill('가나로 1 '),
    towns: fill('서울시 강남구 역삼동 '),
    labels: fill('계좌번호 '),
    'labels of names': fill('이름은 '),
    secrets: fill('비밀번호 '),
    'spoken digits': fill('공일이삼사오육칠팔구'),
    'spoken dates': fill('구십삼년오월이십일일'),
    jamo: fill('ㄱㅣㅁ'),
    'line ends': fill('1\n'),
    'table cells': fill('|1'),
    questions: fill('비밀번호요?\n'),
    'spaced letters': fill('가 나 다 라 마 '),
  };
}

function timeOf(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function print(name, times) {
  const at = (share) => quantile(times, share).toFixed(3);
  console.log(`${name}: median ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms (n = ${times.length})`);
}

/** F1 on each set, and the engine's time for a message. `find` may be asynchronous; `timed` gives the engine's own time. */
async function compare(name, types, find, timed) {
  const known = new Set(types);
  const figures = [];
  for (const { kind, examples } of sets) {
    const own = { found: 0, right: 0, expected: 0 };
    const all = { found: 0, right: 0, expected: 0 };
    let touched = 0;
    for (const { turns, spans } of examples) {
      const found = (await find(turns[0])).map((span) => ({ turn: 0, ...span }));
      if (found.length > 0) touched++;
      const right = found.filter((finding) => spans.some((span) => agrees(span, finding))).length;
      for (const row of [own, all]) {
        row.found += found.length;
        row.right += right;
      }
      all.expected += spans.length;
      own.expected += spans.filter(({ type }) => known.has(type)).length;
    }
    figures.push(
      kind === 'negatives'
        ? `${kind} touched ${touched} of ${examples.length}`
        : `${kind} F1 ${f1(own)} of its types, ${f1(all)} of all`,
    );
  }
  const times = [];
  for (const text of messages.slice(0, 500)) times.push(timed ? await timed(text) : timeOf(() => find(text)));
  const speed = `${LENGTH} characters: median ${quantile(times, 0.5).toFixed(3)}, p99 ${quantile(times, 0.99).toFixed(3)} ms`;
  console.log(`${name} (${known.size} types): ${figures.join('; ')}; ${speed}`);
}

function f1({ found, right, expected }) {
  return (found + expected === 0 ? 1 : (2 * right) / (found + expected)).toFixed(3);
}

async function comparePeers() {
  const cache = process.env.SANGDAM_BENCH_CACHE ?? join(homedir(), '.cache', 'sangdam', 'bench-pii');
  mkdirSync(cache, { recursive: true });
  await attempt('@openai/guardrails', async () => {
    install(cache, join(cache, 'node_modules', '@openai', 'guardrails'), () => {
      writeFileSync(join(cache, 'package.json'), '{"private":true}');
      return [
        'npm',
        ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '@openai/guardrails'],
      ];
    });
    await compareGuardrails(createRequire(join(cache, 'package.json')));
  });
  const python = join(cache, 'python', 'bin', 'python');
  await attempt('Python', () => install(cache, python, () => ['python3', ['-m', 'venv', 'python']]));
  for (const [engine, name] of Object.entries({
    'ko-pii': 'ko-pii',
    maskingtape: 'maskingtape',
    presidio: 'presidio-analyzer',
  }))
    await attempt(name, async () => {
      const folder = name.replaceAll('-', '_');
      const site = execFileSync(python, ['-c', 'import site; print(site.getsitepackages()[0])'], {
        encoding: 'utf8',
      }).trim();
      install(cache, join(site, folder), () => [python, ['-m', 'pip', 'install', '-q', name]]);
      await comparePython(python, engine, name);
    });
}

/** A peer that does not install or run is named, and the run goes on. */
async function attempt(name, work) {
  try {
    await work();
  } catch (error) {
    console.log(
      `${name}: not compared: ${String(error.stderr || error.message)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
  }
}

function install(cache, result, command) {
  if (existsSync(result)) return;
  const [program, args] = command();
  execFileSync(program, args, { cwd: cache, stdio: 'pipe', timeout: PATIENCE * 1_000 });
}

/** Its answer has the values and no places: each is looked up in the text. */
async function compareGuardrails(require) {
  const { pii, PIIEntity } = require('@openai/guardrails/dist/checks/pii.js');
  const types = {
    KR_RRN: 'RRN',
    PHONE_NUMBER: 'PHONE',
    EMAIL_ADDRESS: 'EMAIL',
    CREDIT_CARD: 'CARD',
    IP_ADDRESS: 'IP',
    CVV: 'CVC',
  };
  const entities = Object.keys(types).map((name) => PIIEntity[name]);
  const find = async (text) => {
    const { info } = await pii(undefined, text, { entities, block: false });
    return Object.entries(info.detected_entities).flatMap(([entity, values]) =>
      values.map((value) => ({
        start: text.indexOf(value),
        end: text.indexOf(value) + value.length,
        type: types[entity],
      })),
    );
  };
  await compare('@openai/guardrails', Object.values(types), find, async (text) => {
    const start = performance.now();
    await find(text);
    return performance.now() - start;
  });
}

async function comparePython(python, engine, name) {
  const child = spawn(python, [join(root, 'bench', 'support', 'pii-peers.py'), engine], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(said || 'it ended');
    return JSON.parse(value);
  };
  try {
    const { types } = await next();
    const ask = async (text) => {
      child.stdin.write(`${JSON.stringify({ text })}\n`);
      return next();
    };
    const find = async (text) => {
      const units = [0];
      for (const character of text) units.push(units.at(-1) + character.length);
      return (await ask(text)).spans.map(([start, end, type]) => ({ start: units[start], end: units[end], type }));
    };
    await compare(name, types, find, async (text) => (await ask(text)).ms);
  } finally {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  }
}
