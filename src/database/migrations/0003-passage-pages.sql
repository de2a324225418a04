-- Where a passage stands in a file with pages, from 1: what customers are told to look up.
ALTER TABLE passages ADD COLUMN page integer;
