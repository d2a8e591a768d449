-- +goose Up
-- More is made of a recording: the program with everybody's sound, which takes the place of the first one; what the seek
-- bar shows; and, when somebody asks for it, an MP4 and a picture in picture.
CREATE TABLE derivatives_new (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL REFERENCES recordings (id),
  kind         TEXT NOT NULL CHECK (kind IN ('program', 'timeline', 'mix', 'sheet', 'peaks', 'mp4', 'composite')),
  state        TEXT NOT NULL CHECK (state IN ('queued', 'building', 'sealed', 'ready', 'failed', 'doomed')),
  tries        INTEGER NOT NULL DEFAULT 0,
  due_at       INTEGER NOT NULL DEFAULT 0, -- not before
  bytes        INTEGER NOT NULL DEFAULT 0, -- 0: the store has nothing of it
  duration_ms  INTEGER NOT NULL DEFAULT 0,
  mixed        INTEGER NOT NULL DEFAULT 0 CHECK (mixed IN (0, 1)) -- of a program: it needs no mix, or is one
) STRICT;
INSERT INTO derivatives_new (id, recording_id, kind, state, tries, due_at, bytes, duration_ms)
  SELECT id, recording_id, kind, state, tries, due_at, bytes, duration_ms FROM derivatives;
DROP TABLE derivatives;
ALTER TABLE derivatives_new RENAME TO derivatives;
CREATE UNIQUE INDEX derivatives_one ON derivatives (recording_id, kind) WHERE state <> 'doomed';
CREATE INDEX derivatives_due ON derivatives (due_at) WHERE state = 'queued';

-- More can be taken, the timeline among it, and each is written down.
CREATE TABLE downloads_new (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL,
  who          TEXT NOT NULL, -- account, or seat of a host without one
  what         TEXT NOT NULL CHECK (what IN ('segment', 'program', 'report', 'ledger', 'timeline', 'mp4', 'composite', 'captions')),
  object       TEXT NOT NULL,
  subject_id   TEXT NOT NULL, -- whose segment; empty: of several people
  how          TEXT NOT NULL CHECK (how IN ('download', 'play')),
  at           INTEGER NOT NULL,
  task_at      INTEGER NOT NULL DEFAULT 0, -- since when the copy is to be deleted
  done_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO downloads_new SELECT id, recording_id, who, what, object, subject_id, how, at, task_at, done_at FROM downloads;
DROP TABLE downloads;
ALTER TABLE downloads_new RENAME TO downloads;
CREATE INDEX downloads_recording ON downloads (recording_id, at);

-- What is said in a recording, as WebVTT on the clock of the recording, one text a language.
CREATE TABLE captions (
  recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  lang         TEXT NOT NULL,
  body         TEXT NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (recording_id, lang)
) STRICT;
