package polls

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"plenum/webinar"
)

// rows returns every row of every table as text, under the name of its table.
func rows(t *testing.T, db *gorm.DB) map[string][]string {
	t.Helper()
	var tables []string
	if err := db.Raw("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name <> 'sqlite_schema'").Scan(&tables).Error; err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, table := range tables {
		var found []map[string]any
		if err := db.Table(table).Find(&found).Error; err != nil {
			t.Fatal(err)
		}
		for _, row := range found {
			out[table] = append(out[table], fmt.Sprint(row))
		}
	}
	return out
}

// No row of any table holds a voter together with an answer or a receipt, and nothing is logged about either.
func TestNothingStoredLinksVoterAndAnswer(t *testing.T) {
	f := newFixture(t, 20)
	var log bytes.Buffer
	s, err := New(t.Context(), f.db, f.events, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	p := f.opened(t, room, "a", "b")
	answer := map[string][2]string{} // ticket → option, receipt
	for i := range 20 {
		who, option := fmt.Sprint("t", i), p.Options[i%2].ID
		receipt := receiptOf("secret", who)
		if _, err := s.Vote(t.Context(), room, p.ID, webinar.TicketID(who), chosen(option), receipt); err != nil {
			t.Fatal(err)
		}
		answer[who] = [2]string{string(option), receipt}
	}
	if _, err := s.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if log.Len() != 0 {
		t.Errorf("logged %s", log.String())
	}
	seenVoter, seenReceipt := 0, 0
	for table, found := range rows(t, f.db) {
		for _, row := range found {
			hasVoter, hasAnswer := false, false
			for who, a := range answer {
				hasVoter = hasVoter || strings.Contains(row, ":"+who+" ") || strings.Contains(row, ":"+who+"]")
				hasAnswer = hasAnswer || strings.Contains(row, a[0]) || strings.Contains(row, a[1])
			}
			if hasVoter && hasAnswer {
				t.Errorf("%s: %s", table, row)
			}
			if hasVoter && table == "voted" {
				seenVoter++
			}
			if hasAnswer && table == "ballots" {
				seenReceipt++
			}
		}
	}
	if seenVoter != 20 || seenReceipt != 20 {
		t.Errorf("the test looked at %d voters and %d ballots", seenVoter, seenReceipt)
	}
}

func TestVotersAndBallotsAreKeptApart(t *testing.T) {
	f := newFixture(t, 0)
	for table, want := range map[string]string{"voted": "poll_id ticket_id", "ballots": "receipt poll_id answer weight"} {
		var columns []string
		if err := f.db.Raw("SELECT name FROM pragma_table_info(?)", table).Scan(&columns).Error; err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(columns, " "); got != want {
			t.Errorf("%s has the columns %s, want %s: no time, and no way from one to the other", table, got, want)
		}
		if err := f.db.Exec("SELECT rowid FROM " + table).Error; err == nil {
			t.Errorf("%s has a rowid, which numbers the votes", table)
		}
	}
}

// beforeVotes is an open poll, and its file when nobody had voted yet, for copies of it.
func beforeVotes(t *testing.T, voters int) (f *fixture, p Poll, file []byte) {
	t.Helper()
	f = newFixture(t, voters)
	p = f.opened(t, room, "a", "b")
	if err := f.store.tidy(); err != nil { // all of it is in the file
		t.Fatal(err)
	}
	file, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	return f, p, file
}

// Inside a page SQLite keeps rows in the order in which they came. After the closing nothing of that is left: the
// file looks the same whatever the order of the votes was.
func TestFileForgetsTheOrderOfVotes(t *testing.T) {
	const voters = 120
	_, p, before := beforeVotes(t, voters)
	cast := func(seed uint64) (open, closed []int) {
		c := &fixture{path: filepath.Join(t.TempDir(), "copy.db"), events: &journal{}}
		if err := os.WriteFile(c.path, before, 0o600); err != nil {
			t.Fatal(err)
		}
		c.connect(t)
		for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(voters) {
			if err := c.vote(t, p, fmt.Sprint("t", i), i%2); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)").Error; err != nil {
			t.Fatal(err)
		}
		open = places(t, c.path, p, voters)
		if _, err := c.ClosePoll(t.Context(), room, p.ID); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil { // waits for the file to be tidied
			t.Fatal(err)
		}
		if wal, err := os.Stat(c.path + "-wal"); err != nil || wal.Size() != 0 {
			t.Errorf("the write-ahead log is not empty: %v, %v", wal, err)
		}
		return open, places(t, c.path, p, voters)
	}
	open1, closed1 := cast(1)
	open2, closed2 := cast(2)
	if slices.Equal(open1, open2) {
		t.Error("the order of the votes left no trace even before, so that this test proves nothing")
	}
	if !slices.Equal(closed1, closed2) {
		t.Error("the file still tells in which order the votes came in")
	}
}

// places returns where in the file each voter of the poll and each receipt stands.
func places(t *testing.T, path string, p Poll, voters int) (out []int) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range voters {
		who := fmt.Sprint("t", i)
		for _, word := range []string{string(p.ID) + who, receiptOf(string(p.ID), who)} {
			found := 0
			for at := 0; ; at++ {
				n := bytes.Index(file[at:], []byte(word))
				if n < 0 {
					break
				}
				at += n
				out = append(out, at)
				found++
			}
			if found == 0 {
				t.Fatalf("%s is not in the file", word)
			}
		}
	}
	return out
}

// What people type is stored and given back as it is; the screens escape it.
func TestTextsAreStoredRaw(t *testing.T) {
	f := newFixture(t, 1)
	d := Draft{Question: `<script>alert("1")</script> & 'x'; DROP TABLE polls; --`,
		Options: []string{`<img src=x onerror=alert(1)>`, "{{7*7}} ${7*7} %s %00", "javascript:alert(1)", "\U0001F469\u200d\U0001F467 Ömer"}}
	p, err := f.Create(t.Context(), room, d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Get(t.Context(), room, p.ID, "t0", true)
	if err != nil || got.Poll.Question != d.Question {
		t.Errorf("%q, %v", got.Poll.Question, err)
	}
	for i, o := range got.Poll.Options {
		if o.Text != strings.TrimSpace(d.Options[i]) {
			t.Errorf("option %q became %q", d.Options[i], o.Text)
		}
	}
}
