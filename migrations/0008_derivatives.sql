-- +goose Up
-- What is made of a recording's segments and can be made again: queued, building, sealed (in the spool), ready (in the
-- store), failed (not tried any more), doomed (in the store, to be erased, shown to nobody).
CREATE TABLE derivatives (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL REFERENCES recordings (id),
  kind         TEXT NOT NULL CHECK (kind IN ('program', 'timeline')),
  state        TEXT NOT NULL CHECK (state IN ('queued', 'building', 'sealed', 'ready', 'failed', 'doomed')),
  tries        INTEGER NOT NULL DEFAULT 0,
  due_at       INTEGER NOT NULL DEFAULT 0, -- not before
  bytes        INTEGER NOT NULL DEFAULT 0, -- 0: the store has nothing of it
  duration_ms  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX derivatives_one ON derivatives (recording_id, kind) WHERE state <> 'doomed';
CREATE INDEX derivatives_due ON derivatives (due_at) WHERE state = 'queued';
