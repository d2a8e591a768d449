-- +goose Up
CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;

-- The one-time link that makes the first user; at most one row.
CREATE TABLE setup (
  only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
  token_hash BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  token_hash BLOB PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_tokens (
  token_hash BLOB PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webinars (
  id         TEXT PRIMARY KEY,
  owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title      TEXT NOT NULL,
  lang       TEXT NOT NULL,
  code       TEXT NOT NULL UNIQUE,
  state      TEXT NOT NULL CHECK (state IN ('scheduled', 'live', 'ended')),
  starts_at  INTEGER NOT NULL,
  live_at    INTEGER NOT NULL DEFAULT 0,
  ended_at   INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL,
  create_key TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX webinars_owner ON webinars (owner_id, starts_at);
CREATE UNIQUE INDEX webinars_create_key ON webinars (owner_id, create_key) WHERE create_key <> '';

CREATE TABLE tickets (
  id          TEXT PRIMARY KEY,
  webinar_id  TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  subject_id  TEXT NOT NULL UNIQUE,
  role        TEXT NOT NULL CHECK (role IN ('host', 'speaker', 'attendee')),
  name        TEXT NOT NULL,
  user_id     TEXT REFERENCES users (id) ON DELETE CASCADE,
  secret_hash BLOB UNIQUE,
  issued      INTEGER NOT NULL,
  used        INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  CHECK ((user_id IS NULL) <> (secret_hash IS NULL))
) STRICT;
CREATE UNIQUE INDEX tickets_host ON tickets (webinar_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX tickets_webinar ON tickets (webinar_id);
