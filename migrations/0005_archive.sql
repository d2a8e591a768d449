-- +goose Up
-- Where each sealed segment is: in the spool (queued), verified in the object store (stored), there with nothing left to
-- do (done), nowhere because its spool file vanished (lost), or on its way out (erasing, until the row goes).
CREATE TABLE archive (
  segment   TEXT PRIMARY KEY,
  key       TEXT NOT NULL UNIQUE,
  path      TEXT NOT NULL,
  size      INTEGER NOT NULL CHECK (size >= 0),
  upload_id TEXT NOT NULL DEFAULT '',
  state     TEXT NOT NULL CHECK (state IN ('queued', 'stored', 'done', 'lost', 'erasing')),
  tries     INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER NOT NULL,
  tried_at  INTEGER NOT NULL DEFAULT 0,
  stored_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX archive_open ON archive (tries, queued_at) WHERE state <> 'done';
