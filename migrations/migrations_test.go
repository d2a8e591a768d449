package migrations

import (
	"database/sql"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write testdata/schema.sql")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// The schema after all migrations, to be read and reviewed as one file: go test ./migrations -update writes it.
func TestSchemaIsGolden(t *testing.T) {
	conn := open(t, filepath.Join(t.TempDir(), "p.db"))
	rows, err := conn.Query(`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'goose%'
		AND tbl_name NOT LIKE 'sqlite%' ORDER BY tbl_name, type DESC, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	b.WriteString("-- The schema after all migrations. Written by `go test ./migrations -update`.\n")
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n" + s + ";\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/schema.sql", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("testdata/schema.sql is not the schema after all migrations, which is:\n%s", b.String())
	}
}

func TestTablesAreStrictAndTimesAreIntegers(t *testing.T) {
	conn := open(t, filepath.Join(t.TempDir(), "p.db"))
	var loose string
	err := conn.QueryRow(`SELECT coalesce(group_concat(name), '') FROM pragma_table_list
		WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`).Scan(&loose)
	if err != nil || loose != "" {
		t.Errorf("tables that are not STRICT: %q, %v", loose, err)
	}
	var texts string
	err = conn.QueryRow(`SELECT coalesce(group_concat(t.name || '.' || c.name), '') FROM pragma_table_list t, pragma_table_info(t.name) c
		WHERE t.name NOT LIKE 'goose%' AND c.name LIKE '%\_at' ESCAPE '\' AND c.type <> 'INTEGER'`).Scan(&texts)
	if err != nil || texts != "" {
		t.Errorf("times that are not INTEGER: %q, %v", texts, err)
	}
}

func TestPragmasHoldOnEveryConnection(t *testing.T) {
	conn := open(t, filepath.Join(t.TempDir(), "p.db"))
	for range 3 { // each kept, so that the next is another
		c, err := conn.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "secure_delete": "1",
		} {
			var got string
			if err := c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
			}
		}
	}
}

func TestOpenAgainKeepsDataAndMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with blank & ?.db")
	const insert = "INSERT INTO users (id, email, name, password_hash, created_at) VALUES ('u', 'a@b', 'n', 'h', 1)"
	if _, err := open(t, path).Exec(insert); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := open(t, path).QueryRow("SELECT count(*) FROM users").Scan(&n); err != nil || n != 1 {
		t.Errorf("users = %d, %v", n, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v", info.Mode(), err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	if _, err := open(t, path).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrNewer) {
		t.Errorf("err = %v", err)
	}
}

func TestOpenReportsWhatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); err == nil {
		t.Error("opened")
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "missing", "p.db")); err == nil {
		t.Error("opened in a folder that is not there")
	}
}

func TestOpenInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { open(t, filepath.Join(t.TempDir(), "p.db")) })
}

func TestMigrationsAreNumberedForwardOnly(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^\d{4}_[a-z_]+\.sql$`)
	var numbers []string
	for _, e := range entries {
		if !name.MatchString(e.Name()) {
			t.Errorf("%s: want NNNN_name.sql", e.Name())
			continue
		}
		numbers = append(numbers, e.Name()[:4])
		text, err := files.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s goes backwards", e.Name())
		}
	}
	if len(slices.Compact(slices.Clone(numbers))) != len(numbers) {
		t.Errorf("a number is used twice: %v", numbers)
	}
}
