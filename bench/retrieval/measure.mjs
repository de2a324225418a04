import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Corpus } from './corpus.mjs';
import { BenchClock, built, openEmbedder, placeOf, readStatic, root } from './store.mjs';

const [
  { openDatabase },
  { openKnowledge },
  { Embedder },
  { VectorCache, writeVectorFile },
  { vectorLiteral },
  { LexicalIndex },
  { pairText },
] = await Promise.all(
  [
    'database/open-database',
    'knowledge/knowledge',
    'models/embedder',
    'models/vector-cache',
    'knowledge/vector-store',
    'knowledge/lexical-index',
    'knowledge/exemplar',
  ].map(built),
);

/** Hits that are asked for, as in a turn. */
const K = 4;
/** Questions at once in the test of concurrency, and how often. */
const AT_ONCE = 50;
const ROUNDS = 10;
/** Questions for which the exact nearest are computed. */
const EXACT = 100;
/** Questions to the peer. */
const PEER = 10;

/** The embedder of the service, or the vectors that it made before. */
class SwitchedEmbedder extends Embedder {
  recorded = false;

  constructor(embedder, records) {
    super();
    this.embedder = embedder;
    this.records = records;
  }

  get id() {
    return this.embedder.id;
  }

  get dimensions() {
    return this.embedder.dimensions;
  }

  get available() {
    return this.embedder.available;
  }

  async embed(texts, kind, signal) {
    return this.recorded ? texts.map((text) => this.records.get(text)) : this.embedder.embed(texts, kind, signal);
  }
}

export async function measure(options) {
  printMachine();
  const place = await placeOf(options);
  const shipped = await openEmbedder();
  const queries = await customersQuestions(options);
  const embedder = new SwitchedEmbedder(
    shipped,
    await vectorsOf(queries, shipped, join(dirname(place.folder), 'queries.vectors')),
  );
  const { database, retriever } = await start(place, embedder);
  await printSizes(database);

  embedder.recorded = true;
  await oneByOne('without the embedding, the first 50 after the start', queries.slice(0, 50), (query) =>
    retriever.retrieve(query, { k: K }),
  );
  await oneByOne('without the embedding', queries, (query) => retriever.retrieve(query, { k: K }));
  await atOnce('without the embedding', queries, retriever);
  embedder.recorded = false;
  await oneByOne('with the embedding', queries, (query) => retriever.retrieve(query, { k: K }));
  await atOnce('with the embedding', queries, retriever);

  console.log('parts alone:');
  await oneByOne('the embedder', queries, (query) => shipped.embed([query], 'query'));
  const [{ number: set }] = await database.query('SELECT number FROM vector_sets WHERE current');
  const nearest = (query) =>
    database.query(
      `SELECT (SELECT array_agg(key) FROM vector_cosines('exemplar_vectors_${set}', $1::vector, 200, '{}')) AS exemplars,
              (SELECT array_agg(key) FROM vector_cosines('passage_vectors_${set}', $1::vector, 100, '{}')) AS passages`,
      [vectorLiteral(embedder.records.get(query))],
    );
  await oneByOne('HNSW, exemplars and passages (upper bound)', queries, nearest);
  await printRecall(database, set, queries.slice(0, EXACT), embedder.records, nearest);
  await peer(database, queries.slice(0, PEER));
  await database.close();
  await shipped.close();
  console.log(`load at the end ${loadavg()[0].toFixed(1)}`);
}

async function start(place, embedder) {
  const before = process.memoryUsage.rss();
  const worked = process.threadCpuUsage();
  const pause = watchEventLoop();
  const opened = performance.now();
  const database = await openDatabase(place);
  const read = performance.now();
  const { retriever } = openKnowledge(database, embedder, new BenchClock());
  await retriever.warm();
  const { user, system } = process.threadCpuUsage(worked);
  console.log(
    `start: store opened in ${seconds(read - opened)} s, texts read into memory in ${seconds(performance.now() - read)} s ` +
      `(main thread ${seconds((user + system) / 1000)} s of work, longest pause ${pause()} ms); ` +
      `resident memory ${megabytes(process.memoryUsage.rss())} MB, ${megabytes(process.memoryUsage.rss() - before)} of them store and texts`,
  );
  return { database, retriever };
}

async function printSizes(database) {
  const [sizes] = await database.query(
    `SELECT (SELECT count(*)::int FROM exemplars) AS exemplars, (SELECT count(*)::int FROM exemplar_texts) AS vectors,
            (SELECT count(*)::int FROM passages) AS passages, current_setting('shared_buffers') AS cache`,
  );
  console.log(
    `${database.kind} store: ${sizes.exemplars} exemplars with ${sizes.vectors} vectors, ${sizes.passages} passages; page cache ${sizes.cache}`,
  );
}

async function oneByOne(name, queries, ask) {
  const times = [];
  const pause = watchEventLoop();
  const worked = process.cpuUsage();
  const workedHere = process.threadCpuUsage();
  for (const query of queries) {
    const asked = performance.now();
    await ask(query);
    times.push(performance.now() - asked);
  }
  const work = ({ user, system }) => ((user + system) / 1000 / queries.length).toFixed(1);
  print(
    name,
    times,
    `work ${work(process.cpuUsage(worked))} ms a question, ${work(process.threadCpuUsage(workedHere))} of them on the main thread; longest pause ${pause()} ms`,
  );
}

