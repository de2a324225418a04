import { Corpus, Mover } from './corpus.mjs';
import { built, keyOf, openEmbedder, readStatic, shippedVectors, textsOfExemplar } from './store.mjs';

const [{ bigrams }, { exemplarTexts, pairText }, { indexedText }] = await Promise.all(
  ['text/bigrams', 'knowledge/exemplar', 'knowledge/passages'].map(built),
);

/** Exemplars whose vectors are both made by the embedder and moved. */
const EMBEDDED = 150;

/** How near the composed texts and vectors are to real ones. */
export async function describe({ exemplars: count }) {
  const embedder = await openEmbedder();
  const shipped = await readStatic();
  const corpus = new Corpus(shipped.exemplars, shipped.documents);
  const made = Array.from({ length: count }, (_, n) => corpus.exemplar(n));
  const textOf = (exemplar) => `${exemplar.topic} ${pairText(exemplar)}`;
  const texts = made.map(({ exemplar }) => textOf(exemplar));
  const statutes = shipped.documents
    .filter(({ kind }) => kind === 'statute')
    .flatMap((d) => d.passages.map((p) => indexedText(d, p)));
  const few = shipped.exemplars.length;
  console.log(
    'texts | number | bigrams a text | different ones | share of the texts that hold the 1st, 10th, 100th, 1000th commonest',
  );
  const real = describeBigrams(`shipped exemplars`, shipped.exemplars.map(textOf));
  describeBigrams('composed, as many', texts.slice(0, few));
  describeBigrams('statutes, as many', everyNth(statutes, few));
  describeBigrams('statutes, all passages', statutes);
  describeBigrams('composed, as many', texts.slice(0, statutes.length));
  const all = describeBigrams('composed, all', texts);
  const queries = Array.from({ length: 2_000 }, () => [...new Set(bigrams(corpus.query()))]);
  for (const [name, { frequency, size }] of [
    ['shipped', real],
    ['composed', all],
  ])
    console.log(
      `postings that a question visits, for each text of the ${name}: ${quantiles(queries.map((terms) => terms.reduce((sum, term) => sum + (frequency.get(term) ?? 0), 0) / size))}`,
    );

  const vectors = await shippedVectors(shipped, embedder);
  const mover = new Mover(shipped.exemplars.flatMap(textsOfExemplar).map((text) => vectors.get(keyOf(text))));
  const sample = { embedded: [], moved: [], before: [], kinds: [] };
  for (const { exemplar, before } of made.slice(0, EMBEDDED)) {
    const kinds = exemplarTexts(exemplar).map(({ kind }) => kind);
    const vectorsBefore = textsOfExemplar(before).map((text) => vectors.get(keyOf(text)));
    for (const { kind, text } of textsOfExemplar(exemplar))
      sample.embedded.push(...(await embedder.embed([text], kind)));
    sample.moved.push(...mover.moveTogether(vectorsBefore));
    sample.before.push(...vectorsBefore);
    sample.kinds.push(...kinds);
  }
  await embedder.close();
  for (const way of ['embedded', 'moved']) {
    for (const kind of ['question', 'pair', 'phrasing']) {
      const at = sample.kinds.flatMap((found, index) => (found === kind ? [index] : []));
      console.log(
        `${way}, ${kind}: cosine to the text before ${quantiles(at.map((index) => dot(sample[way][index], sample.before[index])))}`,
      );
    }
    const around = sample[way].map((vector) => sample[way].map((other) => dot(vector, other)).sort((a, b) => b - a));
    for (const rank of [1, 10, 100])
      console.log(
        `${way}: cosine to the ${rank}. nearest of ${around.length}: ${quantiles(around.map((near) => near[rank]))}`,
      );
  }
}

function describeBigrams(name, texts) {
  const frequency = new Map();
  let length = 0;
  for (const text of texts) {
    const all = bigrams(text);
    length += all.length;
    for (const bigram of new Set(all)) frequency.set(bigram, (frequency.get(bigram) ?? 0) + 1);
  }
  const sorted = [...frequency.values()].sort((a, b) => b - a);
  const shares = [1, 10, 100, 1000].map((rank) => ((sorted[rank - 1] ?? 0) / texts.length).toFixed(3));
  console.log([name, texts.length, Math.round(length / texts.length), sorted.length, shares.join(', ')].join(' | '));
  return { frequency, size: texts.length };
}

function everyNth(list, count) {
  return Array.from({ length: count }, (_, at) => list[Math.floor((at * list.length) / count)]);
}

function dot(a, b) {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (
    [0.05, 0.5, 0.95].map((share) => sorted[Math.floor(share * sorted.length)].toFixed(3)).join(' / ') +
    ' (p5 / p50 / p95)'
  );
}
