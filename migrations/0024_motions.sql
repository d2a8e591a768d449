-- +goose Up
-- A poll in which the members of the list vote: its rules, and who was there when it opened.
ALTER TABLE polls ADD COLUMN motion TEXT NOT NULL DEFAULT '' CHECK (motion = '' OR json_valid(motion));
ALTER TABLE polls ADD COLUMN attendance TEXT NOT NULL DEFAULT '' CHECK (attendance = '' OR json_valid(attendance));
ALTER TABLE ballots ADD COLUMN weight INTEGER NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000000);

ALTER TABLE members ADD COLUMN teller INTEGER NOT NULL DEFAULT 0 CHECK (teller IN (0, 1)); -- counts paper ballots
CREATE INDEX members_proxy ON members (proxy_id) WHERE proxy_id <> '';

-- What each person counted on paper; two that agree are the count.
CREATE TABLE paper_counts (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL, -- of who counted
  counts    TEXT NOT NULL CHECK (json_valid(counts)),
  agreed    INTEGER NOT NULL DEFAULT 0 CHECK (agreed IN (0, 1)),
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;
