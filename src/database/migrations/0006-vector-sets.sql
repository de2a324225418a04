-- Vectors by embedder. Vectors of two embedders do not compare and may differ in length, so each embedder has tables of its own;
-- another one's are made beside those that are searched, and take their place when they are complete.

CREATE TABLE vector_sets (
  number     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Name of the model, length of a vector, prefixes or weights: Embedder.id.
  embedder   text NOT NULL UNIQUE,
  dimensions integer NOT NULL CHECK (dimensions > 0),
  -- The set that questions are searched in. None before the first one is complete.
  current    boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX vector_sets_current ON vector_sets (current) WHERE current;

-- Two processes that build at once take turns with the tables. Whoever holds the row 'knowledge.version' may wait for this lock,
-- never the other way round.
CREATE FUNCTION lock_vector_sets() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_xact_lock(7264327)';

-- The set of an embedder, with empty tables where it is new: passage_vectors_<number> by passages.key and
-- exemplar_vectors_<number> by exemplar_texts.key. Only texts of current versions have vectors, so that a search finds
-- nothing that may not be found. No foreign keys: texts are never deleted, and dropping a set need not lock them.
CREATE FUNCTION open_vector_set(wanted text, length integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  set_number integer;
  vectors text;
BEGIN
  PERFORM lock_vector_sets();
  INSERT INTO vector_sets (embedder, dimensions) VALUES (wanted, length)
  ON CONFLICT (embedder) DO NOTHING RETURNING number INTO set_number;
  IF set_number IS NULL THEN
    RETURN (SELECT number FROM vector_sets WHERE embedder = wanted);
  END IF;
  FOREACH vectors IN ARRAY ARRAY['passage_vectors_', 'exemplar_vectors_'] LOOP
    EXECUTE format('CREATE TABLE %I (key integer PRIMARY KEY, vector vector(%s) NOT NULL)', vectors || set_number, length);
    -- In the row, not beside it: a vector that is stored apart costs a look-up of its own, which the planner does not count.
    -- Longer ones do not fit into a page.
    IF length <= 2000 THEN
      EXECUTE format('ALTER TABLE %I ALTER COLUMN vector SET STORAGE PLAIN', vectors || set_number);
    END IF;
  END LOOP;
  RETURN set_number;
END $$;

-- HNSW indexes of a set where they are missing. On a full table at once, they take a tenth of the time of growing row by row.
-- HNSW holds vectors of up to 2,000 dimensions; longer ones are searched without an index.
CREATE FUNCTION index_vector_set(set_number integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  vectors text;
BEGIN
  PERFORM lock_vector_sets();
  IF (SELECT dimensions FROM vector_sets WHERE number = set_number) <= 2000 THEN
    FOREACH vectors IN ARRAY ARRAY['passage_vectors_', 'exemplar_vectors_'] LOOP
      EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I USING hnsw (vector vector_cosine_ops)',
                     vectors || set_number || '_hnsw', vectors || set_number);
    END LOOP;
  END IF;
END $$;

-- Makes a set the one that is searched, and drops all others.
CREATE FUNCTION switch_vector_set(set_number integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  old integer;
BEGIN
  PERFORM lock_vector_sets();
  FOR old IN SELECT number FROM vector_sets WHERE number <> set_number LOOP
    EXECUTE format('DROP TABLE passage_vectors_%s, exemplar_vectors_%s', old, old);
    DELETE FROM vector_sets WHERE number = old;
  END LOOP;
  UPDATE vector_sets SET current = true WHERE number = set_number;
END $$;

-- Cosines of the nearest vectors of a set, and of the given keys. Nothing where the set was dropped meanwhile. 200 candidates
-- in the graph's search find over 99% of the exact 100 nearest. The limit becomes a constant: with a parameter the planner
-- expects a tenth of the table and reads all of it (33 ms against 3 at 8,500 rows).
CREATE FUNCTION vector_cosines(vectors text, query vector, nearest integer, keys integer[])
RETURNS TABLE (key integer, cosine double precision)
LANGUAGE plpgsql STABLE SET hnsw.ef_search = 200 AS $$
BEGIN
  IF to_regclass(vectors) IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format(
    '(SELECT key, 1 - (vector <=> $1) FROM %1$I ORDER BY vector <=> $1 LIMIT %2$s)
     UNION ALL
     SELECT key, 1 - (vector <=> $1) FROM %1$I WHERE key = ANY($2)', vectors, nearest) USING query, keys;
END $$;

-- The vectors so far become the first set.
DO $$
DECLARE
  made_by text := (SELECT value #>> '{}' FROM settings WHERE name = 'embedder');
  length integer := (SELECT atttypmod FROM pg_attribute WHERE attrelid = 'passages'::regclass AND attname = 'vector');
  set_number integer;
BEGIN
  IF made_by IS NOT NULL THEN
    set_number := open_vector_set(made_by, length);
    EXECUTE format('INSERT INTO passage_vectors_%s SELECT key, vector FROM passages WHERE vector IS NOT NULL', set_number);
    EXECUTE format('INSERT INTO exemplar_vectors_%s SELECT key, vector FROM exemplar_vectors WHERE vector IS NOT NULL', set_number);
    PERFORM index_vector_set(set_number);
    PERFORM switch_vector_set(set_number);
  END IF;
END $$;

DELETE FROM settings WHERE name = 'embedder';
DROP FUNCTION nearest_passages(vector);
DROP FUNCTION nearest_exemplar_vectors(vector);
ALTER TABLE passages DROP COLUMN vector;
ALTER TABLE exemplar_vectors DROP COLUMN vector;
-- What is left are the texts under which an exemplar is found.
ALTER TABLE exemplar_vectors RENAME TO exemplar_texts;
ALTER INDEX exemplar_vectors_of RENAME TO exemplar_texts_of;
