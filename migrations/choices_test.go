package migrations

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// Ballots that were cast when each named a single option are the same votes afterwards.
func TestOldBallotsKeepTheirVotes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	conn, err := sql.Open("sqlite3", "file:"+path+"?"+pragmas)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, conn, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 11); err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		"INSERT INTO users (id, email, name, password_hash, created_at) VALUES ('u', 'a@b', 'n', 'h', 1)",
		"INSERT INTO webinars (id, owner_id, title, lang, code, state, starts_at, expires_at) VALUES ('w', 'u', 't', 'de', 'c', 'live', 1, 2)",
		"INSERT INTO polls (id, webinar_id, position, kind, secrecy, question, state) VALUES ('p', 'w', 1, 'single', 'anonymous', '?', 'closed')",
		"INSERT INTO poll_options (poll_id, position, id, text, votes) VALUES ('p', 1, 'a', 'A', 2), ('p', 2, 'b', 'B', 1)",
		`INSERT INTO ballots (receipt, poll_id, option_id) SELECT printf('%064x', n), 'p', o
			FROM (SELECT 1 n, 'a' o UNION SELECT 2, 'b' UNION SELECT 3, 'a')`,
	} {
		if _, err := conn.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	var tally, rules string
	var of int
	err = open(t, path).QueryRow(`SELECT tally, rules, (SELECT count(*) FROM ballots WHERE poll_id = 'p' AND answer ->> '$.options[0]' = 'a')
		FROM polls WHERE id = 'p'`).Scan(&tally, &rules, &of)
	if err != nil || tally != `{"total":3,"votes":[2,1]}` || rules != `{"least":1,"most":1}` || of != 2 {
		t.Errorf("tally %s, rules %s, %d of option a, %v", tally, rules, of, err)
	}
}
