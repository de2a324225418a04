import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Corpus, Mover } from './corpus.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** A module of the built service. */
export const built = (path) => import(new URL(`../../dist/${path}.js`, import.meta.url));

const [
  { openDatabase },
  { openKnowledge },
  { exemplarTexts, embeddingKind },
  { indexedText, passagesOf },
  { SHIPPED_FOLDERS, withShippedVectors },
  { readKnowledge },
  { Clock },
  { OnnxEmbedder },
] = await Promise.all(
  [
    'database/open-database',
    'knowledge/knowledge',
    'knowledge/exemplar',
    'knowledge/passages',
    'knowledge/shipped-knowledge',
    'knowledge/readers/reading',
    'config/clock',
    'models/onnx-embedder',
  ].map(built),
);

/** Raised when corpus.mjs makes other texts or vectors: a store that was kept is then made anew. */
const EDITION = 2;
/** Files beside the knowledge that hold none. */
const BESIDE = new Set(['README.md', 'needs.yaml', 'replaced.yaml']);
/** Exemplars or documents that are saved in one transaction. */
const AT_ONCE = 250;

/** The day on which everything shipped holds; the figures do not change with the calendar. */
export class BenchClock extends Clock {
  now() {
    return new Date('2026-11-25T12:00:00+09:00');
  }
  monotonic() {
    return performance.now();
  }
}

export function openEmbedder() {
  return OnnxEmbedder.open({ folder: join(root, 'data', 'models', 'e5-small-ko'), cores: availableParallelism() });
}

/** Where the store of these options is, or will be. */
export async function placeOf({ exemplars, passages, postgres }) {
  const name = `retrieval-${exemplars}-${passages}-${EDITION}`;
  const folder = join(homedir(), '.cache', 'sangdam', 'bench', name);
  if (!postgres) return { dataFolder: folder, ready: existsSync(folder), folder, name };
  const url = new URL(postgres);
  url.pathname = `/sangdam-bench-${name}`;
  const [found] = await onServer(postgres, 'SELECT 1 FROM pg_database WHERE datname = $1', [url.pathname.slice(1)]);
  return { databaseUrl: url.href, dataFolder: folder, ready: found !== undefined, folder, name };
}

/** Fills the store and makes its indexes; a build that is stopped starts anew. */
export async function buildStore(options) {
  const place = await placeOf(options);
  const partial = { ...place, dataFolder: `${place.dataFolder}.new` };
  rmSync(partial.dataFolder, { recursive: true, force: true });
  mkdirSync(partial.dataFolder, { recursive: true });
  if (place.databaseUrl) {
    const url = new URL(place.databaseUrl);
    const name = url.pathname.slice(1);
    url.pathname += '_new';
    partial.databaseUrl = url.href;
    await onServer(options.postgres, `DROP DATABASE IF EXISTS "${name}_new" WITH (FORCE)`);
    await onServer(options.postgres, `CREATE DATABASE "${name}_new"`);
  }
  const embedder = await openEmbedder();
  const database = await openDatabase(partial);
  const knowledge = openKnowledge(database, embedder, new BenchClock());
  await fill(database, knowledge, embedder, options);
  const started = performance.now();
  await knowledge.build.settle();
  console.error(`indexes: ${Math.round((performance.now() - started) / 1000)} s`);
  await database.script('ANALYZE');
  await database.close();
  await embedder.close();
  if (place.databaseUrl) {
    const name = new URL(place.databaseUrl).pathname.slice(1);
    await onServer(options.postgres, `ALTER DATABASE "${name}_new" RENAME TO "${name}"`);
    rmSync(partial.dataFolder, { recursive: true });
  } else renameSync(partial.dataFolder, place.dataFolder);
}

