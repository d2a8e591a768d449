-- +goose Up
-- Which recordings were erased, and when, is asked to erase what people answered when its time is over, too.
CREATE INDEX consent_chain_erased ON consent_chain (webinar_id, recording_id) WHERE kind = 'erase';
