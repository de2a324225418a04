// data/calibration.json: how a hit's scores become the probability that it answers the question. Deterministic.
//   node scripts/prepare.mjs && node evals/calibration.mjs [--check]
// With SANGDAM_EMBEDDING_… and SANGDAM_CALIBRATION set: for that embedder, into that file.
// Questions: each phrasing of a shipped exemplar, asked while its own vector is left out; the statute questions. For every
// fifth phrasing the right exemplar and its neighbours of the same need are taken away, since customers ask what nobody has
// approved yet. One half (by hash of the exemplar's id) is fitted on, the other measured. --check measures without writing.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const built = (name) => import(new URL(`../dist/${name}.js`, import.meta.url));
const [{ EmbeddedDatabase }, { migrate }, { openEmbedder }, { openKnowledge }, { Settings }, { SystemClock }, { FEATURE_NAMES, probability }, { bigrams }] =
  await Promise.all(
    ['database/embedded-database', 'database/migrations', 'models/open-embedder', 'knowledge/knowledge', 'config/settings', 'config/clock', 'knowledge/calibration', 'text/bigrams'].map(built),
  );

/** Hits of a question that become examples: beyond them hardly anything is right. */
const DEPTH = 5;
/** A passage answers a phrasing where it belongs to a cited document and holds most of the model answer (share of bigrams). */
const COVERED = 0.6;
const clock = new SystemClock();
const settings = Settings.read();
const embedder = await openEmbedder(settings);
if (!embedder.available) throw new Error(`no embedder: ${embedder.reason}`);
const database = await EmbeddedDatabase.open();
await migrate(database);
const knowledge = openKnowledge(database, embedder, clock);
for await (const event of knowledge.shipped.load()) if (event.event === 'skipped') throw new Error(event.reason);
for await (const { done, total } of knowledge.build.run()) console.error(`vectors: ${done} of ${total}`);
// The graph indexes are built with random numbers; without them the nearest are exact and each run gives the same figures.
const { number } = await knowledge.vectors.own();
await database.script(`DROP INDEX passage_vectors_${number}_hnsw, exemplar_vectors_${number}_hnsw`);

const asked = [...(await phrasings()), ...statuteQuestions()];
const calibration = { embedder: embedder.id };
const report = { questions: asked.length };
for (const [mode, retriever] of [
  ['dense', knowledge.retriever],
  ['lexical', openKnowledge(database, off(), clock).retriever],
]) {
  const examples = await examplesOf(retriever);
  calibration[mode] = {};
  report[mode] = {};
  for (const kind of ['exemplar', 'document', 'statute']) {
    const ofKind = examples.filter((example) => example.kind === kind);
    calibration[mode][kind] = fit(ofKind.filter(({ held }) => !held));
    report[mode][kind] = reliability(calibration[mode][kind], ofKind.filter(({ held }) => held));
  }
  report[mode].merged = merged(examples, calibration[mode]);
}
console.log(JSON.stringify(report, null, 2));
if (!process.argv.includes('--check')) writeFileSync(settings.calibrationFile, `${JSON.stringify(calibration, null, 2)}\n`);
await database.close();
await embedder.close();

function off() {
  return { id: 'off', available: false, dimensions: 0, embed: () => Promise.reject(new Error('off')) };
}

function hashed(text) {
  return createHash('sha256').update(text).digest()[0];
}

async function phrasings() {
  const versions = (await Array.fromAsync(knowledge.repository.exemplarsOn(null))).flat();
  const stored = await knowledge.repository.readExemplars(versions);
  return stored.flatMap(({ exemplar, vectors }) =>
    exemplar.phrasings.map((query, at) => ({
      set: 'phrasing',
      query,
      held: hashed(exemplar.id) % 2 === 1,
      leaveOut: new Set([vectors[2 + at].key]), // after the question's and the pair's
      absent: hashed(query) % 5 === 0,
      exemplar,
      answer: new Set(bigrams(exemplar.answer)),
    })),
  );
}

function statuteQuestions() {
  const { queries } = JSON.parse(readFileSync(path('evals/statutes/finreg-single-hop.json'), 'utf8'));
  return queries.map(({ qid, query, evidence }) => ({ set: 'statute', query, held: hashed(qid) % 2 === 1, evidence }));
}

/** One example a hit: its features, whether it is right, and which question it came from. */
async function examplesOf(retriever) {
  const examples = [];
  for (const question of asked) {
    const { exemplars, passages } = await retriever.rank(question.query, 'none', undefined, question.leaveOut);
    const kept = question.absent ? withMargins(exemplars.filter(({ unit }) => unit.exemplar.need !== question.exemplar.need)) : exemplars;
    const add = (kind, ranking, right) =>
      ranking.slice(0, DEPTH).forEach((hit, rank) => examples.push({ kind, rank, question, held: question.held, right: right(hit.unit), ...features(hit) }));
    add('exemplar', kept, ({ id }) => question.set === 'phrasing' && id === question.exemplar.id);
    const answers = (unit) => (question.set === 'phrasing' ? answersPhrasing(unit, question) : isEvidence(unit, question));
    add('document', passages.filter(({ unit }) => unit.document.kind !== 'statute'), answers);
    add('statute', passages.filter(({ unit }) => unit.document.kind === 'statute'), answers);
  }
  return examples;
}

function features(hit) {
  return Object.fromEntries(FEATURE_NAMES.map((name) => [name, hit[name]]));
}

