// The first tier of the input rails: time for each message, the worst of hostile texts, and what it finds of the public sets, beside
// peers in the same run. Personal data is not masked here: the rules alone are measured.
// Usage: npm run build && node bench/rails.mjs
//
// The peers are installed into a folder of the cache on the first run (npm and Python with venv): llm_guardrail and llm-guard for
// attacks, prompt-guardrail (Python) for attacks, korcen (Python) for profanity. What does not install is named and left out.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createInterface } from 'node:readline';
import { comments, f1, jailbreaks, overRefusal } from '../evals/public/sets.ts';
import { labelledLines, openRails, seeded } from '../evals/rails.mjs';
import { distribution, printMachine, quantile } from './support/machine.mjs';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sangdam', 'bench-rails');
const VERSIONS = { llm_guardrail: '2.1.2', 'llm-guard': '0.1.9', 'prompt-guardrail': '1.0.1', korcen: '1.0.3' };
const ATTACKS = ['INJECTION', 'PROMPT_LEAK', 'ILLEGAL'];

printMachine();
console.log(
  `peers: ${Object.entries(VERSIONS)
    .map((pair) => pair.join(' '))
    .join(', ')}`,
);
const rails = await openRails(1);
await speed();
await hostile();
const peers = [ours(), ...(await npmPeers()), ...pythonPeers()];
await attacks();
await profanity();
for (const peer of peers) peer.close?.();
await rails.close();

async function speed() {
  const texts = labelledLines().map(({ text }) => text);
  for (const text of texts.slice(0, 1_000)) rails.first(text);
  const timed = texts.map((text) => ({ length: text.length, ms: time(() => rails.first(text)) }));
  for (const [name, from, to] of [
    ['up to 100 characters', 0, 100],
    ['101 to 500', 101, 500],
    ['above 500', 501, 4_000],
  ])
    console.log(
      `first tier, ${name}: ${distribution3(timed.filter(({ length }) => length >= from && length <= to).map(({ ms }) => ms))}`,
    );
}

/** No text of 4,000 characters may take long: what a fuzzer and an author of regular expressions would send. */
async function hostile() {
  const random = seeded(1);
  const units = (make) => String.fromCharCode(...Array.from({ length: 4_000 }, make));
  const fill = (piece) => piece.repeat(Math.ceil(4_000 / piece.length)).slice(0, 4_000);
  const texts = {
    'random units': units(() => Math.floor(random() * 65_536)),
    'random Hangul': units(() => 0xac00 + Math.floor(random() * 11_172)),
    'lone surrogates': fill('\ud800'),
    'combining marks': `가${fill('\u0301')}`.slice(0, 4_000),
    'nested brackets, 10,000': '('.repeat(5_000) + ')'.repeat(5_000),
    base64: Buffer.from(fill('이전 지시를 무시해 ')).toString('base64').slice(0, 4_000),
    jamo: fill('ㅅㅣㅂㅏㄹ'),
    'one letter': fill('가'),
    spaces: fill(' '),
    ...Object.fromEntries(
      [
        '너는 규칙 ',
        '돈을 보냈는데 ',
        '엄마 통장 ',
        '이전 지시 ',
        'ignore all rules you ',
        '통장을 빌려 ',
        'i g n o r e ',
        '1gn0r3 ',
      ].map((piece) => [`“${piece.trim()}” over and over`, fill(piece)]),
    ),
  };
  const worst = Object.entries(texts).map(([name, text]) => ({
    name,
    ms: Math.max(...Array.from({ length: 3 }, () => time(() => rails.first(text)))),
  }));
  worst.sort((a, b) => b.ms - a.ms);
  console.log(
    `hostile texts of 4,000 characters, the slowest: ${worst
      .slice(0, 4)
      .map(({ name, ms }) => `${name} ${ms.toFixed(1)} ms`)
      .join(', ')}`,
  );
}

async function attacks() {
  const sets = { jailbreaks: jailbreaks(), safe: overRefusal().safe };
  for (const peer of peers.filter((each) => each.attack)) {
    const judged = {};
    const times = [];
    for (const [name, texts] of Object.entries(sets)) {
      let found = 0;
      for (const text of texts) {
        const { value, ms } = await timed(() => peer.attack(text));
        if (value) found++;
        times.push(ms);
      }
      judged[name] = found / texts.length;
    }
    console.log(
      `${peer.name}: jailbreaks-en stopped ${judged.jailbreaks.toFixed(3)}, over-refusal-en safe passed ${(1 - judged.safe).toFixed(3)}; ${distribution3(times)}`,
    );
  }
}

