import { Clock } from '../config/clock.js';
import { Database, type Queryable } from '../database/database.js';
import type { DocumentKind, IsoDate, KnowledgeDocument } from './document.js';
import type { Exemplar, ExemplarText, StatuteRef } from './exemplar.js';
import type { Passage } from './passages.js';
import { deleteVectors, insertVectors, type SetVector } from './vector-store.js';

export interface SavedDocument {
  document: KnowledgeDocument;
  hash: string;
  /** With its vectors in the sets whose embedders were there. */
  passages: { passage: Passage; vectors: SetVector[] }[];
}

export interface SavedExemplar {
  exemplar: Exemplar;
  hash: string;
  texts: { text: ExemplarText; vectors: SetVector[] }[];
}

/** What the store knows of the current version of a document or exemplar. */
export interface CurrentEntry {
  kind: 'document' | 'exemplar';
  id: string;
  version: number;
  hash: string;
  source: string;
}

/** A document's passages as the in-memory index takes them. */
export interface StoredDocument {
  id: string;
  version: number;
  kind: DocumentKind;
  title: string;
  category: string;
  aliases: string[];
  passages: (Passage & { key: number })[];
}

export interface StoredExemplar {
  exemplar: Exemplar & { version: number };
  /** In the order of `exemplarTexts`. */
  vectors: { key: number; kind: ExemplarText['kind'] }[];
}

/** Entries of a page of ids. */
const PAGE = 2_000;

export type EntryVersion = Pick<CurrentEntry, 'id' | 'version'>;

/**
 * Documents and exemplars with their versions. Each change raises the knowledge version in its own transaction, so that
 * whoever sees the new version sees the change.
 */
export class KnowledgeRepository {
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Rises with every change; other processes on the same store compare it. 0 for an empty store. */
  async version(): Promise<number> {
    const [row] = await this.database.query<{ value: number }>(
      "SELECT value FROM settings WHERE name = 'knowledge.version'",
    );
    return row?.value ?? 0;
  }

