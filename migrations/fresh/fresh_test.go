package fresh

import (
	"path/filepath"
	"testing"
)

// Databases of one process share the empty file and nothing else, and one that is there is opened as it is.
func TestEachIsItsOwn(t *testing.T) {
	dir := t.TempDir()
	count := func(name, before string) (users int) {
		t.Helper()
		db, err := Open(t.Context(), filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Exec(before); err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow("SELECT count(*) FROM users").Scan(&users); err != nil {
			t.Fatal(err)
		}
		return users
	}
	const insert = "INSERT INTO users (id, email, name, password_hash, created_at) VALUES ('u', 'a@b', 'n', 'h', 1)"
	if n := count("one.db", insert); n != 1 {
		t.Errorf("%d users in the first", n)
	}
	if n := count("two.db", ""); n != 0 {
		t.Errorf("%d users in the second", n)
	}
	if n := count("one.db", ""); n != 1 {
		t.Errorf("%d users in the first, opened again", n)
	}
}
