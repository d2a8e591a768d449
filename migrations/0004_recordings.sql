-- +goose Up
-- No foreign key to webinars: objects in the store must be erased by the recorder before their rows go.
CREATE TABLE recordings (
  id               TEXT PRIMARY KEY,
  webinar_id       TEXT NOT NULL,
  state            TEXT NOT NULL CHECK (state IN ('announced', 'aborted', 'recording', 'paused', 'stopped', 'available')),
  reason           TEXT NOT NULL,
  strict           INTEGER NOT NULL,
  announcement     INTEGER NOT NULL,
  announced_at     INTEGER NOT NULL,
  start_allowed_at INTEGER NOT NULL,
  started_at       INTEGER NOT NULL,
  stopped_at       INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  announce_key     TEXT NOT NULL
) STRICT;
CREATE INDEX recordings_webinar ON recordings (webinar_id, announced_at);
CREATE UNIQUE INDEX recordings_key ON recordings (webinar_id, announce_key) WHERE announce_key <> '';
-- One recording of a webinar at a time.
CREATE UNIQUE INDEX recordings_active ON recordings (webinar_id) WHERE state IN ('announced', 'recording', 'paused');

-- One WebM master of one person; doomed: to be erased, shown to nobody.
CREATE TABLE segments (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL REFERENCES recordings (id),
  subject_id   TEXT NOT NULL,
  grp          TEXT NOT NULL CHECK (grp IN ('camera', 'screen')),
  label        TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('writing', 'sealed', 'available')),
  doomed       INTEGER NOT NULL DEFAULT 0,
  start_ms     INTEGER NOT NULL DEFAULT 0,
  duration_ms  INTEGER NOT NULL DEFAULT 0,
  bytes        INTEGER NOT NULL DEFAULT 0,
  audio        INTEGER NOT NULL DEFAULT 0,
  video        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX segments_recording ON segments (recording_id, start_ms);
CREATE INDEX segments_doomed ON segments (id) WHERE doomed = 1;
