// data/vectors/: the vectors of all shipped texts, those of statutes that are not in force too. Only texts without one are
// embedded (all statutes: 8 to 10 minutes on two cores). Run after a change of data/bank, data/statutes or the embedder:
//   node scripts/prepare.mjs && node scripts/make-vectors.mjs
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = (path) => import(new URL(`../dist/${path}.js`, import.meta.url));
const [
  { OnnxEmbedder },
  { VectorCache, writeVectorFile },
  { readKnowledge },
  { passagesOf, indexedText },
  { exemplarTexts, embeddingKind },
] = await Promise.all(
  [
    'models/onnx-embedder',
    'models/vector-cache',
    'knowledge/readers/reading',
    'knowledge/passages',
    'knowledge/exemplar',
  ].map(built),
);

/** Texts between two lines of progress. */
const BATCH = 256;
const BESIDE = new Set(['README.md', 'needs.yaml', 'replaced.yaml']);

const embedder = await OnnxEmbedder.open({
  folder: join(root, 'data', 'models', 'e5-small-ko'),
  cores: availableParallelism(),
});
if (!embedder.available) throw new Error(`no embedder: ${embedder.reason}`);
mkdirSync(join(root, 'data', 'vectors'), { recursive: true });
for (const name of ['bank', 'statutes']) await makeFile(name);
await embedder.close();

async function makeFile(name) {
  const path = join(root, 'data', 'vectors', `${name}.vectors`);
  const cache = VectorCache.open(existsSync(path) ? [path] : [], embedder.id);
  const entries = (await textsIn(join(root, 'data', name))).map((text) => ({
    ...text,
    vector: cache.get(text.text, text.kind),
  }));
  const missing = entries.filter(({ vector }) => !vector);
  // Of equal length in a batch, so that little is padded.
  missing.sort((a, b) => a.text.length - b.text.length);
  for (const kind of ['query', 'passage']) {
    const ofKind = missing.filter((entry) => entry.kind === kind);
    for (let at = 0; at < ofKind.length; at += BATCH) {
      const batch = ofKind.slice(at, at + BATCH);
      const vectors = await embedder.embed(
        batch.map(({ text }) => text),
        kind,
      );
      batch.forEach((entry, index) => (entry.vector = vectors[index]));
      console.error(`${name} ${kind}: ${at + batch.length} of ${ofKind.length}`);
    }
  }
  if (missing.length > 0 || cache.size !== new Set(entries.map(({ kind, text }) => `${kind} ${text}`)).size)
    writeVectorFile(path, embedder.id, entries);
  console.log(
    JSON.stringify({ file: `data/vectors/${name}.vectors`, texts: entries.length, embedded: missing.length }),
  );
}

async function textsIn(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.(md|ya?ml)$/.test(name) && !BESIDE.has(name.split('/').at(-1)));
  const texts = [];
  for (const file of files.sort()) {
    const { documents, exemplars, faults } = await readKnowledge(join(folder, file));
    for (const fault of faults) throw fault;
    for (const document of documents)
      for (const passage of await passagesOf(document))
        texts.push({ text: indexedText(document, passage), kind: 'passage' });
    for (const exemplar of exemplars)
      for (const { kind, text } of exemplarTexts(exemplar)) texts.push({ text, kind: embeddingKind(kind) });
  }
  return texts;
}
