-- The schema after all migrations. Written by `go test ./migrations -update`.

CREATE TABLE api_tokens (
  token_hash BLOB PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
, scope TEXT NOT NULL DEFAULT 'all' CHECK (scope IN ('all', 'metrics'))) STRICT, WITHOUT ROWID;

CREATE TABLE archive (
  segment   TEXT PRIMARY KEY,
  key       TEXT NOT NULL UNIQUE,
  path      TEXT NOT NULL,
  size      INTEGER NOT NULL CHECK (size >= 0),
  upload_id TEXT NOT NULL DEFAULT '',
  state     TEXT NOT NULL CHECK (state IN ('queued', 'stored', 'done', 'lost', 'erasing')),
  tries     INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER NOT NULL,
  tried_at  INTEGER NOT NULL DEFAULT 0,
  stored_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX archive_open ON archive (tries, queued_at) WHERE state <> 'done';

CREATE TABLE asked_films (
  recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  kind         TEXT NOT NULL CHECK (kind IN ('mp4', 'composite')),
  PRIMARY KEY (recording_id, kind)
) STRICT;

CREATE TABLE assemblies (
  webinar_id TEXT PRIMARY KEY REFERENCES webinars (id) ON DELETE CASCADE,
  quorum     INTEGER NOT NULL DEFAULT 0 CHECK (quorum BETWEEN 0 AND 100), -- per cent
  heads      INTEGER NOT NULL DEFAULT 0 CHECK (heads IN (0, 1)),          -- the quorum counts members, not votes
  proxies    INTEGER NOT NULL DEFAULT 0 CHECK (proxies >= 0)              -- that one may hold; 0: no limit
) STRICT, WITHOUT ROWID;

CREATE TABLE "ballots" (
  receipt TEXT PRIMARY KEY CHECK (length(receipt) = 64 AND receipt NOT GLOB '*[^0-9a-f]*'),
  poll_id TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  answer  TEXT NOT NULL CHECK (json_valid(answer))
, weight INTEGER NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000000)) STRICT, WITHOUT ROWID;

CREATE INDEX ballots_poll ON ballots (poll_id);

CREATE TABLE captions (
  recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  lang         TEXT NOT NULL,
  body         TEXT NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (recording_id, lang)
) STRICT;

CREATE TRIGGER consent_chain_next BEFORE INSERT ON consent_chain
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM consent_chain WHERE webinar_id = NEW.webinar_id)
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;

CREATE TRIGGER consent_chain_no_delete BEFORE DELETE ON consent_chain
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;

CREATE TRIGGER consent_chain_no_update BEFORE UPDATE ON consent_chain
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;

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

CREATE INDEX consent_chain_erased ON consent_chain (webinar_id, recording_id) WHERE kind = 'erase';

CREATE TRIGGER consent_checkpoints_next BEFORE INSERT ON consent_checkpoints
WHEN NEW.n <> (SELECT coalesce(max(n), 0) + 1 FROM consent_checkpoints WHERE webinar_id = NEW.webinar_id)
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;

CREATE TRIGGER consent_checkpoints_no_delete BEFORE DELETE ON consent_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;

CREATE TRIGGER consent_checkpoints_no_update BEFORE UPDATE ON consent_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;

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

CREATE TRIGGER consent_payloads_no_replace BEFORE INSERT ON consent_payloads
WHEN EXISTS (SELECT 1 FROM consent_payloads WHERE webinar_id = NEW.webinar_id AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'payloads may be erased, not altered'); END;

CREATE TRIGGER consent_payloads_no_update BEFORE UPDATE ON consent_payloads
BEGIN SELECT RAISE(ABORT, 'payloads may be erased, not altered'); END;

