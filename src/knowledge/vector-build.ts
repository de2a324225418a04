import { randomInt } from 'node:crypto';
import { AppError } from '../config/app-error.js';
import { Database, type Queryable } from '../database/database.js';
import { Embedder, type EmbeddingKind } from '../models/embedder.js';
import type { DocumentKind } from './document.js';
import { embeddingKind, type ExemplarText } from './exemplar.js';
import { indexedText, type Passage } from './passages.js';
import { embedMixed, VectorStore, vectorLiteral, type Vectorised, type VectorSet } from './vector-store.js';

/** Texts that have their vector, of all that are to have one. */
export interface BuildProgress {
  done: number;
  total: number;
}

/** Texts that are embedded and committed at once: a build that is killed loses at most these. On the embedded store a question waits for their insertion. */
const BATCH = 64;

/** Texts of current versions, with the keys of their vectors. */
const TEXTS: Record<Vectorised, string> = {
  passage: `passages t JOIN documents o ON o.id = t.document AND o.version = t.version AND o.status = 'current'`,
  exemplar: `exemplar_texts t JOIN exemplars o ON o.id = t.exemplar AND o.version = t.version AND o.status IN ('draft', 'approved')`,
};

/**
 * Makes the vectors that the configured embedder has not made yet. Each batch is committed, so a build goes on where it was
 * stopped; when no text is without a vector, the set takes the place of the one that is searched, in one transaction.
 * Several processes on one store may build at once: each begins in another place, and what two of them make is stored once.
 */