/** What ships, and what is told anew from it until the numbers are reached. */
async function fill(database, knowledge, embedder, wanted) {
  for await (const { event, reason } of knowledge.importer.import([
    join(root, 'data', 'bank'),
    join(root, 'data', 'statutes'),
  ]))
    if (event === 'skipped') throw new Error(reason);
  // Growing a graph row by row takes ten times as long as making it once over all rows.
  const { number: set } = await knowledge.vectors.own();
  await database.script(`DROP INDEX passage_vectors_${set}_hnsw, exemplar_vectors_${set}_hnsw`);
  const { exemplars, documents } = await shippedKnowledge(knowledge);
  const corpus = new Corpus(exemplars, documents);
  const vectors = await shippedVectors({ exemplars, documents }, embedder);
  const mover = new Mover(exemplars.flatMap(textsOfExemplar).map((text) => vectors.get(keyOf(text))));
  const saveAnew = async (count, make, save) => {
    for (let n = 0; n < count;) {
      const batch = [];
      while (batch.length < AT_ONCE && n < count) n += make(batch, n);
      await save(batch);
      if (process.stderr.isTTY) process.stderr.write(`\r${n} of ${count}   `);
    }
  };
  await saveAnew(
    wanted.exemplars - exemplars.length,
    (batch, n) => {
      const { exemplar, before } = corpus.exemplar(n);
      const texts = exemplarTexts(exemplar);
      const moved = mover.moveTogether(textsOfExemplar(before).map((text) => vectors.get(keyOf(text))));
      batch.push({
        exemplar,
        hash: exemplar.id,
        texts: texts.map((text, at) => ({ text, vectors: [{ set, vector: moved[at] }] })),
      });
      return 1;
    },
    (batch) => knowledge.repository.save([], batch),
  );
  await saveAnew(
    wanted.passages - documents.reduce((sum, { passages }) => sum + passages.length, 0),
    (batch, n) => {
      const { document, before } = corpus.document(n);
      const moved = mover.moveTogether(textsOfDocument(before).map((text) => vectors.get(keyOf(text))));
      batch.push({
        document,
        hash: document.id,
        passages: document.passages.map((passage, at) => ({ passage, vectors: [{ set, vector: moved[at] }] })),
      });
      return document.passages.length;
    },
    (batch) => knowledge.repository.save(batch, []),
  );
}

export function textsOfExemplar(exemplar) {
  return exemplarTexts(exemplar).map(({ kind, text }) => ({ text, kind: embeddingKind(kind) }));
}

function textsOfDocument(document) {
  return document.passages.map((passage) => ({ text: indexedText(document, passage), kind: 'passage' }));
}

/** The vectors that ship, by kind and text. */
export async function shippedVectors({ exemplars, documents }, embedder) {
  const texts = [...exemplars.flatMap(textsOfExemplar), ...documents.flatMap(textsOfDocument)];
  const vectors = new Map();
  for (const kind of ['query', 'passage']) {
    const ofKind = texts.filter((text) => text.kind === kind);
    const made = await withShippedVectors(embedder).embed(
      ofKind.map(({ text }) => text),
      kind,
    );
    ofKind.forEach((text, at) => vectors.set(keyOf(text), made[at]));
  }
  return vectors;
}

export function keyOf({ kind, text }) {
  return `${kind} ${text}`;
}

/** What ships, from its files. */
export async function readStatic() {
  const exemplars = [];
  const documents = [];
  for (const folder of SHIPPED_FOLDERS.map((parts) => join(root, ...parts)))
    for (const name of readdirSync(folder, { recursive: true })) {
      if (!/\.(md|yaml)$/.test(name) || BESIDE.has(basename(name))) continue;
      const read = await readKnowledge(join(folder, name), { name });
      exemplars.push(...read.exemplars);
      for (const document of read.documents) documents.push({ ...document, passages: await passagesOf(document) });
    }
  return { exemplars, documents };
}

/** What ships, as the store gives it back. */
export async function shippedKnowledge({ repository }) {
  const exemplars = await repository.readExemplars((await Array.fromAsync(repository.exemplarsOn(null))).flat());
  const documents = await repository.readDocuments(await repository.documentsOn(null));
  return { exemplars: exemplars.map(({ exemplar }) => exemplar), documents };
}

async function onServer(url, sql, params = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, params)).rows;
  } finally {
    await client.end();
  }
}
