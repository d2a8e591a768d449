-- +goose Up
-- What a player must know of a segment's picture before it opens the file; empty and 0 for sound alone.
ALTER TABLE segments ADD COLUMN codec TEXT NOT NULL DEFAULT '';
ALTER TABLE segments ADD COLUMN width INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN height INTEGER NOT NULL DEFAULT 0;
UPDATE segments SET codec = 'vp8' WHERE video = 1;
