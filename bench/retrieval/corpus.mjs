// A bank's knowledge at size, composed from the shipped one: see docs/benchmarks.md for how near it is to real text.
//
// An exemplar is one of the shipped ones told anew: its question and phrasings with a product's or a place's name in it, words of
// other customers, other figures, a slip of the finger; its answer with sentences left out and others of the bank's sheets and of
// the statutes added. Names are made of syllables in the order in which the shipped texts have them, so that rare bigrams go on
// coming with every thousand texts, as they do in real ones.
//
// A vector is the real one of the text that was told anew, moved a part of the way to that of another question or answer of the bank
// (words of it came in) and a little to the side. The lengths are those at which the cosines to the text before and to the nearest
// others are as with vectors that the embedder makes of composed texts: `node bench/retrieval.mjs --describe` prints both.
import { Random } from './random.mjs';

const NAMES = 6_000;
/** Share of the way to another text, and length of the move aside (a unit vector's length is 1). */
const MOVE = { towards: 0.2, aside: 0.2 };
/** Both vary from text to text: standard deviation of their logarithm. */
const SPREAD = 0.35;

/** Exemplars and documents told anew from the shipped ones. */
export class Corpus {
  /**
   * @param exemplars shipped exemplars, each `{question, phrasings, answer, topic, need, …}`
   * @param documents shipped documents with their passages
   */
  constructor(exemplars, documents, seed = 20261125) {
    this.random = new Random(seed);
    this.exemplars = exemplars;
    this.phrasings = exemplars.flatMap(({ question, phrasings }) => [question, ...phrasings]);
    const statutes = documents.filter(({ kind }) => kind === 'statute');
    this.sheets = documents.filter(({ kind }) => kind !== 'statute');
    const sentencesOf = (list) => list.flatMap(({ passages }) => passages.flatMap(({ text }) => sentences(text)));
    this.sentences = {
      bank: [...exemplars.flatMap(({ answer }) => sentences(answer)), ...sentencesOf(this.sheets)],
      law: sentencesOf(statutes),
    };
    this.names = madeNames(this.random, [...this.sentences.bank, ...this.sentences.law], NAMES);
  }

  /** A new one, and what its texts were before: the shipped one with those of its phrasings that are told anew. */
  exemplar(n) {
    const { random } = this;
    const base = random.pick(this.exemplars);
    const name = random.pickByRank(this.names);
    const phrasings = random.shuffled(base.phrasings).slice(0, random.between(0, 4));
    const exemplar = {
      id: `made-${n}`,
      need: base.need,
      topic: random.chance(0.5) ? `${name} ${base.topic}` : base.topic,
      question: this.toldAnew(base.question, name),
      phrasings: phrasings.map((phrasing) => this.toldAnew(phrasing, name)),
      answer: this.answer(base, name),
      documents: base.documents,
      statutes: base.statutes,
      status: 'approved',
      sensitive: base.sensitive,
      source: 'bench',
    };
    return { exemplar, before: { ...base, phrasings } };
  }

  /** A sheet told anew, and the shipped one. */
  document(n) {
    const { random } = this;
    const before = random.pick(this.sheets);
    const name = random.pickByRank(this.names);
    const passages = before.passages.map((passage) => ({
      ...passage,
      text: this.varied(`${passage.text}\n${random.pick(this.sentences.bank)}`, name),
    }));
    const document = {
      ...before,
      id: `made-${n}`,
      title: `${name} ${before.title}`,
      source: 'bench',
      sections: [],
      passages,
    };
    return { document, before };
  }

  /** What a customer types who means a shipped question: words left out, changed or in another order, slips of the finger. */
  query() {
    const { random } = this;
    let words = random.pick(this.phrasings).split(' ');
    if (words.length > 2 && random.chance(0.4)) words.splice(random.below(words.length), 1);
    if (words.length > 2 && random.chance(0.2)) words = [...words.slice(1), words[0]];
    if (random.chance(0.3)) words = [...someWords(random, random.pick(this.phrasings)), ...words];
    return words.map((word) => (random.chance(0.08) ? slip(random, word) : word)).join(' ');
  }