CREATE TABLE consent_payloads (
  webinar_id TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  salt       BLOB NOT NULL CHECK (length(salt) = 32),
  payload    BLOB NOT NULL,
  PRIMARY KEY (webinar_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE "derivatives" (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL REFERENCES recordings (id),
  kind         TEXT NOT NULL CHECK (kind IN ('program', 'timeline', 'mix', 'sheet', 'peaks', 'mp4', 'composite')),
  state        TEXT NOT NULL CHECK (state IN ('queued', 'building', 'sealed', 'ready', 'failed', 'doomed')),
  tries        INTEGER NOT NULL DEFAULT 0,
  due_at       INTEGER NOT NULL DEFAULT 0, -- not before
  bytes        INTEGER NOT NULL DEFAULT 0, -- 0: the store has nothing of it
  duration_ms  INTEGER NOT NULL DEFAULT 0,
  mixed        INTEGER NOT NULL DEFAULT 0 CHECK (mixed IN (0, 1)) -- of a program: it needs no mix, or is one
, from_ms INTEGER) STRICT;

CREATE INDEX derivatives_due ON derivatives (due_at) WHERE state = 'queued';

CREATE UNIQUE INDEX derivatives_one ON derivatives (recording_id, kind) WHERE state <> 'doomed';

CREATE TABLE "downloads" (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL,
  who          TEXT NOT NULL, -- account, or seat of a host without one
  what         TEXT NOT NULL CHECK (what IN ('segment', 'program', 'report', 'ledger', 'timeline', 'mp4', 'composite', 'captions')),
  object       TEXT NOT NULL,
  subject_id   TEXT NOT NULL, -- whose segment; empty: of several people
  how          TEXT NOT NULL CHECK (how IN ('download', 'play')),
  at           INTEGER NOT NULL,
  task_at      INTEGER NOT NULL DEFAULT 0, -- since when the copy is to be deleted
  done_at      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX downloads_recording ON downloads (recording_id, at);

CREATE TABLE electors (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  holder_id TEXT NOT NULL, -- the member who votes: the same one, or who represents them
  weight    INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000000),
  paper     INTEGER NOT NULL CHECK (paper IN (0, 1)),
  PRIMARY KEY (poll_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE embed_origins (
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL CHECK (position BETWEEN 1 AND 10),
  origin     TEXT NOT NULL, -- as browsers write it, such as https://example.org
  PRIMARY KEY (webinar_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  id         TEXT PRIMARY KEY,
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  number     TEXT NOT NULL,
  name       TEXT NOT NULL,
  weight     INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000000),
  proxy_id   TEXT NOT NULL DEFAULT '', -- the member who votes for this one while it is not here
  ticket_id  TEXT REFERENCES tickets (id) ON DELETE SET NULL,
  here       INTEGER NOT NULL DEFAULT 0 CHECK (here IN (0, 1)),
  paper      INTEGER NOT NULL DEFAULT 0 CHECK (paper IN (0, 1)),
  arrived    INTEGER NOT NULL DEFAULT 0 CHECK (arrived IN (0, 1)), teller INTEGER NOT NULL DEFAULT 0 CHECK (teller IN (0, 1)), -- was here at some time
  UNIQUE (webinar_id, number),
  UNIQUE (ticket_id)
) STRICT;

CREATE INDEX members_list ON members (webinar_id, position);

CREATE INDEX members_proxy ON members (proxy_id) WHERE proxy_id <> '';

CREATE TABLE named_votes (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL,
  receipt   TEXT NOT NULL UNIQUE REFERENCES ballots (receipt) ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE paper_counts (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL, -- of who counted
  counts    TEXT NOT NULL CHECK (json_valid(counts)),
  agreed    INTEGER NOT NULL DEFAULT 0 CHECK (agreed IN (0, 1)),
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE password_links (
  user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pictures (
  id          TEXT PRIMARY KEY,
  webinar_id  TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  file        TEXT NOT NULL, -- below the folder; a copy of a poll has a picture of its own and the same file
  type        TEXT NOT NULL CHECK (type IN ('image/jpeg', 'image/png')),
  width       INTEGER NOT NULL, -- pixels
  height      INTEGER NOT NULL,
  uploaded_at INTEGER NOT NULL
) STRICT;

CREATE INDEX pictures_file ON pictures (file);

CREATE INDEX pictures_webinar ON pictures (webinar_id);

CREATE TABLE players (
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  id         TEXT NOT NULL CHECK (length(id) = 64 AND id NOT GLOB '*[^0-9a-f]*'),
  nickname   TEXT NOT NULL,
  folded     TEXT NOT NULL, -- nicknames that differ by case only are the same
  PRIMARY KEY (webinar_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX players_nickname ON players (webinar_id, folded);

CREATE TABLE "poll_keys" (
  poll_id TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  weight  INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000000),
  private BLOB NOT NULL,
  public  BLOB NOT NULL,
  PRIMARY KEY (poll_id, weight)
) STRICT, WITHOUT ROWID;

CREATE TABLE "poll_options" (
  poll_id  TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id       TEXT NOT NULL,
  text     TEXT NOT NULL, picture_id TEXT REFERENCES pictures (id), alt TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (poll_id, position),
  UNIQUE (poll_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX poll_options_picture ON poll_options (picture_id) WHERE picture_id IS NOT NULL;

CREATE TABLE poll_texts (
  poll_id TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  text    TEXT NOT NULL, -- words in folded case
  state   TEXT NOT NULL CHECK (state IN ('shown', 'hidden')),
  place   INTEGER NOT NULL, -- counts the decisions of the poll
  PRIMARY KEY (poll_id, text)
) STRICT, WITHOUT ROWID;

CREATE TABLE poll_tokens (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL,
  request   BLOB NOT NULL CHECK (length(request) = 32),
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE polls (
  id         TEXT PRIMARY KEY,
  webinar_id TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL CHECK (position >= 1),
  kind       TEXT NOT NULL, -- of answer: 'single'
  secrecy    TEXT NOT NULL, -- frozen at opening: 'anonymous'
  question   TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
  opened_at  INTEGER NOT NULL DEFAULT 0,
  closed_at  INTEGER NOT NULL DEFAULT 0,
  create_key TEXT NOT NULL DEFAULT ''
, rules TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(rules)), tally TEXT NOT NULL DEFAULT '' CHECK (tally = '' OR json_valid(tally)), open_ms INTEGER NOT NULL DEFAULT 0, survey_until INTEGER NOT NULL DEFAULT 0, results TEXT NOT NULL DEFAULT 'voted' CHECK (results IN ('voted', 'closed', 'shown', 'hidden')), series TEXT NOT NULL DEFAULT '', closes_at INTEGER NOT NULL DEFAULT 0, published_at INTEGER NOT NULL DEFAULT 0, first_id TEXT NOT NULL DEFAULT '', round INTEGER NOT NULL DEFAULT 1 CHECK (round >= 1), changeable INTEGER NOT NULL DEFAULT 0 CHECK (changeable IN (0, 1)), motion TEXT NOT NULL DEFAULT '' CHECK (motion = '' OR json_valid(motion)), attendance TEXT NOT NULL DEFAULT '' CHECK (attendance = '' OR json_valid(attendance)), counting_since INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE UNIQUE INDEX polls_create_key ON polls (webinar_id, create_key) WHERE create_key <> '';

CREATE UNIQUE INDEX polls_position ON polls (webinar_id, position);

CREATE UNIQUE INDEX polls_round ON polls (first_id, round) WHERE first_id <> '';

CREATE INDEX polls_series ON polls (webinar_id, series) WHERE series <> '';

CREATE TABLE question_rules (
  webinar_id TEXT PRIMARY KEY REFERENCES webinars (id) ON DELETE CASCADE,
  open       INTEGER NOT NULL CHECK (open IN (0, 1)),
  moderated  INTEGER NOT NULL CHECK (moderated IN (0, 1)),
  anonymous  INTEGER NOT NULL CHECK (anonymous IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE question_votes (
  question_id TEXT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  ticket_id   TEXT NOT NULL,
  PRIMARY KEY (question_id, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE questions (
  id          TEXT PRIMARY KEY,
  webinar_id  TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  text        TEXT NOT NULL,
  ticket_id   TEXT NOT NULL, -- who asked with a name; empty: without one, and nothing says who it was
  name        TEXT NOT NULL,
  secret_hash BLOB NOT NULL, -- of what the asker's browser keeps; random, so that it leads to nobody
  state       TEXT NOT NULL CHECK (state IN ('new', 'shown', 'answering', 'answered', 'dismissed')),
  answer      TEXT NOT NULL DEFAULT '',
  votes       INTEGER NOT NULL DEFAULT 0 CHECK (votes >= 0), -- rows of question_votes, counted in the same transaction
  asked_at    INTEGER NOT NULL,
  answered_at INTEGER NOT NULL DEFAULT 0,
  CHECK ((ticket_id = '') = (name = ''))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX questions_answering ON questions (webinar_id) WHERE state = 'answering';

CREATE UNIQUE INDEX questions_secret ON questions (webinar_id, secret_hash);

CREATE TABLE receipt_links (
  hash         BLOB PRIMARY KEY CHECK (length(hash) = 32),
  webinar_id   TEXT NOT NULL,
  recording_id TEXT NOT NULL,
  subject_id   TEXT NOT NULL,
  ends_at      INTEGER NOT NULL DEFAULT 0 -- 0: as long as the recording is there
) STRICT, WITHOUT ROWID;

CREATE INDEX receipt_links_recording ON receipt_links (recording_id);

CREATE TABLE recordings (
  id               TEXT PRIMARY KEY,
  webinar_id       TEXT NOT NULL,
  state            TEXT NOT NULL CHECK (state IN ('announced', 'aborted', 'recording', 'paused', 'stopped', 'available')),
  reason           TEXT NOT NULL,
  strict           INTEGER NOT NULL,
  announcement     INTEGER NOT NULL,
  announced_at     INTEGER NOT NULL,
  start_allowed_at INTEGER NOT NULL,
  started_at       INTEGER NOT NULL,
  stopped_at       INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  announce_key     TEXT NOT NULL
, keep_ms INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE UNIQUE INDEX recordings_active ON recordings (webinar_id) WHERE state IN ('announced', 'recording', 'paused');

CREATE UNIQUE INDEX recordings_key ON recordings (webinar_id, announce_key) WHERE announce_key <> '';

CREATE INDEX recordings_webinar ON recordings (webinar_id, announced_at);

CREATE TABLE scores (
  poll_id    TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  player_id  TEXT NOT NULL,
  webinar_id TEXT NOT NULL,
  points     INTEGER NOT NULL,
  PRIMARY KEY (poll_id, player_id),
  FOREIGN KEY (webinar_id, player_id) REFERENCES players (webinar_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX scores_player ON scores (webinar_id, player_id);

CREATE TABLE segments (
  id           TEXT PRIMARY KEY,
  recording_id TEXT NOT NULL REFERENCES recordings (id),
  subject_id   TEXT NOT NULL,
  grp          TEXT NOT NULL CHECK (grp IN ('camera', 'screen')),
  label        TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('writing', 'sealed', 'available')),
  doomed       INTEGER NOT NULL DEFAULT 0,
  start_ms     INTEGER NOT NULL DEFAULT 0,
  duration_ms  INTEGER NOT NULL DEFAULT 0,
  bytes        INTEGER NOT NULL DEFAULT 0,
  audio        INTEGER NOT NULL DEFAULT 0,
  video        INTEGER NOT NULL DEFAULT 0
, codec TEXT NOT NULL DEFAULT '', width INTEGER NOT NULL DEFAULT 0, height INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX segments_doomed ON segments (id) WHERE doomed = 1;

CREATE INDEX segments_recording ON segments (recording_id, start_ms);

CREATE TABLE sessions (
  token_hash BLOB PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setup (
  only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
  token_hash BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tickets (
  id          TEXT PRIMARY KEY,
  webinar_id  TEXT NOT NULL REFERENCES webinars (id) ON DELETE CASCADE,
  subject_id  TEXT NOT NULL UNIQUE,
  role        TEXT NOT NULL CHECK (role IN ('host', 'speaker', 'attendee')),
  name        TEXT NOT NULL,
  user_id     TEXT REFERENCES users (id) ON DELETE CASCADE,
  secret_hash BLOB UNIQUE,
  issued      INTEGER NOT NULL,
  used        INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL, stage TEXT NOT NULL DEFAULT '' CHECK (stage IN ('', 'invited', 'guest')),
  CHECK ((user_id IS NULL) <> (secret_hash IS NULL))
) STRICT;

CREATE UNIQUE INDEX tickets_host ON tickets (webinar_id, user_id) WHERE user_id IS NOT NULL;

CREATE INDEX tickets_webinar ON tickets (webinar_id);

CREATE TABLE trims (
  recording_id TEXT PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
  from_ms      INTEGER NOT NULL CHECK (from_ms >= 0),
  to_ms        INTEGER NOT NULL CHECK (to_ms > from_ms)
) STRICT;

CREATE TABLE "untidy" (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;

CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE voted (
  poll_id   TEXT NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  ticket_id TEXT NOT NULL,
  PRIMARY KEY (poll_id, ticket_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webinars (
  id         TEXT PRIMARY KEY,
  owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title      TEXT NOT NULL,
  lang       TEXT NOT NULL,
  code       TEXT NOT NULL UNIQUE,
  state      TEXT NOT NULL CHECK (state IN ('scheduled', 'live', 'ended')),
  starts_at  INTEGER NOT NULL,
  live_at    INTEGER NOT NULL DEFAULT 0,
  ended_at   INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL,
  create_key TEXT NOT NULL DEFAULT ''
, rec_intent TEXT NOT NULL DEFAULT 'none' CHECK (rec_intent IN ('none', 'maybe', 'planned')), rec_purpose TEXT NOT NULL DEFAULT '', rec_viewers TEXT NOT NULL DEFAULT '' CHECK (rec_viewers IN ('', 'organizer', 'invited', 'public')), rec_keep_days INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE UNIQUE INDEX webinars_create_key ON webinars (owner_id, create_key) WHERE create_key <> '';

CREATE INDEX webinars_owner ON webinars (owner_id, starts_at);
