-- The rows of a set are narrow, so the planner reads and sorts all of up to some thousands of vectors rather than search the
-- graph; it counts a distance of 384 numbers like any other comparison. 2,272 vectors: 2.0 ms by the index, 2.6 by reading all;
-- the second grows with their number. Where there is no index (more than 2,000 dimensions) all are read as before.
ALTER FUNCTION vector_cosines(text, vector, integer, integer[]) SET enable_seqscan = off;
