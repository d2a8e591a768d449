-- +goose Up
-- Links by which whoever has forgotten a password sets a new one: one an account, used once. The secret is not here.
CREATE TABLE password_links (
  user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
