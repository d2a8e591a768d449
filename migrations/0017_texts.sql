-- +goose Up
-- What hosts decided about texts that people sent. It is about what was said, however many said it, and leads to no ballot.
CREATE TABLE poll_texts (
  poll_id TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  text    TEXT NOT NULL, -- words in folded case
  state   TEXT NOT NULL CHECK (state IN ('shown', 'hidden')),
  place   INTEGER NOT NULL, -- counts the decisions of the poll
  PRIMARY KEY (poll_id, text)
) STRICT, WITHOUT ROWID;
