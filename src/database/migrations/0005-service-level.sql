-- How far the service may go, step by step; the newest row holds. Without any, everything is on.
CREATE TABLE service_level_changes (
  id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  level  text NOT NULL CHECK (level IN ('full', 'exemplars', 'people', 'off')),
  reason text,
  by     text NOT NULL CHECK (by IN ('command', 'operations page')),
  at     timestamptz NOT NULL
);
