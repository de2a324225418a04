-- HMAC-SHA-256 of the bank's number of a signed-in customer; the number itself is never stored. NULL: nobody signed in.
ALTER TABLE conversations ADD COLUMN identity_hash bytea;
