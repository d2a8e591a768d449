-- +goose Up
-- Links by which people come back to what they answered, without an account. The secret is not here.
CREATE TABLE receipt_links (
  hash         BLOB PRIMARY KEY CHECK (length(hash) = 32),
  webinar_id   TEXT NOT NULL,
  recording_id TEXT NOT NULL,
  subject_id   TEXT NOT NULL,
  ends_at      INTEGER NOT NULL DEFAULT 0 -- 0: as long as the recording is there
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_links_recording ON receipt_links (recording_id);
