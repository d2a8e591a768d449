-- +goose Up
-- Where an attendee stands towards the stage: invited by a host, or on it as a guest until sent back or leaving.
ALTER TABLE tickets ADD COLUMN stage TEXT NOT NULL DEFAULT '' CHECK (stage IN ('', 'invited', 'guest'));
