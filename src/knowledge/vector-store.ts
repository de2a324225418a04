import { toSql } from 'pgvector';
import { AppError } from '../config/app-error.js';
import { Database } from '../database/database.js';
import { Embedder, type EmbeddingKind } from '../models/embedder.js';
import type { ModelReason } from '../models/model-reason.js';
import type { DocumentKind } from './document.js';
import { embeddingKind, type ExemplarText } from './exemplar.js';
import { indexedText, type Passage } from './passages.js';

/** Cosines by key of passages or of exemplars' vectors. */
export type Cosines = Map<number, number>;

/** Keys of passages and of exemplars' vectors. */
export interface VectorKeys {
  passages: readonly number[];
  exemplars: readonly number[];
}

/** Texts that are embedded at once when vectors are made anew. */
const REEMBED_BATCH = 128;

/** The vectors of the store: whose they are, the search in them, and making them anew for another embedder. */
export class VectorStore {
  constructor(
    private readonly database: Database,
    private readonly embedder: Embedder,
  ) {}

  /**
   * Whether the store's vectors compare with those of the configured embedder; an empty store takes its id.
   * @throws AppError store.embedder-changed
   */
  async claim(): Promise<void> {
    if (this.embedder.dimensions === 0) return; // no embedder is configured: retrieval is lexical
    const [row] = await this.database.query<{ value: string }>(
      `INSERT INTO settings (name, value) VALUES ('embedder', to_jsonb($1::text))
       ON CONFLICT (name) DO UPDATE SET value = settings.value RETURNING value`,
      [this.embedder.id],
    );
    if (row && row.value !== this.embedder.id)
      throw AppError.of('store.embedder-changed', { stored: row.value, configured: this.embedder.id });
  }

  /** Makes the HNSW indexes where they are missing: after the first load, once over all rows. */
  async buildIndexes(): Promise<void> {
    await this.database.script(`
      CREATE INDEX IF NOT EXISTS passages_vector ON passages USING hnsw (vector vector_cosine_ops);
      CREATE INDEX IF NOT EXISTS exemplar_vectors_vector ON exemplar_vectors USING hnsw (vector vector_cosine_ops);
    `);
  }

  /**
   * Cosines of the 100 nearest passages and the 200 nearest vectors of exemplars, and of the given ones.
   * One statement with arrays for rows: on the embedded store a statement costs .5 ms and a thousand rows cost 2 ms more.
   */
  async cosines(
    query: Float32Array,
    { passages, exemplars }: VectorKeys,
  ): Promise<{ passages: Cosines; exemplars: Cosines }> {
    const [row] = await this.database.query<
      Record<'passages' | 'exemplars', number[] | null> & Record<'p' | 'e', number[] | null>
    >(
      `SELECT p.keys AS passages, p.cosines AS p, e.keys AS exemplars, e.cosines AS e
       FROM (SELECT array_agg(key) AS keys, array_agg(cosine) AS cosines
             FROM (SELECT key, cosine FROM nearest_passages($1::vector)
                   UNION ALL
                   SELECT key, 1 - (vector <=> $1::vector) FROM passages WHERE key = ANY($2::int[]) AND vector IS NOT NULL) AS n) AS p,
            (SELECT array_agg(key) AS keys, array_agg(cosine) AS cosines
             FROM (SELECT key, cosine FROM nearest_exemplar_vectors($1::vector)
                   UNION ALL
                   SELECT key, 1 - (vector <=> $1::vector) FROM exemplar_vectors WHERE key = ANY($3::int[]) AND vector IS NOT NULL) AS n) AS e`,
      [vectorLiteral(query), passages, exemplars],
    );
    return { passages: cosinesOf(row!.passages, row!.p), exemplars: cosinesOf(row!.exemplars, row!.e) };
  }

  /**
   * Makes all vectors of current texts with the configured embedder; after a stop it goes on where it was. Until the end,
   * texts without a vector are found by their words alone.
   * @throws AppError model.unavailable
   */
  async *reembed(signal?: AbortSignal): AsyncGenerator<{ done: number; total: number }> {
    if (!this.embedder.available)
      throw AppError.of('model.unavailable', { reason: 'embedder-missing' satisfies ModelReason });
    await this.startOver();
    const total = (await this.countMissing()) ?? 0;
    let done = 0;
    for (;;) {
      signal?.throwIfAborted();
      const batch = (await this.missingPassages()) ?? [];
      const texts = batch.length > 0 ? batch : await this.missingExemplarTexts();
      if (texts.length === 0) break;
      await this.fill(batch.length > 0 ? 'passages' : 'exemplar_vectors', texts, signal);
      done += texts.length;
      yield { done, total };
    }
    await this.buildIndexes();
  }

