-- +goose Up
-- What a token may do; one that is older than scopes may do all that its account may.
ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'all' CHECK (scope IN ('all', 'metrics'));
