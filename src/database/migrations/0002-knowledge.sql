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

-- passages_vector and exemplar_vectors_vector (HNSW) are made by KnowledgeRepository.index after the first load:
-- building them once over all rows takes a tenth of the time of growing them row by row.