  /** Empties the vectors of another embedder, and gives the columns its length. */
  private async startOver(): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [row] = await tx.query<{ value: string }>("SELECT value FROM settings WHERE name = 'embedder' FOR UPDATE");
      if (row?.value === this.embedder.id) return;
      const length = Math.trunc(this.embedder.dimensions);
      for (const table of ['passages', 'exemplar_vectors']) {
        await tx.query(`DROP INDEX IF EXISTS ${table}_vector`);
        await tx.query(`ALTER TABLE ${table} ALTER COLUMN vector TYPE vector(${length}) USING NULL`);
        await tx.query(`ALTER TABLE ${table} ALTER COLUMN vector SET STORAGE PLAIN`); // a new type brings its default back
      }
      await tx.query(
        `INSERT INTO settings (name, value) VALUES ('embedder', to_jsonb($1::text))
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [this.embedder.id],
      );
    });
  }

  private async countMissing(): Promise<number | undefined> {
    const [row] = await this.database.query<{ missing: number }>(
      `SELECT ((SELECT count(*) FROM passages p JOIN documents d ON d.id = p.document AND d.version = p.version
                WHERE d.status = 'current' AND p.vector IS NULL)
             + (SELECT count(*) FROM exemplar_vectors v JOIN exemplars e ON e.id = v.exemplar AND e.version = v.version
                WHERE e.status IN ('draft', 'approved') AND v.vector IS NULL))::int AS missing`,
    );
    return row?.missing;
  }

  private async missingPassages(): Promise<MissingText[]> {
    const rows = await this.database.query<MissingPassageRow>(
      `SELECT p.key, d.kind, d.title, p.n, p.heading, p.text
       FROM passages p JOIN documents d ON d.id = p.document AND d.version = p.version
       WHERE d.status = 'current' AND p.vector IS NULL ORDER BY p.key LIMIT $1`,
      [REEMBED_BATCH],
    );
    return rows.map((row) => ({ key: row.key, text: indexedText(row, row), kind: 'passage' }));
  }

  private async missingExemplarTexts(): Promise<MissingText[]> {
    const rows = await this.database.query<{ key: number; kind: ExemplarText['kind']; text: string }>(
      `SELECT v.key, v.kind, v.text
       FROM exemplar_vectors v JOIN exemplars e ON e.id = v.exemplar AND e.version = v.version
       WHERE e.status IN ('draft', 'approved') AND v.vector IS NULL ORDER BY v.key LIMIT $1`,
      [REEMBED_BATCH],
    );
    return rows.map(({ key, kind, text }) => ({ key, text, kind: embeddingKind(kind) }));
  }

  private async fill(
    table: 'passages' | 'exemplar_vectors',
    texts: readonly MissingText[],
    signal?: AbortSignal,
  ): Promise<void> {
    const vectors = await embedMixed(this.embedder, texts, signal);
    await this.database.query(
      `UPDATE ${table} AS t SET vector = w.vector::vector FROM unnest($1::int[], $2::text[]) AS w (key, vector) WHERE t.key = w.key`,
      [texts.map(({ key }) => key), vectors.map(vectorLiteral)],
    );
  }
}

interface MissingText {
  key: number;
  text: string;
  kind: EmbeddingKind;
}

interface MissingPassageRow extends Passage {
  key: number;
  kind: DocumentKind;
  title: string;
}

/** Vectors of texts of both kinds, in the order of the texts. */
export async function embedMixed(
  embedder: Embedder,
  texts: readonly { text: string; kind: EmbeddingKind }[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = Array.from({ length: texts.length });
  for (const kind of ['query', 'passage'] as const) {
    const places = [...texts.keys()].filter((place) => texts[place]!.kind === kind);
    const made =
      places.length > 0
        ? await embedder.embed(
            places.map((place) => texts[place]!.text),
            kind,
            signal,
          )
        : [];
    places.forEach((place, at) => (vectors[place] = made[at]!));
  }
  return vectors;
}

/** A vector as pgvector reads it. Five decimals keep what float16 holds of a unit vector's components. */
export function vectorLiteral(vector: Float32Array): string {
  return toSql(Array.from(vector, (value) => Math.round(value * 1e5) / 1e5)) as string;
}

/** No rows make no array. */
function cosinesOf(keys: readonly number[] | null, cosines: readonly number[] | null): Cosines {
  return new Map(keys?.map((key, at) => [key, cosines![at]!]));
}
