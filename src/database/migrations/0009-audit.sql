-- What the guardrails decided and what people did, one chain of hashes for each process: hash = SHA-256(previous || line).
CREATE TABLE audit_log (
  chain           uuid NOT NULL,
  seq             integer NOT NULL,
  at              timestamptz NOT NULL,
  conversation_id uuid,
  -- Canonical JSON: what is hashed, byte for byte.
  line            text NOT NULL,
  previous        bytea NOT NULL,
  hash            bytea NOT NULL,
  PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_log_conversation ON audit_log (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX audit_log_at ON audit_log (at);

-- Lines are only added. What is older than its term is removed from the front of a chain by the retention, which leaves a
-- checkpoint there and says so to this trigger.
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('sangdam.audit_retention', true) = 'on' THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
