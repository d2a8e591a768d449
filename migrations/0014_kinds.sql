-- +goose Up
-- Each kind of poll has rules of its own and counts in its own way: both are one JSON object of the poll.
ALTER TABLE polls ADD COLUMN rules TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(rules));
ALTER TABLE polls ADD COLUMN tally TEXT NOT NULL DEFAULT '' CHECK (tally = '' OR json_valid(tally)); -- counted once, in the transaction that closes the poll
UPDATE polls SET rules = json_object('least', least, 'most', most);
UPDATE polls SET tally = json_object('total', turnout, 'votes', json((SELECT json_group_array(votes)
  FROM (SELECT votes FROM poll_options WHERE poll_id = polls.id ORDER BY position)))) WHERE state = 'closed';
ALTER TABLE polls DROP COLUMN least;
ALTER TABLE polls DROP COLUMN most;
ALTER TABLE polls DROP COLUMN turnout;

CREATE TABLE poll_options_new (
  poll_id  TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id       TEXT NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (poll_id, position),
  UNIQUE (poll_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO poll_options_new (poll_id, position, id, text) SELECT poll_id, position, id, text FROM poll_options;
DROP TABLE poll_options;
ALTER TABLE poll_options_new RENAME TO poll_options;
