-- +goose Up
-- Pictures of options. The files lie in a folder of their own: the database is written anew at each closing.
CREATE TABLE pictures (
  id          TEXT PRIMARY KEY,
  webinar_id  TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  file        TEXT NOT NULL, -- below the folder; a copy of a poll has a picture of its own and the same file
  type        TEXT NOT NULL CHECK (type IN ('image/jpeg', 'image/png')),
  width       INTEGER NOT NULL, -- pixels
  height      INTEGER NOT NULL,
  uploaded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pictures_webinar ON pictures (webinar_id);
CREATE INDEX pictures_file ON pictures (file);
ALTER TABLE poll_options ADD COLUMN picture_id TEXT REFERENCES pictures (id);
ALTER TABLE poll_options ADD COLUMN alt TEXT NOT NULL DEFAULT ''; -- the picture in words
CREATE INDEX poll_options_picture ON poll_options (picture_id) WHERE picture_id IS NOT NULL;