async function atOnce(name, queries, retriever) {
  const times = [];
  const pause = watchEventLoop();
  const started = performance.now();
  for (let at = 0; at < Math.min(queries.length, ROUNDS * AT_ONCE); at += AT_ONCE)
    await Promise.all(
      queries.slice(at, at + AT_ONCE).map(async (query) => {
        const asked = performance.now();
        await retriever.retrieve(query, { k: K });
        times.push(performance.now() - asked);
      }),
    );
  const perSecond = (times.length * 1000) / (performance.now() - started);
  print(`${AT_ONCE} at once, ${name}`, times, `${perSecond.toFixed(0)} questions/s; longest pause ${pause()} ms`);
}

/** How many of the exact nearest the graph finds. */
async function printRecall(database, set, queries, records, nearest) {
  const found = { exemplars: [], passages: [] };
  const times = [];
  for (const query of queries) {
    const [approximate] = await nearest(query);
    const asked = performance.now();
    const exact = await exactNearest(database, set, records.get(query));
    times.push(performance.now() - asked);
    for (const [kind, limits] of [
      ['exemplars', [100, 200]],
      ['passages', [100]],
    ])
      found[kind].push(limits.map((limit) => shareOf(exact[kind].slice(0, limit), new Set(approximate[kind]))));
  }
  const mean = (kind, at) => (found[kind].reduce((sum, shares) => sum + shares[at], 0) / queries.length).toFixed(4);
  const least = (kind, at) => Math.min(...found[kind].map((shares) => shares[at])).toFixed(2);
  console.log(
    `HNSW finds of the exact nearest (mean and least of ${queries.length} questions): 100 vectors of exemplars ${mean('exemplars', 0)}, ${least('exemplars', 0)}; ` +
      `200 of them ${mean('exemplars', 1)}, ${least('exemplars', 1)}; 100 passages ${mean('passages', 0)}, ${least('passages', 0)}`,
  );
  print('exact search by reading all vectors (SQL)', times);
}

async function exactNearest(database, set, vector) {
  return database.transaction(async (tx) => {
    await tx.script('SET LOCAL enable_indexscan = off');
    const keys = async (table, limit) =>
      (
        await tx.query(`SELECT key FROM ${table}_${set} ORDER BY vector <=> $1::vector LIMIT ${limit}`, [
          vectorLiteral(vector),
        ])
      ).map(({ key }) => key);
    return { exemplars: await keys('exemplar_vectors', 200), passages: await keys('passage_vectors', 100) };
  });
}

function shareOf(wanted, found) {
  return wanted.filter((key) => found.has(key)).length / wanted.length;
}

/** Lexical search alone, ours beside LangChain's, over the same texts of exemplars. */
async function peer(database, queries) {
  const { BM25Retriever } = await import('@langchain/community/retrievers/bm25');
  const rows = await database.query("SELECT id, topic, question, answer FROM exemplars WHERE status = 'approved'");
  const index = new LexicalIndex();
  for (const row of rows) index.add(row.id, `${row.topic} ${pairText(row)}`);
  await oneByOne('BM25 over bigrams (LexicalIndex)', queries, async (query) => index.score(query).best(100));
  const theirs = BM25Retriever.fromDocuments(
    rows.map((row) => ({ pageContent: `${row.topic} ${pairText(row)}`, metadata: { id: row.id } })),
    { k: 100 },
  );
  await oneByOne('BM25 over words (BM25Retriever of @langchain/community)', queries, (query) => theirs.invoke(query));
}

/** Returns what gives the longest time that a timer came late, milliseconds. */
function watchEventLoop() {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  return () => {
    histogram.disable();
    return Math.max(0, histogram.max / 1e6 - 1).toFixed(1);
  };
}

/** The statute questions, and shipped questions as customers would type them. */
async function customersQuestions({ queries }) {
  const { exemplars, documents } = await readStatic();
  const corpus = new Corpus(exemplars, documents, 7);
  const suite = JSON.parse(readFileSync(join(root, 'evals', 'statutes', 'finreg-single-hop.json'), 'utf8'));
  const made = new Set(suite.queries.map(({ query }) => query));
  while (made.size < queries) made.add(corpus.query());
  return corpus.random.shuffled([...made]).slice(0, queries);
}

/** The embedder's vectors, kept beside the store. */
async function vectorsOf(queries, embedder, path) {
  const kept = VectorCache.open(existsSync(path) ? [path] : [], embedder.id);
  const vectors = new Map();
  for (const query of queries)
    vectors.set(query, kept.get(query, 'query') ?? (await embedder.embed([query], 'query'))[0]);
  if (queries.some((query) => !kept.get(query, 'query')))
    writeVectorFile(
      path,
      embedder.id,
      [...vectors].map(([text, vector]) => ({ text, kind: 'query', vector })),
    );
  return vectors;
}

function print(name, times, more = '') {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  console.log(
    `${name}: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)} ms (${times.length})${more && `; ${more}`}`,
  );
}

function printMachine() {
  const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  console.log(
    `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0].toFixed(1)}; ` +
      `Node ${process.versions.node}, PGlite ${version('@electric-sql/pglite')}, onnxruntime-node ${version('onnxruntime-node')}`,
  );
}

function seconds(ms) {
  return (ms / 1000).toFixed(1);
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
