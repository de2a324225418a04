-- Reversible tokens of personal data (types of tiers 2 and 3; secrets and national identifiers are never stored).
-- The data key of a conversation, wrapped by the master key: without the row, or without the master key, its values are gone.
CREATE TABLE vault_keys (
  conversation_id uuid PRIMARY KEY REFERENCES conversations (id),
  -- AES-256-GCM: 12 bytes nonce, 16 bytes tag, 32 bytes key; associated data is the conversation's id.
  wrapped         bytea NOT NULL,
  -- Which master key wrapped it.
  master_id       text NOT NULL,
  created_at      timestamptz NOT NULL
);

CREATE TABLE vault_values (
  conversation_id uuid NOT NULL REFERENCES vault_keys (conversation_id) ON DELETE CASCADE,
  token           text NOT NULL,
  type            text NOT NULL,
  -- AES-256-GCM: nonce, tag, value; associated data: conversation, type, token.
  sealed          bytea NOT NULL,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (conversation_id, token)
);
