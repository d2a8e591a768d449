-- +goose Up
-- What a host promises the voters, frozen when the poll opens; secrecy is there since the beginning.
ALTER TABLE polls ADD COLUMN changeable INTEGER NOT NULL DEFAULT 0 CHECK (changeable IN (0, 1));

-- Named polls alone: whose ballot is whose.
CREATE TABLE named_votes (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL,
  receipt   TEXT NOT NULL UNIQUE REFERENCES ballots (receipt) ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;

-- Secret polls alone: the key that signs their tokens (PKCS #1). The private half is erased at the closing.
CREATE TABLE poll_keys (
  poll_id TEXT PRIMARY KEY REFERENCES polls (id) ON DELETE CASCADE,
  private BLOB NOT NULL,
  public  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- And who was given a token, for which blinded message (its SHA-256), so that the same request again has the same answer.
CREATE TABLE poll_tokens (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL,
  request   BLOB NOT NULL CHECK (length(request) = 32),
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;
