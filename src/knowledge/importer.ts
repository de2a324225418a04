import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { AppError, type ErrorCode } from '../config/app-error.js';
import { packageRoot } from '../config/package-root.js';
import { GUARDRAILS_FOLDER, PhoneRegistry } from '../guardrails/index.js';
import type { EmbeddingKind } from '../models/embedder.js';
import { contentHash } from './content-hash.js';
import type { KnowledgeDocument } from './document.js';
import { embeddingKind, exemplarTexts, type Exemplar } from './exemplar.js';
import { ImportMasking } from './import-masking.js';
import {
  KnowledgeRepository,
  type CurrentEntry,
  type SavedDocument,
  type SavedExemplar,
} from './knowledge-repository.js';
import { indexedText, passagesOf, type Passage } from './passages.js';
import { readKnowledge, type Format } from './readers/reading.js';
import { Replacements } from './replacements.js';
import type { VectorBuild } from './vector-build.js';
import { embedMixed, VectorStore, type SetVector, type VectorSet } from './vector-store.js';

/** What an import says as it goes, one JSON object a line. */
export type ImportEvent =
  | { event: 'imported' | 'unchanged'; kind: 'document' | 'exemplar'; id: string; version: number; file: string }
  | { event: 'deleted'; kind: 'document' | 'exemplar'; id: string; version: number }
  | { event: 'skipped'; file: string; line?: number; code: ErrorCode; reason: string }
  | { event: 'done'; imported: number; unchanged: number; deleted: number; skipped: number; withoutVectors: number };

export interface ImportOptions {
  /** Instead of what the files' endings say. */
  format?: Format | undefined;
  /** Also delete what was imported from one of the folders before and is not in it any more. */
  prune?: boolean | undefined;
  /** Leave the vectors to `VectorBuild`: the texts are found by their words until it has made them. */
  withoutVectors?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Files that lie beside knowledge and hold none. */
const NO_KNOWLEDGE = new Set(['README.md', 'LICENSE', 'LICENSE.md', 'needs.yaml', 'replaced.yaml']);

/** Texts that are embedded and stored in one transaction: a stopped import loses at most these. */
const TEXTS_AT_ONCE = 1_000;

interface Prepared {
  documents: { document: KnowledgeDocument; hash: string; passages: Passage[] }[];
  exemplars: { exemplar: Exemplar; hash: string }[];
  texts: number;
}

/** Takes documents and exemplars into the store. Importing again changes only what changed. */
export class Importer {
  constructor(
    private readonly repository: KnowledgeRepository,
    private readonly vectors: VectorStore,
    private readonly build: VectorBuild,
    private readonly masking: ImportMasking = new ImportMasking(PhoneRegistry.load(GUARDRAILS_FOLDER)),
    private readonly replacements: Replacements = Replacements.load(),
  ) {}

  /**
   * Reads files, and folders with all below them. What cannot be read is skipped and reported with file and line; after a
   * stop the same call goes on where it was.
   * @throws AppError document.unknown where a path does not exist
   */
  async *import(paths: readonly string[], options: ImportOptions = {}): AsyncGenerator<ImportEvent> {
    const run = new ImportRun(await this.repository.currentEntries());
    for (const file of await filesUnder(paths)) {
      options.signal?.throwIfAborted();
      yield* this.read(file, run, options);
      if (run.prepared.texts >= TEXTS_AT_ONCE) yield* this.store(run, options);
    }
    yield* this.store(run, options);
    if (options.prune) yield* this.delete(run.missingFrom(await foldersOf(paths)), run);
    if (!(await this.build.settle())) this.build.ask();
    yield { event: 'done', ...run.counts };
  }

  /**
   * Takes documents and exemplars out of use.
   * @throws AppError document.unknown for an id that is not in the store
   */
  async *remove(ids: readonly string[]): AsyncGenerator<ImportEvent> {
    const entries = await this.repository.currentEntries();
    for (const id of ids)
      if (!entries.some((entry) => entry.id === id)) throw AppError.of('document.unknown', { document: id });
    const run = new ImportRun(entries);
    yield* this.delete(ids, run);
    yield { event: 'done', ...run.counts };
  }