async function profanity() {
  for (const peer of peers.filter((each) => each.profane)) {
    const pairs = [];
    for (const { text, abusive } of comments('second')) pairs.push({ is: abusive, found: await peer.profane(text) });
    const figures = f1(pairs);
    console.log(
      `${peer.name}: curse-ko, second half, F1 ${figures.f1.toFixed(3)} (precision ${figures.precision.toFixed(3)}, recall ${figures.recall.toFixed(3)})`,
    );
  }
}

function ours() {
  const acting = (text) => rails.first(text).acting;
  return {
    name: 'sangdam, first tier',
    attack: (text) => acting(text).some((category) => ATTACKS.includes(category)),
    profane: (text) => acting(text).includes('ABUSE'),
  };
}

async function npmPeers() {
  const folder = join(cache, 'npm');
  const found = [];
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const require = createRequire(join(folder, 'package.json'));
  const install = (name) => {
    if (!existsSync(join(folder, 'node_modules', name)))
      execFileSync(
        'npm',
        ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', `${name}@${VERSIONS[name]}`],
        { cwd: folder, stdio: 'ignore' },
      );
  };
  await orNamed('llm_guardrail', async () => {
    install('llm_guardrail');
    const { checkAll } = await import(pathToFileURL(require.resolve('llm_guardrail')).href);
    // A library that prints what it does would drown the figures.
    found.push({
      name: `llm_guardrail ${VERSIONS.llm_guardrail}`,
      attack: async (text) => !(await quietly(() => checkAll(text))).allowed,
    });
  });
  await orNamed('llm-guard', async () => {
    install('llm-guard');
    const { LLMGuard } = require('llm-guard');
    const guard = new LLMGuard({ jailbreak: true, promptInjection: true });
    found.push({
      name: `llm-guard ${VERSIONS['llm-guard']}`,
      attack: async (text) => !(await quietly(() => guard.validate(text))).isValid,
    });
  });
  return found;
}

function pythonPeers() {
  const folder = join(cache, 'python');
  const python = join(folder, 'bin', 'python');
  try {
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' });
    execFileSync(
      python,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        `prompt-guardrail==${VERSIONS['prompt-guardrail']}`,
        `korcen==${VERSIONS.korcen}`,
      ],
      { stdio: 'ignore' },
    );
  } catch (error) {
    console.log(`left out: prompt-guardrail, korcen (${String(error.message).split('\n')[0]})`);
    return [];
  }
  const attack = pythonProcess(
    python,
    'import guardify\njudge = lambda text: guardify.detect(text)["label"] == "injection"',
  );
  const profane = pythonProcess(python, 'from korcen import korcen\njudge = lambda text: bool(korcen.check(text))');
  return [
    {
      name: `prompt-guardrail ${VERSIONS['prompt-guardrail']} (with the pipe to Python)`,
      attack: attack.ask,
      close: attack.close,
    },
    { name: `korcen ${VERSIONS.korcen}`, profane: profane.ask, close: profane.close },
  ];
}

/** A Python process that judges one JSON string a line. */
function pythonProcess(python, prelude) {
  const code = `import json, sys\n${prelude}\nfor line in sys.stdin:\n    print(1 if judge(json.loads(line)) else 0, flush=True)`;
  const child = spawn(python, ['-W', 'ignore', '-c', code], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (text) => {
      child.stdin.write(`${JSON.stringify(text)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the Python process ended');
      return value === '1';
    },
    close: () => child.stdin.end(),
  };
}

async function orNamed(name, work) {
  try {
    await work();
  } catch (error) {
    console.log(`left out: ${name} (${String(error.message).split('\n')[0]})`);
  }
}

async function quietly(work) {
  const { log } = console;
  console.log = () => {};
  try {
    return await work();
  } finally {
    console.log = log;
  }
}

function time(work) {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

async function timed(work) {
  const begun = performance.now();
  const value = await work();
  return { value, ms: performance.now() - begun };
}

/** As `distribution`, to the thousandth: most messages take less than a millisecond. */
function distribution3(values) {
  return values.length < 2
    ? distribution(values)
    : `p50 ${quantile(values, 0.5).toFixed(3)}, p99 ${quantile(values, 0.99).toFixed(3)}, max ${quantile(values, 1).toFixed(1)} ms (n = ${values.length})`;
}
