-- +goose Up
CREATE TABLE polls (
  id         TEXT PRIMARY KEY,
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL CHECK (position >= 1),
  kind       TEXT NOT NULL, -- of answer: 'single'
  secrecy    TEXT NOT NULL, -- frozen at opening: 'anonymous'
  question   TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
  opened_at  INTEGER NOT NULL DEFAULT 0,
  closed_at  INTEGER NOT NULL DEFAULT 0,
  create_key TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX polls_position ON polls (webinar_id, position);
CREATE UNIQUE INDEX polls_create_key ON polls (webinar_id, create_key) WHERE create_key <> '';

CREATE TABLE poll_options (
  poll_id  TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id       TEXT NOT NULL,
  text     TEXT NOT NULL,
  votes    INTEGER NOT NULL DEFAULT 0, -- counted once, in the transaction that closes the poll
  PRIMARY KEY (poll_id, position),
  UNIQUE (poll_id, id)
) STRICT, WITHOUT ROWID;

-- Who has voted. No time and no rowid, which would number the votes. Deleting a ticket does not take a vote back.
CREATE TABLE voted (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL,
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;

-- What was voted. The key is random, made by the voter; nothing here leads to a person.
CREATE TABLE ballots (
  receipt   TEXT PRIMARY KEY CHECK (length(receipt) = 64 AND receipt NOT GLOB '*[^0-9a-f]*'),
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  option_id TEXT NOT NULL,
  FOREIGN KEY (poll_id, option_id) REFERENCES poll_options (poll_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ballots_poll ON ballots (poll_id, option_id);
