-- The id of the master key that locks the vault, from the first start on: another key is refused before it locks anything, and where
-- processes share a database all of them have the same one.
CREATE TABLE vault_lock (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one),
  master_id text NOT NULL
);
INSERT INTO vault_lock (master_id) SELECT master_id FROM vault_keys LIMIT 1;
