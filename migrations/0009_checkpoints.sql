-- +goose Up
-- Signed marks in a chain: whoever holds a copy can tell a chain that was cut or written anew. Made in the transaction
-- of the entry they stand behind.
CREATE TABLE consent_checkpoints (
  webinar_id TEXT NOT NULL,
  n          INTEGER NOT NULL CHECK (n > 0),
  prev       BLOB NOT NULL CHECK (length(prev) = 32),
  seq        INTEGER NOT NULL CHECK (seq > 0),
  hash       BLOB NOT NULL CHECK (length(hash) = 32),
  at         INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  key        BLOB NOT NULL CHECK (length(key) = 32),
  signature  BLOB NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (webinar_id, n)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER consent_checkpoints_no_update BEFORE UPDATE ON consent_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_checkpoints_no_delete BEFORE DELETE ON consent_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
-- +goose StatementEnd
-- INSERT OR REPLACE fires no delete trigger, so that a row may only follow the last one.
-- +goose StatementBegin
CREATE TRIGGER consent_checkpoints_next BEFORE INSERT ON consent_checkpoints
WHEN NEW.n <> (SELECT coalesce(max(n), 0) + 1 FROM consent_checkpoints WHERE webinar_id = NEW.webinar_id)
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
-- +goose StatementEnd
