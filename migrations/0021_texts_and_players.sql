-- +goose Up
-- What hosts decided about texts that people sent. It is about what was said, however many said it, and leads to no ballot.
CREATE TABLE poll_texts (
  poll_id TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  text    TEXT NOT NULL, -- words in folded case
  state   TEXT NOT NULL CHECK (state IN ('shown', 'hidden')),
  place   INTEGER NOT NULL, -- counts the decisions of the poll
  PRIMARY KEY (poll_id, text)
) STRICT, WITHOUT ROWID;

-- Who wants to stand on the leaderboard. The id is the hash of a secret of the player's browser; nothing leads to a seat.
CREATE TABLE players (
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  id         TEXT NOT NULL CHECK (length(id) = 64 AND id NOT GLOB '*[^0-9a-f]*'),
  nickname   TEXT NOT NULL,
  folded     TEXT NOT NULL, -- nicknames that differ by case only are the same
  PRIMARY KEY (webinar_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX players_nickname ON players (webinar_id, folded);

CREATE TABLE scores (
  poll_id    TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  player_id  TEXT NOT NULL,
  webinar_id TEXT NOT NULL,
  points     INTEGER NOT NULL,
  PRIMARY KEY (poll_id, player_id),
  FOREIGN KEY (webinar_id, player_id) REFERENCES players (webinar_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_player ON scores (webinar_id, player_id);
