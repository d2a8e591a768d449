-- +goose Up
-- What somebody asked to have made of a recording. When somebody else takes a consent back, the film goes, and is made
-- again of what is left.
CREATE TABLE asked_films (
  recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  kind         TEXT NOT NULL CHECK (kind IN ('mp4', 'composite')),
  PRIMARY KEY (recording_id, kind)
) STRICT;
INSERT INTO asked_films SELECT recording_id, kind FROM derivatives WHERE kind IN ('mp4', 'composite') AND state <> 'doomed';
