-- +goose Up
CREATE TABLE questions (
  id          TEXT PRIMARY KEY,
  webinar_id  TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  text        TEXT NOT NULL,
  ticket_id   TEXT NOT NULL, -- who asked with a name; empty: without one, and nothing says who it was
  name        TEXT NOT NULL,
  secret_hash BLOB NOT NULL, -- of what the asker's browser keeps; random, so that it leads to nobody
  state       TEXT NOT NULL CHECK (state IN ('new', 'shown', 'answering', 'answered', 'dismissed')),
  answer      TEXT NOT NULL DEFAULT '',
  votes       INTEGER NOT NULL DEFAULT 0 CHECK (votes >= 0), -- rows of question_votes, counted in the same transaction
  asked_at    INTEGER NOT NULL,
  answered_at INTEGER NOT NULL DEFAULT 0,
  CHECK ((ticket_id = '') = (name = ''))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX questions_secret ON questions (webinar_id, secret_hash);
CREATE UNIQUE INDEX questions_answering ON questions (webinar_id) WHERE state = 'answering';

-- Who wants to hear the answer. No time and no rowid. Deleting a ticket does not take a vote back.
CREATE TABLE question_votes (
  question_id TEXT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  ticket_id   TEXT NOT NULL,
  PRIMARY KEY (question_id, ticket_id)
) STRICT, WITHOUT ROWID;

-- How a webinar takes questions; without a row as is usual.
CREATE TABLE question_rules (
  webinar_id TEXT PRIMARY KEY REFERENCES webinars (id) ON DELETE CASCADE,
  open       INTEGER NOT NULL CHECK (open IN (0, 1)),
  moderated  INTEGER NOT NULL CHECK (moderated IN (0, 1)),
  anonymous  INTEGER NOT NULL CHECK (anonymous IN (0, 1))
) STRICT, WITHOUT ROWID;
