-- +goose Up
-- What a host says beforehand about recording a webinar, and how long a recording is kept by its announcement.
ALTER TABLE webinars ADD COLUMN rec_intent TEXT NOT NULL DEFAULT 'none' CHECK (rec_intent IN ('none', 'maybe', 'planned'));
ALTER TABLE webinars ADD COLUMN rec_purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE webinars ADD COLUMN rec_viewers TEXT NOT NULL DEFAULT '' CHECK (rec_viewers IN ('', 'organizer', 'invited', 'public'));
ALTER TABLE webinars ADD COLUMN rec_keep_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recordings ADD COLUMN keep_ms INTEGER NOT NULL DEFAULT 0; -- 0: as long as the operator keeps recordings
