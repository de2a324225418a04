import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Corpus } from './corpus.mjs';
import { BenchClock, built, openEmbedder, placeOf, root, shippedKnowledge } from './store.mjs';

const [{ openDatabase }, { openKnowledge }, { VectorCache, writeVectorFile }, { CachingEmbedder }, { vectorLiteral }] =
  await Promise.all(
    [
      'database/open-database',
      'knowledge/knowledge',
      'models/vector-cache',
      'models/caching-embedder',
      'knowledge/vector-store',
    ].map(built),
  );

/** Hits that are asked for, as in a turn. */
const K = 4;
/** Questions at once in the test of concurrency. */
const AT_ONCE = 50;
/** Questions for which the exact nearest are computed. */
const EXACT = 200;

export async function measure(options) {
  printMachine();
  const place = await placeOf(options);
  const embedder = await openEmbedder();
  const before = process.memoryUsage.rss();
  const delay = watchEventLoop();
  const opened = performance.now();
  const database = await openDatabase(place);
  const store = performance.now();
  const knowledge = openKnowledge(database, embedder, new BenchClock());
  await knowledge.retriever.warm();
  const ready = performance.now();
  console.log(
    `start: store ${seconds(store - opened)} s, texts into memory ${seconds(ready - store)} s, longest pause of the event loop ${delay()} ms; ` +
      `${megabytes(process.memoryUsage.rss() - before)} MB more resident memory (${megabytes(process.memoryUsage.rss())} MB in all)`,
  );
  const [sizes] = await database.query(
    `SELECT (SELECT count(*)::int FROM exemplars) AS exemplars, (SELECT count(*)::int FROM exemplar_vectors) AS vectors, (SELECT count(*)::int FROM passages) AS passages`,
  );
  console.log(`store (${database.kind}): ${JSON.stringify(sizes)}`);
  const queries = await realQueries(options, knowledge);
  const cache = await embedded(queries, embedder, join(place.folder, '..', `${place.name}.queries`));
  const known = openKnowledge(database, new CachingEmbedder(cache, embedder), new BenchClock());
  knowledge.retriever.indexes.forEach((index, day) => known.retriever.indexes.set(day, index));

  await run('cold, without the embedding, first 50', queries.slice(0, 50), (query) =>
    known.retriever.retrieve(query, { k: K }),
  );
  await run('without the embedding', queries, (query) => known.retriever.retrieve(query, { k: K }));
  await run('with the embedding', queries, (query) => knowledge.retriever.retrieve(query, { k: K }));
  await run('the embedder alone', queries, (query) => embedder.embed([query], 'query'));
  for (const [name, { retriever }] of [
    ['without', known],
    ['with', knowledge],
  ]) {
    const times = [];
    const started = performance.now();
    const pause = watchEventLoop();
    for (let at = 0; at + AT_ONCE <= Math.min(queries.length, 10 * AT_ONCE); at += AT_ONCE)
      await Promise.all(
        queries.slice(at, at + AT_ONCE).map(async (query) => {
          const asked = performance.now();
          await retriever.retrieve(query, { k: K });
          times.push(performance.now() - asked);
        }),
      );
    const total = performance.now() - started;
    print(
      `${AT_ONCE} at once, ${name} the embedding`,
      times,
      `, ${Math.round((times.length * 1000) / total)} questions/s, longest pause ${pause()} ms`,
    );
  }
  await database.close();
  await embedder.close();
  printLoad();
}

async function run(name, queries, ask) {
  const times = [];
  const pause = watchEventLoop();
  const busy = performance.eventLoopUtilization();
  const worked = process.cpuUsage();
  for (const query of queries) {
    const asked = performance.now();
    await ask(query);
    times.push(performance.now() - asked);
  }
  const { active } = performance.eventLoopUtilization(busy);
  const { user, system } = process.cpuUsage(worked);
  print(
    name,
    times,
    `, main thread ${(active / queries.length).toFixed(2)} ms and all threads ${((user + system) / 1000 / queries.length).toFixed(2)} ms of work a question, longest pause ${pause()} ms`,
  );
}

/** Returns what gives the longest time that a timer came late, milliseconds. */
function watchEventLoop() {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  return () => {
    histogram.disable();
    return (histogram.max / 1e6 - 1).toFixed(1);
  };
}

async function realQueries({ queries }, knowledge) {
  const { exemplars, documents } = await shippedKnowledge(knowledge);
  const shippedOnly = exemplars.filter(({ source }) => source !== 'bench');
  const corpus = new Corpus(
    shippedOnly,
    documents.filter(({ id }) => !id.startsWith('made-')),
    7,
  );
  const statutes = JSON.parse(
    readFileSync(join(root, 'evals', 'statutes', 'finreg-single-hop.json'), 'utf8'),
  ).queries.map(({ query }) => query);
  const made = new Set(statutes);
  while (made.size < queries) made.add(corpus.query());
  return corpus.random.shuffled([...made]).slice(0, queries);
}

async function embedded(queries, embedder, path) {
  let cache = VectorCache.open(existsSync(path) ? [path] : [], embedder.id);
  if (queries.every((query) => cache.get(query, 'query'))) return cache;
  const vectors = [];
  for (const query of queries) vectors.push(...(await embedder.embed([query], 'query')));
  writeVectorFile(
    path,
    embedder.id,
    queries.map((text, at) => ({ text, kind: 'query', vector: vectors[at] })),
  );
  return VectorCache.open([path], embedder.id);
}

function print(name, times, more = '') {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  console.log(`${name}: p50 ${at(0.5)} ms, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)}${more}`);
}

function printMachine() {
  const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0].toFixed(1)}; ` +
      `Node ${process.versions.node}, PGlite ${version('@electric-sql/pglite')}, onnxruntime-node ${version('onnxruntime-node')}`,
  );
}

function printLoad() {
  console.log(`load ${loadavg()[0].toFixed(1)}`);
}

function seconds(ms) {
  return (ms / 1000).toFixed(1);
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
