-- +goose Up
-- Who took what of a recording, and the copies that are to be deleted since somebody withdrew. No address is kept.
CREATE TABLE downloads (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL,
  who          TEXT NOT NULL, -- account, or seat of a host without one
  what         TEXT NOT NULL CHECK (what IN ('segment', 'program', 'report', 'ledger')),
  object       TEXT NOT NULL,
  subject_id   TEXT NOT NULL, -- whose segment; empty: of several people
  how          TEXT NOT NULL CHECK (how IN ('download', 'play')),
  at           INTEGER NOT NULL,
  task_at      INTEGER NOT NULL DEFAULT 0, -- since when the copy is to be deleted
  done_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX downloads_recording ON downloads (recording_id, at);
