CREATE EXTENSION IF NOT EXISTS vector;

-- Facts about the store itself: which embedder made its vectors, the service level, counters of versions.
CREATE TABLE settings (
  name  text PRIMARY KEY,
  value jsonb NOT NULL
);

CREATE TABLE conversations (
  id           uuid PRIMARY KEY,
  state        text NOT NULL DEFAULT 'assistant' CHECK (state IN ('assistant', 'queued', 'counsellor', 'closed')),
  locale       text NOT NULL,
  -- SHA-256 of the resume token; the token itself is never stored.
  resume_hash  bytea NOT NULL,
  last_seen_at timestamptz NOT NULL,
  created_at   timestamptz NOT NULL,
  last_seq     integer NOT NULL DEFAULT 0,
  -- How many tokens of each type of personal data were given out, so that numbering goes on after a restart.
  mask_counts  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX conversations_last_seen ON conversations (last_seen_at) WHERE state <> 'closed';

-- The log. Immutable but for redaction, which overwrites data.text in the transaction that appends message.redacted.
CREATE TABLE events (
  conversation_id   uuid NOT NULL REFERENCES conversations (id),
  seq               integer NOT NULL,
  -- Made by the writer before the first attempt: a retry after a lost answer of the database is recognised by it.
  id                uuid NOT NULL UNIQUE,
  type              text NOT NULL,
  origin            text NOT NULL CHECK (origin IN ('customer', 'ai', 'exemplar', 'counsellor', 'system')),
  at                timestamptz NOT NULL,
  data              jsonb NOT NULL,
  client_message_id text,
  PRIMARY KEY (conversation_id, seq),
  UNIQUE (conversation_id, client_message_id)
);

CREATE TABLE feedback (
  conversation_id uuid NOT NULL,
  seq             integer NOT NULL,
  rating          text NOT NULL CHECK (rating IN ('up', 'down')),
  reason          text,
  comment         text,
  at              timestamptz NOT NULL,
  PRIMARY KEY (conversation_id, seq),
  FOREIGN KEY (conversation_id, seq) REFERENCES events (conversation_id, seq)
);
