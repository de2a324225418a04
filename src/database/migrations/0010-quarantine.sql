-- Retrieved texts that speak to the assistant: withheld until somebody releases them. Known by their content, so that a text that is
-- imported again stays what was decided about it, and a changed one is looked at anew.
CREATE TABLE quarantine (
  -- SHA-256 of the text.
  hash        bytea PRIMARY KEY,
  -- `passage:<document>@<version>#<n>` or `exemplar:<id>@<version>`, where it was last met.
  source      text NOT NULL,
  title       text NOT NULL,
  -- The rules that fired.
  rules       text[] NOT NULL,
  -- What they fired at.
  excerpt     text NOT NULL,
  found_at    timestamptz NOT NULL,
  released_at timestamptz,
  released_by text
);
