-- +goose Up
-- A secret vote of the members has a key for each weight of a vote; every other secret poll has the one of weight 1.
CREATE TABLE weighed_keys (
  poll_id TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  weight  INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000000),
  private BLOB NOT NULL,
  public  BLOB NOT NULL,
  PRIMARY KEY (poll_id, weight)
) STRICT, WITHOUT ROWID;
INSERT INTO weighed_keys (poll_id, weight, private, public) SELECT poll_id, 1, private, public FROM poll_keys;
DROP TABLE poll_keys;
ALTER TABLE weighed_keys RENAME TO poll_keys;

-- Whose votes count in a secret vote of the members, as the list was when it opened.
CREATE TABLE electors (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  holder_id TEXT NOT NULL, -- the member who votes: the same one, or who represents them
  weight    INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000000),
  paper     INTEGER NOT NULL CHECK (paper IN (0, 1)),
  PRIMARY KEY (poll_id, member_id)
) STRICT, WITHOUT ROWID;
