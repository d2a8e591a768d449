-- +goose Up
-- Who was given a token is known while a secret poll is open, and no longer.
DELETE FROM poll_tokens WHERE poll_id IN (SELECT id FROM polls WHERE state = 'closed');

-- Holds a row from the closing of a poll until the file and its write-ahead log tell no order of votes any more.
CREATE TABLE untidy (only_row INTEGER PRIMARY KEY CHECK (only_row = 1)) STRICT;
