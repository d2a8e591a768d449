-- +goose Up
-- Since when a motion takes no vote any more, although it is open: its time was up, or its webinar over, and ballots on paper
-- that nobody has confirmed were still to be counted. It closes when they are. 0: it never came to that.
ALTER TABLE polls ADD COLUMN counting_since INTEGER NOT NULL DEFAULT 0;
