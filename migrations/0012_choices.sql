-- +goose Up
-- A ballot may name several options, and other kinds of answers are to come: what it says is one JSON object.
ALTER TABLE polls ADD COLUMN least INTEGER NOT NULL DEFAULT 1; -- options that a ballot must name
ALTER TABLE polls ADD COLUMN most INTEGER NOT NULL DEFAULT 1;  -- and may name
ALTER TABLE polls ADD COLUMN turnout INTEGER NOT NULL DEFAULT 0; -- ballots, counted with the options' votes
UPDATE polls SET turnout = (SELECT count(*) FROM ballots WHERE poll_id = polls.id) WHERE state = 'closed';

CREATE TABLE ballots_new (
  receipt TEXT PRIMARY KEY CHECK (length(receipt) = 64 AND receipt NOT GLOB '*[^0-9a-f]*'),
  poll_id TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  answer  TEXT NOT NULL CHECK (json_valid(answer))
) STRICT, WITHOUT ROWID;
INSERT INTO ballots_new (receipt, poll_id, answer)
  SELECT receipt, poll_id, json_object('options', json_array(option_id)) FROM ballots ORDER BY receipt;
DROP TABLE ballots;
ALTER TABLE ballots_new RENAME TO ballots;
CREATE INDEX ballots_poll ON ballots (poll_id);
