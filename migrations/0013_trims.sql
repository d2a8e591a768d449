-- +goose Up
-- What the organizer left of a recording, in ms after its start; without a row all of it. The files stay whole.
CREATE TABLE trims (
  recording_id TEXT PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
  from_ms      INTEGER NOT NULL CHECK (from_ms >= 0),
  to_ms        INTEGER NOT NULL CHECK (to_ms > from_ms)
) STRICT;
