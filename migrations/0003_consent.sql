-- +goose Up
-- The consent ledger: one hash chain a webinar. No foreign keys: the evidence outlives the webinar it speaks of.
CREATE TABLE consent_chain (
  webinar_id   TEXT NOT NULL,
  seq          INTEGER NOT NULL CHECK (seq > 0),
  prev         BLOB NOT NULL CHECK (length(prev) = 32),
  kind         TEXT NOT NULL,
  recording_id TEXT NOT NULL,
  commitment   BLOB NOT NULL CHECK (length(commitment) = 32),
  hash         BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (webinar_id, seq)
) STRICT, WITHOUT ROWID;

-- What the commitments speak of. Rows may be erased when their time is over; the chain stays verifiable.
CREATE TABLE consent_payloads (
  webinar_id TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  salt       BLOB NOT NULL CHECK (length(salt) = 32),
  payload    BLOB NOT NULL,
  PRIMARY KEY (webinar_id, seq)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER consent_chain_no_update BEFORE UPDATE ON consent_chain
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_chain_no_delete BEFORE DELETE ON consent_chain
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
-- +goose StatementEnd
-- INSERT OR REPLACE fires no delete trigger, so that a row may only follow the last one.
-- +goose StatementBegin
CREATE TRIGGER consent_chain_next BEFORE INSERT ON consent_chain
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM consent_chain WHERE webinar_id = NEW.webinar_id)
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_payloads_no_update BEFORE UPDATE ON consent_payloads
BEGIN SELECT RAISE(ABORT, 'payloads may be erased, not altered'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_payloads_no_replace BEFORE INSERT ON consent_payloads
WHEN EXISTS (SELECT 1 FROM consent_payloads WHERE webinar_id = NEW.webinar_id AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'payloads may be erased, not altered'); END;
-- +goose StatementEnd
