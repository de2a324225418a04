// The checks of one sentence of an answer: time with up to eight sources, the worst of hostile sentences, and the second opinion alone.
// Usage: npm run build && node bench/output-rails.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ANSWER_INSTRUCTIONS } from '../dist/conversation/answer-prompt.js';
import {
  GUARDRAILS_FOLDER,
  OutputClassifier,
  OutputRails,
  PhoneRegistry,
  readSentences,
  RuleSet,
} from '../dist/guardrails/index.js';
import { splitSentences } from '../dist/text/sentences.js';
import { printMachine, quantile } from './support/machine.mjs';

const ROUNDS = 3;
const SOURCES = 8;

printMachine();
const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
const classifier = OutputClassifier.load(GUARDRAILS_FOLDER);
const rails = new OutputRails(RuleSet.load(GUARDRAILS_FOLDER), phones, classifier);
const folder = join(import.meta.dirname, '..', 'data', 'bank', 'exemplars');
const answers = readdirSync(folder)
  .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')))
  .map(({ answer }) => phones.render(answer.trim()));
const labelled = readSentences(join(GUARDRAILS_FOLDER, 'output-lines')).map(({ text }) => text);
const promptText = ANSWER_INSTRUCTIONS;
const question = '정기예금을 중간에 해지하면 어떻게 되나요?';

const approved = answers.flatMap((answer, at) =>
  splitSentences(answer).map((sentence) => ({ sentence: `네, ${sentence}`, sources: answersFrom(at, SOURCES) })),
);
const others = labelled.map((sentence, at) => ({ sentence, sources: answersFrom(at, SOURCES) }));
for (const [name, some] of [
  ['retold sentences of approved answers', approved],
  ['labelled sentences', others],
]) {
  for (const each of some.slice(0, 500)) check(each);
  const times = Array.from({ length: ROUNDS }, () => some.map((each) => time(() => check(each)))).flat();
  console.log(`${name}, ${SOURCES} sources: ${distribution(times)}`);
}
const alone = labelled.map((sentence) => time(() => classifier.finding(sentence)));
console.log(`second opinion alone: ${distribution(alone)}`);
const unread = answers
  .slice(0, 200)
  .map((answer, at) => time(() => rails.check('네, 그렇습니다.', { sources: [`${answer} (${at})`] })));
console.log(`a source that was not read before: ${distribution(unread)}`);
hostile();

function check({ sentence, sources }) {
  return rails.check(sentence, { sources, question, promptText });
}

function answersFrom(at, count) {
  return Array.from({ length: count }, (_, n) => answers[(at + n * 7) % answers.length]);
}

/** The splitter ends a sentence at 200 characters; these are what no sentence should become. */
function hostile() {
  const fill = (piece) => piece.repeat(Math.ceil(4_000 / piece.length)).slice(0, 4_000);
  const texts = {
    'one letter': fill('가'),
    spaces: `가${fill(' ')}`.slice(0, 4_000),
    digits: fill('1'),
    'digits and commas': fill('1,'),
    'combining marks': `가${fill('\u0301')}`.slice(0, 4_000),
    'lone surrogates': fill('\ud800'),
    jamo: fill('ㅅㅣㅂㅏㄹ'),
    'numerals in words': fill('이십삼만오천'),
    'the prompt, spaced': fill([...promptText].join(' ')),
    base64: Buffer.from(fill('승인을 약속드립니다 ')).toString('base64').slice(0, 4_000),
    brackets: '('.repeat(2_000) + ')'.repeat(2_000),
    ...Object.fromEntries(
      [
        '무조건 승인 ',
        '원금 손실 ',
        '다른 은행 ',
        '제가 받은 ',
        '수수료 면제 ',
        '연 3.5% ',
        '제3조의2 ',
        '/etc/bank ',
        'you will ',
      ].map((piece) => [`“${piece.trim()}” over and over`, fill(piece)]),
    ),
  };
  const sources = answersFrom(0, SOURCES);
  const worst = Object.entries(texts)
    .map(([name, sentence]) => ({
      name,
      ms: Math.max(...Array.from({ length: 3 }, () => time(() => check({ sentence, sources })))),
    }))
    .sort((a, b) => b.ms - a.ms);
  console.log(
    `sentences of 4,000 characters, the slowest: ${worst
      .slice(0, 4)
      .map(({ name, ms }) => `${name} ${ms.toFixed(1)} ms`)
      .join(', ')}`,
  );
}

function time(work) {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

function distribution(values) {
  return `p50 ${quantile(values, 0.5).toFixed(3)}, p99 ${quantile(values, 0.99).toFixed(3)}, max ${quantile(values, 1).toFixed(1)} ms (n = ${values.length})`;
}