function withMargins(ranking) {
  const [first, second] = [ranking[0]?.score ?? 0, ranking[1]?.score ?? 0];
  return ranking.map((hit, rank) => ({ ...hit, margin: hit.score - (rank === 0 ? second : first) }));
}

function isEvidence({ document, passages: [first] }, { evidence }) {
  return evidence.some(({ law, article_no }) => law === document.title && article_no === first.article);
}

function answersPhrasing({ document, passages }, { exemplar, answer }) {
  const cited =
    exemplar.documents.includes(document.id) ||
    exemplar.statutes.some(({ law, article }) => law === document.title && article === passages[0].article);
  if (!cited) return false;
  const text = new Set(passages.flatMap((passage) => bigrams(`${passage.heading} ${passage.text}`)));
  return answer.intersection(text).size / answer.size >= COVERED;
}

/** Logistic regression by Newton's method, with a small ridge so that it always converges. */
function fit(examples) {
  const ridge = 1;
  const size = FEATURE_NAMES.length + 1;
  const rows = examples.map((example) => [1, ...FEATURE_NAMES.map((name) => example[name])]);
  const mean = FEATURE_NAMES.map((_, j) => rows.reduce((sum, row) => sum + row[j + 1], 0) / rows.length);
  const spread = FEATURE_NAMES.map((_, j) => Math.sqrt(rows.reduce((sum, row) => sum + (row[j + 1] - mean[j]) ** 2, 0) / rows.length) || 1);
  const scaled = rows.map((row) => row.map((value, j) => (j === 0 ? 1 : (value - mean[j - 1]) / spread[j - 1])));
  let weights = Array.from({ length: size }, () => 0);
  for (let step = 0; step < 50; step++) {
    const gradient = weights.map((weight, j) => (j === 0 ? 0 : -ridge * weight));
    const hessian = weights.map((_, i) => weights.map((__, j) => (i === j && i > 0 ? ridge : 0)));
    for (const [at, row] of scaled.entries()) {
      const p = 1 / (1 + Math.exp(-row.reduce((sum, value, j) => sum + value * weights[j], 0)));
      const error = Number(examples[at].right) - p;
      for (let i = 0; i < size; i++) {
        gradient[i] += error * row[i];
        for (let j = 0; j < size; j++) hessian[i][j] += p * (1 - p) * row[i] * row[j];
      }
    }
    const change = solve(hessian, gradient);
    weights = weights.map((weight, j) => weight + change[j]);
    if (Math.max(...change.map(Math.abs)) < 1e-8) break;
  }
  const slopes = FEATURE_NAMES.map((_, j) => weights[j + 1] / spread[j]);
  const intercept = weights[0] - slopes.reduce((sum, slope, j) => sum + slope * mean[j], 0);
  return { intercept: digits(intercept), weights: Object.fromEntries(FEATURE_NAMES.map((name, j) => [name, digits(slopes[j])])) };
}

/** Gaussian elimination with pivots. */
function solve(matrix, vector) {
  const rows = matrix.map((row, i) => [...row, vector[i]]);
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    const pivot = rows.reduce((best, row, r) => (r >= i && Math.abs(row[i]) > Math.abs(rows[best][i]) ? r : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let r = i + 1; r < n; r++) {
      const factor = rows[r][i] / rows[i][i];
      for (let c = i; c <= n; c++) rows[r][c] -= factor * rows[i][c];
    }
  }
  const solution = Array.from({ length: n }, () => 0);
  for (let i = n - 1; i >= 0; i--) {
    const known = solution.reduce((sum, value, c) => (c > i ? sum + rows[i][c] * value : sum), 0);
    solution[i] = (rows[i][n] - known) / rows[i][i];
  }
  return solution;
}

/** On first hits, which decide: mean confidence against the share that is right, in five equal steps, and the Brier score. */
function reliability(model, examples) {
  const first = examples.filter(({ rank }) => rank === 0).map((example) => ({ p: probability(model, example), right: Number(example.right) }));
  const bins = [0, 1, 2, 3, 4].map((bin) => first.filter(({ p }) => Math.min(4, Math.floor(p * 5)) === bin));
  const mean = (list, value) => (list.length ? digits(list.reduce((sum, item) => sum + value(item), 0) / list.length, 3) : null);
  return {
    n: first.length,
    right: mean(first, ({ right }) => right),
    brier: mean(first, ({ p, right }) => (p - right) ** 2),
    bins: bins.map((bin) => ({ n: bin.length, confidence: mean(bin, ({ p }) => p), right: mean(bin, ({ right }) => right) })),
  };
}

/** The merged list on the held-out half: is a right source first, is one among the first five. */
function merged(examples, models) {
  const figures = {};
  for (const set of ['phrasing', 'statute']) {
    const questions = asked.filter((question) => question.held && question.set === set && !question.absent);
    const ranks = questions.map((question) => {
      const hits = examples.filter((example) => example.question === question).map((example) => ({ ...example, p: probability(models[example.kind], example) }));
      hits.sort((a, b) => b.p - a.p);
      const right = (kind) => hits.findIndex((hit) => hit.right && (kind === undefined || hit.kind === kind));
      return { any: right(), own: right(set === 'phrasing' ? 'exemplar' : 'statute') };
    });
    const share = (within, which) => digits(ranks.filter((rank) => rank[which] >= 0 && rank[which] < within).length / ranks.length, 3);
    figures[set] = { n: ranks.length, own1: share(1, 'own'), own5: share(5, 'own'), any1: share(1, 'any'), any5: share(5, 'any') };
  }
  return figures;
}

function digits(value, places = 4) {
  return Math.round(value * 10 ** places) / 10 ** places;
}