export class VectorBuild {
  private step = Promise.withResolvers<void>();
  /** Of the build that is under way in this process. */
  private current: BuildProgress | undefined;
  private asked: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly store: VectorStore,
    private readonly embedder: Embedder,
  ) {}

  /** Somebody left texts without vectors: the listener may build. */
  ask(): void {
    this.asked();
  }

  onAsked(listener: () => void): void {
    this.asked = listener;
  }

  /**
   * Builds until no vector is missing. A second caller is told how far the first one is, and makes what that one leaves.
   * @throws AppError embedder.unavailable
   */
  async *run(signal?: AbortSignal): AsyncGenerator<BuildProgress> {
    while (this.current) {
      yield this.current;
      await this.step.promise;
      signal?.throwIfAborted();
    }
    this.current = { done: 0, total: 0 };
    try {
      for await (const progress of this.build(signal)) {
        this.advance(progress);
        yield progress;
      }
    } finally {
      this.advance(undefined);
    }
  }

  /** Lets the configured embedder's vectors be searched if none is missing. Returns whether they are. */
  async settle(): Promise<boolean> {
    const set = await this.store.own();
    if (!set || (await this.count(this.database, set)).missing > 0) return false;
    await this.index(set);
    const settled = await this.database.transaction(async (tx) => {
      await lockKnowledge(tx);
      if ((await this.count(tx, set)).missing > 0) return false;
      await tx.query('SELECT switch_vector_set(number) FROM vector_sets WHERE number = $1 AND NOT current', [
        set.number,
      ]);
      return true;
    });
    this.store.forget();
    return settled;
  }

  private async *build(signal?: AbortSignal): AsyncGenerator<BuildProgress> {
    const { available, reason = 'loading' } = this.embedder;
    if (!available) throw AppError.of('embedder.unavailable', { reason });
    for (;;) {
      const set = await this.store.own();
      if (!set || (await this.settle())) return;
      // Before the vectors, though growing it takes longer: the embedded store answers nothing while it builds one at once.
      await this.index(set);
      const { total, missing } = await this.count(this.database, set);
      const progress = { done: total - missing, total };
      yield { ...progress };
      for (const kind of ['passage', 'exemplar'] as const)
        for await (const made of this.fill(set, kind, signal)) {
          progress.done += made;
          yield { ...progress };
        }
    }
  }

  /** Makes the missing vectors of one kind, from a place of its own to the end and then from the beginning. */
  private async *fill(set: VectorSet, kind: Vectorised, signal?: AbortSignal): AsyncGenerator<number> {
    for (const begin of [await this.somewhere(kind), 0]) {
      let after = begin;
      for (;;) {
        signal?.throwIfAborted();
        const texts = await this.missing(set, kind, after);
        const last = texts.at(-1);
        if (!last) break;
        const vectors = await embedMixed(this.embedder, texts, signal);
        yield await this.save(set, kind, texts, vectors);
        after = last.key;
      }
    }
  }

  private async somewhere(kind: Vectorised): Promise<number> {
    const [row] = await this.database.query<{ last: number | null }>(`SELECT max(t.key) AS last FROM ${TEXTS[kind]}`);
    return randomInt((row?.last ?? 0) + 1);
  }

  private async missing(set: VectorSet, kind: Vectorised, after: number): Promise<MissingText[]> {
    const columns = kind === 'passage' ? 't.key, o.kind, o.title, t.n, t.heading, t.text' : 't.key, t.kind, t.text';
    const rows = await this.database.query<MissingRow & Record<string, unknown>>(
      `SELECT '${kind}' AS of, ${columns} FROM ${TEXTS[kind]}
       WHERE t.key > $1 AND NOT EXISTS (SELECT FROM ${kind}_vectors_${set.number} v WHERE v.key = t.key)
       ORDER BY t.key LIMIT $2`,
      [after, BATCH],
    );
    return rows.map(missingText);
  }

  /** Vectors of texts that are still current; returns how many were new. */
  private async save(
    set: VectorSet,
    kind: Vectorised,
    texts: readonly MissingText[],
    vectors: readonly Float32Array[],
  ): Promise<number> {
    return this.database.transaction(async (tx) => {
      await lockKnowledge(tx);
      const saved = await tx.query(
        `INSERT INTO ${kind}_vectors_${set.number} (key, vector)
         SELECT w.key, w.vector::vector
         FROM unnest($1::int[], $2::text[]) AS w (key, vector) JOIN (${TEXTS[kind]}) ON t.key = w.key
         ON CONFLICT DO NOTHING RETURNING key`,
        [texts.map(({ key }) => key), vectors.map(vectorLiteral)],
      );
      return saved.length;
    });
  }

  private async count(queryable: Queryable, { number }: VectorSet): Promise<{ total: number; missing: number }> {
    const keys = (kind: Vectorised): string =>
      `SELECT v.key FROM ${TEXTS[kind]} LEFT JOIN ${kind}_vectors_${number} v ON v.key = t.key`;
    const [row] = await queryable.query<{ total: number; missing: number }>(
      `SELECT count(*)::int AS total, (count(*) - count(key))::int AS missing
       FROM (${keys('passage')} UNION ALL ${keys('exemplar')}) AS texts`,
    );
    return row!;
  }

  private async index({ number }: VectorSet): Promise<void> {
    await this.database.query('SELECT index_vector_set($1)', [number]);
  }

  private advance(progress: BuildProgress | undefined): void {
    this.current = progress;
    this.step.resolve();
    this.step = Promise.withResolvers();
  }
}

/** As each change of documents and exemplars does: no text is superseded between the look at it and the commit. */
async function lockKnowledge(tx: Queryable): Promise<void> {
  await tx.query("SELECT FROM settings WHERE name = 'knowledge.version' FOR UPDATE");
}

interface MissingText {
  key: number;
  text: string;
  kind: EmbeddingKind;
}

type MissingRow = { key: number } & (
  | ({ of: 'passage'; kind: DocumentKind; title: string } & Passage)
  | { of: 'exemplar'; kind: ExemplarText['kind']; text: string }
);

function missingText(row: MissingRow): MissingText {
  return row.of === 'passage'
    ? { key: row.key, text: indexedText(row, row), kind: 'passage' }
    : { key: row.key, text: row.text, kind: embeddingKind(row.kind) };
}