  private async *read(file: string, run: ImportRun, { format, signal }: ImportOptions): AsyncGenerator<ImportEvent> {
    try {
      const { documents, exemplars, faults } = await readKnowledge(file, {
        name: sourceName(file),
        ...(format ? { format } : {}),
        signal,
      });
      for (const fault of faults) yield run.skip(fault, file);
      for (const document of documents) yield* this.takeDocument(this.replacements.applyTo(document), run);
      for (const exemplar of exemplars) yield* this.takeExemplar(exemplar, run);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      yield run.skip(error, file);
    }
  }

  private async *takeDocument(document: KnowledgeDocument, run: ImportRun): AsyncGenerator<ImportEvent> {
    const passages = await passagesOf(document);
    // Not the file's name: a document that moves is the same. Its passages, so that a better splitter makes new ones.
    const { kind, title, category, aliases, validFrom, validUntil } = document;
    const hash = contentHash({ kind, title, category, aliases, validFrom, validUntil, passages });
    const unchanged = run.see('document', document.id, hash, document.source);
    if (unchanged) return yield unchanged;
    run.prepared.documents.push({
      document: this.masking.document(document),
      hash,
      passages: passages.map((passage) => this.masking.passage(passage)),
    });
    run.prepared.texts += passages.length;
  }

  private *takeExemplar(exemplar: Exemplar, run: ImportRun): Generator<ImportEvent> {
    const { source, ...content } = exemplar;
    const hash = contentHash(content);
    const unchanged = run.see('exemplar', exemplar.id, hash, source);
    if (unchanged) return yield unchanged;
    run.prepared.exemplars.push({ exemplar: this.masking.exemplar(exemplar), hash });
    run.prepared.texts += exemplarTexts(exemplar).length;
  }

  /** Embeds and saves what was prepared. */
  private async *store(run: ImportRun, { withoutVectors, signal }: ImportOptions): AsyncGenerator<ImportEvent> {
    const { documents, exemplars } = run.takePrepared();
    const texts = [
      ...documents.flatMap(({ document, passages }) =>
        passages.map((passage) => ({ text: indexedText(document, passage), kind: 'passage' as const })),
      ),
      ...exemplars.flatMap(({ exemplar }) =>
        exemplarTexts(exemplar).map(({ kind, text }) => ({ text, kind: embeddingKind(kind) })),
      ),
    ];
    const vectors = withoutVectors ? [] : await this.embed(texts, signal);
    if (vectors.length === 0) run.counts.withoutVectors += texts.length;
    let next = 0;
    const ofNext = (): SetVector[] => {
      const place = next++;
      return vectors.map(({ set, made }) => ({ set: set.number, vector: made[place]! }));
    };
    const savedDocuments: SavedDocument[] = documents.map(({ document, hash, passages }) => ({
      document,
      hash,
      passages: passages.map((passage) => ({ passage, vectors: ofNext() })),
    }));
    const savedExemplars: SavedExemplar[] = exemplars.map(({ exemplar, hash }) => ({
      exemplar,
      hash,
      texts: exemplarTexts(exemplar).map((text) => ({ text, vectors: ofNext() })),
    }));
    const versions = await this.repository.save(savedDocuments, savedExemplars);
    for (const { document } of documents)
      yield run.imported('document', document.id, versions.get(`document:${document.id}`)!, document.source);
    for (const { exemplar } of exemplars)
      yield run.imported('exemplar', exemplar.id, versions.get(`exemplar:${exemplar.id}`)!, exemplar.source);
  }

