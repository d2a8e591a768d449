-- +goose Up
-- The rules of a meeting of members, and who they are.
CREATE TABLE assemblies (
  webinar_id TEXT PRIMARY KEY REFERENCES webinars (id) ON DELETE CASCADE,
  quorum     INTEGER NOT NULL DEFAULT 0 CHECK (quorum BETWEEN 0 AND 100), -- per cent
  heads      INTEGER NOT NULL DEFAULT 0 CHECK (heads IN (0, 1)),          -- the quorum counts members, not votes
  proxies    INTEGER NOT NULL DEFAULT 0 CHECK (proxies >= 0)              -- that one may hold; 0: no limit
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  id         TEXT PRIMARY KEY,
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  number     TEXT NOT NULL,
  name       TEXT NOT NULL,
  weight     INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000000),
  proxy_id   TEXT NOT NULL DEFAULT '', -- the member who votes for this one while it is not here
  ticket_id  TEXT REFERENCES tickets (id) ON DELETE SET NULL,
  here       INTEGER NOT NULL DEFAULT 0 CHECK (here IN (0, 1)),
  paper      INTEGER NOT NULL DEFAULT 0 CHECK (paper IN (0, 1)),
  arrived    INTEGER NOT NULL DEFAULT 0 CHECK (arrived IN (0, 1)), -- was here at some time
  UNIQUE (webinar_id, number),
  UNIQUE (ticket_id)
) STRICT;
CREATE INDEX members_list ON members (webinar_id, position);
