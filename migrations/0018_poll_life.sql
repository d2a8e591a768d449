-- +goose Up
-- What a host lays down before a poll opens …
ALTER TABLE polls ADD COLUMN open_ms INTEGER NOT NULL DEFAULT 0;      -- closes so long after its opening; 0: by hand
ALTER TABLE polls ADD COLUMN survey_until INTEGER NOT NULL DEFAULT 0; -- a survey stays open until then, also after the webinar
ALTER TABLE polls ADD COLUMN results TEXT NOT NULL DEFAULT 'voted' CHECK (results IN ('voted', 'closed', 'shown', 'hidden'));
ALTER TABLE polls ADD COLUMN series TEXT NOT NULL DEFAULT '';         -- holds its results back until its last poll has closed
-- … and where it has got to.
ALTER TABLE polls ADD COLUMN closes_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE polls ADD COLUMN published_at INTEGER NOT NULL DEFAULT 0;
-- A round is a poll of its own, so that the keys of voted and ballots hold for each round.
ALTER TABLE polls ADD COLUMN first_id TEXT NOT NULL DEFAULT '';
ALTER TABLE polls ADD COLUMN round INTEGER NOT NULL DEFAULT 1 CHECK (round >= 1);
UPDATE polls SET first_id = id, published_at = CASE state WHEN 'closed' THEN closed_at ELSE 0 END;
CREATE UNIQUE INDEX polls_round ON polls (first_id, round) WHERE first_id <> '';
CREATE INDEX polls_series ON polls (webinar_id, series) WHERE series <> '';
