-- +goose Up
-- Sites that may show the polls of a webinar in a frame of theirs.
CREATE TABLE embed_origins (
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL CHECK (position BETWEEN 1 AND 10),
  origin     TEXT NOT NULL, -- as browsers write it, such as https://example.org
  PRIMARY KEY (webinar_id, position)
) STRICT, WITHOUT ROWID;
