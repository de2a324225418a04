import { toSql } from 'pgvector';
import { Database, type Queryable } from '../database/database.js';
import type { EarlierEmbedders } from '../models/earlier-embedders.js';
import { Embedder, type EmbeddingKind } from '../models/embedder.js';

/** Cosines by key of passages or of exemplars' texts. */
export type Cosines = Map<number, number>;

/** Keys of passages and of exemplars' texts. */
export interface VectorKeys {
  passages: readonly number[];
  exemplars: readonly number[];
}

/** The two kinds of texts that have vectors, and where: `passage_vectors_<number>`, `exemplar_vectors_<number>`. */
export type Vectorised = 'passage' | 'exemplar';

/** A set of vectors whose embedder is at hand: the texts of the store as one embedder sees them. */
export interface VectorSet {
  number: number;
  embedder: Embedder;
}

/** The vector of a text in one of the sets. */
export interface SetVector {
  set: number;
  vector: Float32Array;
}

/**
 * The vectors of the store, a set for each embedder (0006-vector-sets.sql). One set is searched; the configured embedder's may still be
 * growing beside it (`VectorBuild`).
 */
export class VectorStore {
  /** The set of the configured embedder, once this process has opened it. */
  private ownSet: number | undefined;
  private found: VectorSet | undefined;
  private searches: Promise<unknown> = Promise.resolve();

  /**
   * @param embedder the configured one, for questions
   * @param ofTexts the same for texts that are stored, with the vectors that ship in front
   */
  constructor(
    private readonly database: Database,
    private readonly embedder: Embedder,
    private readonly ofTexts: Embedder,
    private readonly earlier?: EarlierEmbedders,
  ) {}

  /** The set that questions are searched in; undefined where its embedder is not at hand or away: the words must do. */
  async searched(): Promise<VectorSet | undefined> {
    this.found ??= await this.lookUp();
    return this.found?.embedder.available ? this.found : undefined;
  }

  /**
   * The set of the configured embedder, made where it is new; undefined while the embedder's vectors are not known, and where
   * another process with another embedder has replaced the set.
   */
  async own(): Promise<VectorSet | undefined> {
    const { id, dimensions } = this.embedder;
    if (dimensions === 0) return undefined;
    if (this.ownSet === undefined) {
      const [row] = await this.database.query<{ number: number }>('SELECT open_vector_set($1, $2) AS number', [
        id,
        dimensions,
      ]);
      this.ownSet = row!.number;
    }
    const [row] = await this.database.query('SELECT number FROM vector_sets WHERE number = $1', [this.ownSet]);
    return row && { number: this.ownSet, embedder: this.ofTexts };
  }

  /** The sets that a text gets vectors in when it is saved: the configured embedder's first, and the one that is searched. */
  async growing(): Promise<VectorSet[]> {
    const [own, searched] = [await this.own(), await this.searched()];
    return [...(own ? [own] : []), ...(searched && searched.number !== own?.number ? [searched] : [])];
  }

  /**
   * Cosines of the 100 nearest passages and the 200 nearest texts of exemplars (an exemplar has about six), and of the given
   * ones. None where another process has replaced the set meanwhile.
   * One statement with arrays for rows: on the embedded store a statement costs .5 ms and a thousand rows cost 2 ms more.
   */
  async cosines(
    { number }: VectorSet,
    query: Float32Array,
    { passages, exemplars }: VectorKeys,
  ): Promise<{ passages: Cosines; exemplars: Cosines }> {
    const [row] = await this.inTurn(() =>
      this.database.query<Record<'passages' | 'exemplars', number[] | null> & Record<'p' | 'e', number[] | null>>(
        `SELECT p.keys AS passages, p.cosines AS p, e.keys AS exemplars, e.cosines AS e
         FROM (SELECT array_agg(key) AS keys, array_agg(cosine) AS cosines
               FROM vector_cosines('passage_vectors_${number}', $1::vector, 100, $2)) AS p,
              (SELECT array_agg(key) AS keys, array_agg(cosine) AS cosines
               FROM vector_cosines('exemplar_vectors_${number}', $1::vector, 200, $3)) AS e`,
        [vectorLiteral(query), passages, exemplars],
      ),
    );
    if (!row!.passages && !row!.exemplars) this.forget();
    return { passages: cosinesOf(row!.passages, row!.p), exemplars: cosinesOf(row!.exemplars, row!.e) };
  }

  /**
   * The embedded store runs one statement at a time, in the order of asking: searches wait here for one another, so that a burst
   * of questions does not stand in front of the sentences that are to be committed.
   */
  private inTurn<T>(search: () => Promise<T>): Promise<T> {
    if (this.database.kind !== 'embedded') return search();
    const result = this.searches.then(search);
    this.searches = result.catch(() => undefined);
    return result;
  }

  /** Looks again which set is searched, at the next question. */
  forget(): void {
    this.found = undefined;
  }

  private async lookUp(): Promise<VectorSet | undefined> {
    const [row] = await this.database.query<{ number: number; embedder: string }>(
      'SELECT number, embedder FROM vector_sets WHERE current',
    );
    if (!row) return undefined;
    const embedder = row.embedder === this.embedder.id ? this.embedder : await this.earlier?.open(row.embedder);
    return embedder && { number: row.number, embedder };
  }
}

/** Stores vectors of texts that were saved in the same transaction, in the order of their keys. */
export async function insertVectors(
  tx: Queryable,
  kind: Vectorised,
  keys: readonly number[],
  vectors: readonly (readonly SetVector[])[],
): Promise<void> {
  const sets = new Set(vectors.flatMap((ofText) => ofText.map(({ set }) => set)));
  for (const { number } of await setsOf(tx)) {
    if (!sets.has(number)) continue;
    const rows = keys.flatMap((key, at) => {
      const found = vectors[at]!.find(({ set }) => set === number);
      return found ? [{ key, vector: vectorLiteral(found.vector) }] : [];
    });
    await tx.query(
      `INSERT INTO ${kind}_vectors_${number} (key, vector)
       SELECT key, vector::vector FROM unnest($1::int[], $2::text[]) AS w (key, vector)`,
      [rows.map(({ key }) => key), rows.map(({ vector }) => vector)],
    );
  }
}

/** Removes the vectors of texts that may no longer be found, from all sets. */
export async function deleteVectors(tx: Queryable, kind: Vectorised, ids: readonly string[]): Promise<void> {
  const keys = kind === 'passage' ? 'passages WHERE document' : 'exemplar_texts WHERE exemplar';
  for (const { number } of await setsOf(tx))
    await tx.query(`DELETE FROM ${kind}_vectors_${number} WHERE key IN (SELECT key FROM ${keys} = ANY($1))`, [ids]);
}

function setsOf(tx: Queryable): Promise<{ number: number }[]> {
  return tx.query<{ number: number }>('SELECT number FROM vector_sets');
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