  toldAnew(question, name) {
    const { random } = this;
    const words = this.varied(question, name).split(' ');
    if (words.length > 3 && random.chance(0.3)) words.splice(random.below(words.length - 1), 1);
    if (random.chance(0.5)) words.unshift(...someWords(random, random.pick(this.phrasings)));
    if (random.chance(0.4)) words.unshift(name);
    if (random.chance(0.15)) words[0] = slip(random, words[0]);
    return words.join(' ');
  }

  answer(base, name) {
    const { random } = this;
    const kept = sentences(base.answer).filter(() => random.chance(0.7));
    const length = random.between(2, 6);
    while (kept.length < length) kept.push(random.pick(random.chance(0.75) ? this.sentences.bank : this.sentences.law));
    return kept
      .slice(0, length)
      .map((sentence) => this.varied(sentence, name))
      .join(' ');
  }

  /** Another product's name and other figures. */
  varied(text, name) {
    const { random } = this;
    const renamed = random.chance(0.6) ? text.replaceAll('한결', name) : text;
    return renamed.replace(/(?<!\{\{[^}]*)\d+/g, (figure) =>
      random.chance(0.5) ? String(random.between(1, 10 ** Math.min(figure.length, 5) - 1)) : figure,
    );
  }
}

/** Vectors of texts told anew, from those of the texts before. */
export class Mover {
  /** @param vectors real vectors, `float32[dimensions]` each. */
  constructor(vectors, seed = 20261126) {
    this.vectors = vectors;
    this.random = new Random(seed);
  }

  /** Vectors of the texts of one exemplar or document, each from its own before; half of them move towards the same one. */
  moveTogether(vectors) {
    const { random } = this;
    const together = random.pick(this.vectors);
    return vectors.map((vector) => {
      const other = random.chance(0.5) ? together : random.pick(this.vectors);
      const share = Math.min(0.9, MOVE.towards * Math.exp(SPREAD * random.normal()));
      const length = MOVE.aside * Math.exp(SPREAD * random.normal());
      const aside = this.direction();
      return normalised(vector.map((value, d) => (1 - share) * value + share * other[d] + length * aside[d]));
    });
  }

  /** A direction in which meanings differ: the sum of six differences of real vectors, of length 1. */
  direction() {
    const sum = new Float32Array(this.vectors[0].length);
    for (let pair = 0; pair < 6; pair++) {
      const [a, b] = [this.random.pick(this.vectors), this.random.pick(this.vectors)];
      for (let d = 0; d < sum.length; d++) sum[d] += a[d] - b[d];
    }
    return normalised(sum);
  }
}

function normalised(vector) {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}

function sentences(text) {
  return text
    .split(/(?<=[.?!])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length > 10);
}

function someWords(random, text) {
  const words = text.split(' ');
  const from = random.below(words.length);
  return words.slice(from, from + random.between(1, 3));
}

/** A syllable left out, doubled, or exchanged with the next. */
function slip(random, word) {
  const at = random.below(word.length);
  const way = random.below(3);
  if (word.length < 2 || way === 0) return word.slice(0, at) + word[at] + word.slice(at);
  if (way === 1) return word.slice(0, at) + word.slice(at + 1);
  return at + 1 < word.length ? word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2) : word;
}

/** Words of two to four syllables, each syllable one that follows the one before somewhere in the texts or, now and then, any. */
function madeNames(random, texts, count) {
  const followers = new Map();
  const all = [];
  for (const text of texts)
    for (const [word] of text.matchAll(/[가-힣]{2,}/g))
      for (let at = 0; at + 1 < word.length; at++) {
        const list = followers.get(word[at]) ?? [];
        list.push(word[at + 1]);
        followers.set(word[at], list);
        all.push(word[at]);
      }
  const rare = [...new Set(all)];
  const names = new Set();
  while (names.size < count) {
    let name = random.pick(rare);
    const length = random.between(2, 4);
    while (name.length < length)
      name += random.chance(0.4) ? random.pick(rare) : random.pick(followers.get(name.at(-1)) ?? all);
    names.add(name);
  }
  return [...names];
}
