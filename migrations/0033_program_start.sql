-- +goose Up
-- Where the program begins on the clock of the recording: of a cut one up to a few seconds before the cut, at a key frame.
-- NULL: it was made before anybody asked.
ALTER TABLE derivatives ADD COLUMN from_ms INTEGER;
