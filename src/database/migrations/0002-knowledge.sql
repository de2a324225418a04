-- Documents and exemplars keep every version: an answer of last month cites the text that it rested on.
-- Only current versions have vectors, so the vector indexes hold nothing that may not be found.

CREATE TABLE documents (
  id           text NOT NULL,
  version      integer NOT NULL,
  content_hash text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('sheet', 'statute', 'text')),
  title        text NOT NULL,
  category     text NOT NULL,
  aliases      text[] NOT NULL,
  -- Days in Korea; valid_until is the first day on which it no longer holds.
  valid_from   date,
  valid_until  date,
  source       text NOT NULL,
  imported_at  timestamptz NOT NULL,
  status       text NOT NULL CHECK (status IN ('current', 'superseded', 'deleted')),
  PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX documents_current ON documents (id) WHERE status = 'current';

CREATE TABLE passages (
  key      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  document text NOT NULL,
  version  integer NOT NULL,
  n        integer NOT NULL,
  heading  text NOT NULL,
  -- Of statutes: 제21조의2.
  article  text,
  text     text NOT NULL,
  -- L2-normalised; null where the version is not current or no embedder was available.
  vector   vector(384),
  UNIQUE (document, version, n),
  FOREIGN KEY (document, version) REFERENCES documents (id, version)
);

CREATE TABLE exemplars (
  id           text NOT NULL,
  version      integer NOT NULL,
  content_hash text NOT NULL,
  need         text NOT NULL,
  topic        text NOT NULL,
  question     text NOT NULL,
  phrasings    text[] NOT NULL,
  answer       text NOT NULL,
  documents    text[] NOT NULL,
  -- [{"law": …, "article": …}]
  statutes     jsonb NOT NULL,
  valid_from   date,
  valid_until  date,
  sensitive    boolean NOT NULL,
  source       text NOT NULL,
  imported_at  timestamptz NOT NULL,
  status       text NOT NULL CHECK (status IN ('draft', 'approved', 'superseded', 'deleted')),
  PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX exemplars_current ON exemplars (id) WHERE status IN ('draft', 'approved');

CREATE TABLE exemplar_vectors (
  key      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  exemplar text NOT NULL,
  version  integer NOT NULL,
  -- question and phrasing are embedded as queries, pair (question and answer) as a passage.
  kind     text NOT NULL CHECK (kind IN ('question', 'pair', 'phrasing')),
  text     text NOT NULL,
  vector   vector(384),
  FOREIGN KEY (exemplar, version) REFERENCES exemplars (id, version)
);
CREATE INDEX exemplar_vectors_of ON exemplar_vectors (exemplar, version);

-- passages_vector and exemplar_vectors_vector (HNSW) are made by VectorStore.buildIndexes after the first load:
-- building them once over all rows takes a tenth of the time of growing them row by row.

-- In the row, not beside it: a vector that is stored apart costs a look-up of its own, which the planner does not count.
ALTER TABLE passages ALTER COLUMN vector SET STORAGE PLAIN;
ALTER TABLE exemplar_vectors ALTER COLUMN vector SET STORAGE PLAIN;

-- The nearest texts by cosine. 200 candidates in the graph's search find over 99% of the exact 100 nearest. The limits are
-- constants: with a parameter the planner expects a tenth of the table and reads all of it (33 ms against 3 at 8,500 rows).
CREATE FUNCTION nearest_passages(query vector) RETURNS TABLE (key integer, cosine double precision)
LANGUAGE sql STABLE SET hnsw.ef_search = 200 AS $$
  SELECT key, 1 - (vector <=> query) FROM passages WHERE vector IS NOT NULL ORDER BY vector <=> query LIMIT 100
$$;

-- An exemplar has about six vectors, so its nearest 100 need more of them.
CREATE FUNCTION nearest_exemplar_vectors(query vector) RETURNS TABLE (key integer, cosine double precision)
LANGUAGE sql STABLE SET hnsw.ef_search = 200 AS $$
  SELECT key, 1 - (vector <=> query) FROM exemplar_vectors WHERE vector IS NOT NULL ORDER BY vector <=> query LIMIT 200
$$;
