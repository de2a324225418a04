// Writes guardrails/pii/common-words.yaml: words of the texts that ship (data/bank, data/statutes) that have the form of a Korean name.
// Usage: after a build, node scripts/common-words.mjs
// What a word begins with counts, since Korean writes particles and compounds in one word. Given names that are common stay out: whether
// 수정 is a word or a person is decided by hand (givenNouns and stopWords of guardrails/pii/names.yaml).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, shipped } from '../dist/config/package-root.js';
import { filesUnder } from '../dist/knowledge/importer.js';
import { readKnowledge } from '../dist/knowledge/readers/reading.js';
import { SHIPPED_FOLDERS } from '../dist/knowledge/shipped-knowledge.js';
import {
  familiarNameLength,
  hasNameForm,
  isCompoundNoun,
  isInflectedNoun,
  startsWithGivenName,
} from '../dist/privacy/name-lexicon.js';

/** Fewer may be a slip of the pen. */
const LEAST = 2;

const beginnings = new Map();
for (const file of await filesUnder(SHIPPED_FOLDERS.map((parts) => shipped(...parts))))
  for (const text of await textsOf(file))
    for (const [word] of text.matchAll(/(?<![가-힣A-Za-z])[가-힣]{2,}/g))
      for (const length of [2, 3]) if (word.length >= length) count(word.slice(0, length));

const common = [...beginnings]
  .filter(([, times]) => times >= LEAST)
  .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
const words = common.map(([word]) => word).filter((word) => hasNameForm(word));
const nouns = words.filter((word) => word.length === 2 && !startsWithGivenName(word));
const known = new Set(nouns);
const longWords = words.filter((word) => word.length === 3 && !isInflectedNoun(word, known));
const hasGivenName = (word) => startsWithGivenName(word.slice(1));
const isCovered = (word) => isCompoundNoun(word, known) && familiarNameLength(word) === 0;
const longNouns = longWords.filter((word) => !hasGivenName(word) && !isCovered(word));
const nameLike = longWords.filter(hasGivenName);

writeFileSync(
  join(packageRoot, 'guardrails', 'pii', 'common-words.yaml'),
  `# Words that have the form of a Korean name and are none: what at least ${LEAST} words of the statutes and answers in data/ begin with.
# \`nouns\` have the form surname + one syllable, \`longNouns\` surname + two, \`nameLike\` that of a name that is common (a cue or a title is
# needed then); a noun of the first list with a particle, a verb's or a noun's ending (유지는, 동의해, 인수인) is covered by the first list.
# Written by scripts/common-words.mjs from texts that are public domain (data/statutes/README.md) or this project's own (Apache-2.0).
nouns: [
${lines(nouns)}]
longNouns: [
${lines(longNouns)}]
nameLike: [
${lines(nameLike)}]
`,
);

function count(word) {
  beginnings.set(word, (beginnings.get(word) ?? 0) + 1);
}

async function textsOf(file) {
  const { documents, exemplars } = await readKnowledge(file, { name: file });
  return [
    ...documents.flatMap(({ title, sections }) => [title, ...sections.map(({ text }) => text)]),
    ...exemplars.flatMap(({ question, phrasings, answer }) => [question, ...phrasings, answer]),
  ];
}

function lines(list) {
  const rows = [];
  for (let at = 0; at < list.length; at += 24) rows.push(`  ${list.slice(at, at + 24).join(', ')}`);
  return rows.join(',\n');
}