  /** Calls back after each change that this process makes. Returns how to stop it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A fact about the loaded knowledge, such as the fingerprint of the shipped files. */
  async fact(name: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ value: string }>('SELECT value FROM settings WHERE name = $1', [
      `knowledge.${name}`,
    ]);
    return row?.value;
  }

  async setFact(name: string, value: string): Promise<void> {
    await this.database.query(
      `INSERT INTO settings (name, value) VALUES ($1, to_jsonb($2::text))
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [`knowledge.${name}`, value],
    );
  }

  async currentEntries(): Promise<CurrentEntry[]> {
    return this.database.query<CurrentEntry & Record<string, unknown>>(
      `SELECT 'document' AS kind, id, version, content_hash AS hash, source FROM documents WHERE status = 'current'
       UNION ALL
       SELECT 'exemplar', id, version, content_hash, source FROM exemplars WHERE status IN ('draft', 'approved')
       ORDER BY 1, 2`,
    );
  }

  /** Stores the next version of each; the versions before stay readable, but are no longer found. Returns the new versions. */
  async save(documents: readonly SavedDocument[], exemplars: readonly SavedExemplar[]): Promise<Map<string, number>> {
    if (documents.length + exemplars.length === 0) return new Map();
    const versions = await this.database.transaction(async (tx) => {
      await raiseVersion(tx);
      const documentVersions = await supersedeDocuments(
        tx,
        documents.map(({ document }) => document.id),
      );
      await this.insertDocuments(tx, documents, documentVersions);
      const exemplarVersions = await supersedeExemplars(
        tx,
        exemplars.map(({ exemplar }) => exemplar.id),
      );
      await this.insertExemplars(tx, exemplars, exemplarVersions);
      return [
        ...[...documentVersions].map(([id, version]) => [`document:${id}`, version] as const),
        ...[...exemplarVersions].map(([id, version]) => [`exemplar:${id}`, version] as const),
      ];
    });
    this.changed();
    return new Map(versions);
  }

  /** Takes documents and exemplars of these ids out of use; their texts stay for citations of the past. Returns how many. */
  async delete(ids: readonly string[]): Promise<CurrentEntry[]> {
    if (ids.length === 0) return [];
    const deleted = await this.database.transaction(async (tx) => {
      const entries = await tx.query<CurrentEntry & Record<string, unknown>>(
        `WITH d AS (UPDATE documents SET status = 'deleted' WHERE id = ANY($1) AND status = 'current'
                    RETURNING 'document' AS kind, id, version, content_hash AS hash, source),
              e AS (UPDATE exemplars SET status = 'deleted' WHERE id = ANY($1) AND status IN ('draft', 'approved')
                    RETURNING 'exemplar' AS kind, id, version, content_hash AS hash, source)
         SELECT * FROM d UNION ALL SELECT * FROM e ORDER BY 1, 2`,
        [ids],
      );
      if (entries.length === 0) return entries;
      await deleteVectors(tx, 'passage', ids);
      await deleteVectors(tx, 'exemplar', ids);
      await raiseVersion(tx);
      return entries;
    });
    if (deleted.length > 0) this.changed();
    return deleted;
  }

  /** Ids and versions of the documents that hold on a day: of statutes of one title the newest in force. `null`: all current ones. */
  async documentsOn(day: IsoDate | null): Promise<EntryVersion[]> {
    return this.database.query<EntryVersion & Record<string, unknown>>(
      `SELECT id, version FROM (
         SELECT id, version, row_number() OVER (
                  PARTITION BY CASE kind WHEN 'statute' THEN 'statute ' || title ELSE 'document ' || id END
                  ORDER BY valid_from DESC NULLS LAST, id DESC) AS newest
         FROM documents
         WHERE status = 'current'
           AND ($1::date IS NULL OR (coalesce(valid_from <= $1::date, true) AND coalesce(valid_until > $1::date, true)))
       ) AS d
       WHERE newest = 1 OR $1::date IS NULL
       ORDER BY id`,
      [day],
    );
  }

  /**
   * Ids and versions of the approved exemplars that hold on a day, in pages: reading 50,000 rows at once would hold up the
   * event loop.
   */
  async *exemplarsOn(day: IsoDate | null): AsyncGenerator<EntryVersion[]> {
    for (let last: string | undefined = ''; last !== undefined;) {
      const page: EntryVersion[] = await this.database.query<EntryVersion & Record<string, unknown>>(
        `SELECT id, version FROM exemplars
         WHERE status = 'approved' AND id > $2
           AND ($1::date IS NULL OR (coalesce(valid_from <= $1::date, true) AND coalesce(valid_until > $1::date, true)))
         ORDER BY id LIMIT ${PAGE}`,
        [day, last],
      );
      yield page;
      last = page.length < PAGE ? undefined : page.at(-1)?.id;
    }
  }

  async readDocuments(wanted: readonly EntryVersion[]): Promise<StoredDocument[]> {
    const rows = await this.database.query<DocumentRow>(
      `SELECT d.id, d.version, d.kind, d.title, d.category, d.aliases, p.key, p.n, p.heading, p.article, p.page, p.text
       FROM unnest($1::text[], $2::int[]) AS w (id, version)
       JOIN documents d USING (id, version)
       JOIN passages p ON p.document = d.id AND p.version = d.version
       ORDER BY d.id, p.n`,
      [wanted.map(({ id }) => id), wanted.map(({ version }) => version)],
    );
    return groupDocuments(rows);
  }

  async readExemplars(wanted: readonly EntryVersion[]): Promise<StoredExemplar[]> {
    const rows = await this.database.query<ExemplarRow>(
      `SELECT e.id, e.version, e.need, e.topic, e.question, e.phrasings, e.answer, e.documents, e.statutes, e.sensitive,
              e.source, e.status, e.valid_from::text, e.valid_until::text,
              (SELECT json_agg(json_build_object('key', v.key, 'kind', v.kind) ORDER BY v.key)
               FROM exemplar_texts v WHERE v.exemplar = e.id AND v.version = e.version) AS vectors
       FROM unnest($1::text[], $2::int[]) AS w (id, version)
       JOIN exemplars e USING (id, version)
       ORDER BY e.id`,
      [wanted.map(({ id }) => id), wanted.map(({ version }) => version)],
    );
    return rows.map(exemplarOfRow);
  }

  /** The text of a cited source, of any version; undefined where there never was one. */
  async sourceText(
    source: string,
  ): Promise<{ title: string; text: string; ref?: StatuteRef; page?: number } | undefined> {
    const exemplar = /^exemplar:(.+)@(\d+)$/.exec(source);
    if (exemplar) {
      const [row] = await this.database.query<{ topic: string; answer: string }>(
        'SELECT topic, answer FROM exemplars WHERE id = $1 AND version = $2',
        [exemplar[1], Number(exemplar[2])],
      );
      return row && { title: row.topic, text: row.answer };
    }
    const passage = /^passage:(.+)@(\d+)#(\d+)$/.exec(source);
    if (!passage) return undefined;
    const [row] = await this.database.query<{
      title: string;
      text: string;
      article: string | null;
      page: number | null;
    }>(
      `SELECT d.title, p.text, p.article, p.page FROM passages p JOIN documents d ON d.id = p.document AND d.version = p.version
       WHERE p.document = $1 AND p.version = $2 AND p.n = $3`,
      [passage[1], Number(passage[2]), Number(passage[3])],
    );
    if (!row) return undefined;
    const { title, text, article, page } = row;
    return { title, text, ...(article ? { ref: { law: title, article } } : {}), ...(page === null ? {} : { page }) };
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  private async insertDocuments(
    tx: Queryable,
    saved: readonly SavedDocument[],
    versions: Map<string, number>,
  ): Promise<void> {
    if (saved.length === 0) return;
    const rows = saved.map(({ document: d, hash }) => ({
      id: d.id,
      version: versions.get(d.id),
      content_hash: hash,
      kind: d.kind,
      title: d.title,
      category: d.category,
      aliases: d.aliases,
      valid_from: d.validFrom,
      valid_until: d.validUntil,
      source: d.source,
    }));
    await tx.query(
      `INSERT INTO documents (id, version, content_hash, kind, title, category, aliases, valid_from, valid_until, source, imported_at, status)
       SELECT id, version, content_hash, kind, title, category, ARRAY(SELECT json_array_elements_text(aliases)), valid_from,
              valid_until, source, $2, 'current'
       FROM json_to_recordset($1::json) AS r (id text, version int, content_hash text, kind text, title text, category text,
         aliases json, valid_from date, valid_until date, source text)`,
      [JSON.stringify(rows), this.clock.now()],
    );
    const passages = saved.flatMap(({ document, passages: ps }) =>
      ps.map(({ passage }) => ({ ...passage, document: document.id, version: versions.get(document.id) })),
    );
    const keys = await tx.query<{ key: number }>(
      `INSERT INTO passages (document, version, n, heading, article, page, text)
       SELECT document, version, n, heading, article, page, text
       FROM json_to_recordset($1::json) AS r (document text, version int, n int, heading text, article text, page int, text text)
       RETURNING key`,
      [JSON.stringify(passages)],
    );
    const vectors = saved.flatMap(({ passages: ps }) => ps.map((passage) => passage.vectors));
    await insertVectors(tx, 'passage', ascending(keys), vectors);
  }

  private async insertExemplars(
    tx: Queryable,
    saved: readonly SavedExemplar[],
    versions: Map<string, number>,
  ): Promise<void> {
    if (saved.length === 0) return;
    const rows = saved.map(({ exemplar: e, hash }) => ({
      ...e,
      version: versions.get(e.id),
      content_hash: hash,
      valid_from: e.validFrom,
      valid_until: e.validUntil,
    }));
    await tx.query(
      `INSERT INTO exemplars (id, version, content_hash, need, topic, question, phrasings, answer, documents, statutes,
                              valid_from, valid_until, sensitive, source, imported_at, status)
       SELECT id, version, content_hash, need, topic, question, ARRAY(SELECT json_array_elements_text(phrasings)), answer,
              ARRAY(SELECT json_array_elements_text(documents)), statutes, valid_from, valid_until, sensitive, source, $2, status
       FROM json_to_recordset($1::json) AS r (id text, version int, content_hash text, need text, topic text, question text,
         phrasings json, answer text, documents json, statutes jsonb, valid_from date, valid_until date, sensitive boolean,
         source text, status text)`,
      [JSON.stringify(rows), this.clock.now()],
    );
    const texts = saved.flatMap(({ exemplar, texts: ts }) =>
      ts.map(({ text }) => ({ ...text, exemplar: exemplar.id, version: versions.get(exemplar.id) })),
    );
    const keys = await tx.query<{ key: number }>(
      `INSERT INTO exemplar_texts (exemplar, version, kind, text)
       SELECT exemplar, version, kind, text
       FROM json_to_recordset($1::json) AS r (exemplar text, version int, kind text, text text)
       RETURNING key`,
      [JSON.stringify(texts)],
    );
    const vectors = saved.flatMap(({ texts: ts }) => ts.map((text) => text.vectors));
    await insertVectors(tx, 'exemplar', ascending(keys), vectors);
  }
}

/** Also makes writers take turns: the row stays locked until the transaction ends. */
async function raiseVersion(tx: Queryable): Promise<void> {
  await tx.query(
    `INSERT INTO settings (name, value) VALUES ('knowledge.version', '1')
     ON CONFLICT (name) DO UPDATE SET value = to_jsonb(settings.value::int + 1)`,
  );
}

async function supersedeDocuments(tx: Queryable, ids: readonly string[]): Promise<Map<string, number>> {
  await tx.query("UPDATE documents SET status = 'superseded' WHERE id = ANY($1) AND status = 'current'", [ids]);
  await deleteVectors(tx, 'passage', ids);
  return nextVersions(
    ids,
    await tx.query<EntryVersion>('SELECT id, max(version) AS version FROM documents WHERE id = ANY($1) GROUP BY id', [
      ids,
    ]),
  );
}

async function supersedeExemplars(tx: Queryable, ids: readonly string[]): Promise<Map<string, number>> {
  await tx.query("UPDATE exemplars SET status = 'superseded' WHERE id = ANY($1) AND status IN ('draft', 'approved')", [
    ids,
  ]);
  await deleteVectors(tx, 'exemplar', ids);
  return nextVersions(
    ids,
    await tx.query<EntryVersion>('SELECT id, max(version) AS version FROM exemplars WHERE id = ANY($1) GROUP BY id', [
      ids,
    ]),
  );
}

/** Keys are given in the order of the rows. */
function ascending(rows: readonly { key: number }[]): number[] {
  return rows.map(({ key }) => key).sort((a, b) => a - b);
}

function nextVersions(ids: readonly string[], last: readonly EntryVersion[]): Map<string, number> {
  const known = new Map(last.map(({ id, version }) => [id, version]));
  return new Map(ids.map((id) => [id, (known.get(id) ?? 0) + 1]));
}

interface DocumentRow {
  id: string;
  version: number;
  kind: DocumentKind;
  title: string;
  category: string;
  aliases: string[];
  key: number;
  n: number;
  heading: string;
  article: string | null;
  page: number | null;
  text: string;
}

function groupDocuments(rows: readonly DocumentRow[]): StoredDocument[] {
  const documents = new Map<string, StoredDocument>();
  for (const { id, version, kind, title, category, aliases, key, n, heading, article, page, text } of rows) {
    const document = documents.get(id) ?? { id, version, kind, title, category, aliases, passages: [] };
    document.passages.push({
      key,
      n,
      heading,
      text,
      ...(article === null ? {} : { article }),
      ...(page === null ? {} : { page }),
    });
    documents.set(id, document);
  }
  return [...documents.values()];
}

interface ExemplarRow extends Omit<Exemplar, 'validFrom' | 'validUntil'> {
  version: number;
  valid_from: IsoDate | null;
  valid_until: IsoDate | null;
  vectors: StoredExemplar['vectors'];
}

function exemplarOfRow({ valid_from, valid_until, vectors, ...row }: ExemplarRow): StoredExemplar {
  return {
    exemplar: {
      ...row,
      ...(valid_from ? { validFrom: valid_from } : {}),
      ...(valid_until ? { validUntil: valid_until } : {}),
    },
    vectors,
  };
}