  /** Vectors of the texts in each set whose embedder is there. Where there is none, the texts are found by their words. */
  private async embed(
    texts: readonly { text: string; kind: EmbeddingKind }[],
    signal?: AbortSignal,
  ): Promise<{ set: VectorSet; made: Float32Array[] }[]> {
    const vectors: { set: VectorSet; made: Float32Array[] }[] = [];
    for (const set of texts.length > 0 ? await this.vectors.growing() : []) {
      try {
        vectors.push({ set, made: await embedMixed(set.embedder, texts, signal) });
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'embedder.unavailable')) throw error;
      }
    }
    return vectors;
  }

  private async *delete(ids: readonly string[], run: ImportRun): AsyncGenerator<ImportEvent> {
    for (const { kind, id, version } of await this.repository.delete(ids)) {
      run.counts.deleted++;
      yield { event: 'deleted', kind, id, version };
    }
  }
}

/** The state of one call of `import`. */
class ImportRun {
  readonly counts = { imported: 0, unchanged: 0, deleted: 0, skipped: 0, withoutVectors: 0 };
  prepared: Prepared = { documents: [], exemplars: [], texts: 0 };
  private readonly current: Map<string, CurrentEntry>;
  /** Where each id of this run was read. */
  private readonly seen = new Map<string, string>();

  constructor(entries: readonly CurrentEntry[]) {
    this.current = new Map(entries.map((entry) => [`${entry.kind}:${entry.id}`, entry]));
  }

  /**
   * Notes an entry that was read; returns the event where the store has it already.
   * @throws AppError document.invalid where this run has read the id in another place
   */
  see(kind: CurrentEntry['kind'], id: string, hash: string, file: string): ImportEvent | undefined {
    const key = `${kind}:${id}`;
    const other = this.seen.get(key);
    if (other !== undefined) throw AppError.of('document.invalid', { file, line: 1, expected: `id: ${id} ≠ ${other}` });
    this.seen.set(key, file);
    const entry = this.current.get(key);
    if (entry?.hash !== hash) return undefined;
    this.counts.unchanged++;
    return { event: 'unchanged', kind, id, version: entry.version, file };
  }

  imported(kind: CurrentEntry['kind'], id: string, version: number, file: string): ImportEvent {
    this.counts.imported++;
    return { event: 'imported', kind, id, version, file };
  }

  skip(error: AppError, file: string): ImportEvent {
    this.counts.skipped++;
    const { line } = error.params;
    return {
      event: 'skipped',
      file: sourceName(file),
      ...(typeof line === 'number' ? { line } : {}),
      code: error.code,
      reason: error.message,
    };
  }

  takePrepared(): Prepared {
    const prepared = this.prepared;
    this.prepared = { documents: [], exemplars: [], texts: 0 };
    return prepared;
  }

  /** Ids that came from one of the folders and were not read in this run. */
  missingFrom(folders: readonly string[]): string[] {
    return [...this.current]
      .filter(([key, { source }]) => !this.seen.has(key) && folders.some((folder) => source.startsWith(`${folder}/`)))
      .map(([, { id }]) => id);
  }
}

/** How the store names a file: below the package's folder relative to it, so that an installation may move; else in full. */
function sourceName(path: string): string {
  const absolute = resolve(path);
  const inside = relative(packageRoot, absolute);
  return (inside.startsWith('..') ? absolute : inside).split(sep).join('/').normalize('NFC');
}

/** The files of knowledge under folders, sorted within each. */
export async function filesUnder(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await statOf(path);
    if (found.isDirectory()) {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      const inside = entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !NO_KNOWLEDGE.has(entry.name))
        .map((entry) => join(entry.parentPath, entry.name));
      files.push(...inside.sort());
    } else files.push(path);
  }
  return [...new Set(files)].filter((file) => paths.includes(file) || !NO_KNOWLEDGE.has(basename(file)));
}

async function foldersOf(paths: readonly string[]): Promise<string[]> {
  const stats = await Promise.all(paths.map(statOf));
  return paths.filter((_, at) => stats[at]!.isDirectory()).map(sourceName);
}

async function statOf(path: string): Promise<Awaited<ReturnType<typeof stat>>> {
  try {
    return await stat(path);
  } catch (cause) {
    throw AppError.of('document.unknown', { document: path }, { cause });
  }
}
