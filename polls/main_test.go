package polls

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"plenum/migrations/fresh"
	"plenum/webinar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	room  webinar.ID = "w1"
	other webinar.ID = "w2"
)

// journal keeps what was published.
type journal struct {
	mu     sync.Mutex
	events []webinar.Event
}

func (j *journal) Publish(e webinar.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// take returns the events since it was last called.
func (j *journal) take() []webinar.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := j.events
	j.events = nil
	return out
}

type fixture struct {
	*Service
	db     *gorm.DB
	path   string
	events *journal
}

// newFixture has two live webinars and seats t0… in the first, x0… in the second.
func newFixture(tb testing.TB, seats int) *fixture {
	tb.Helper()
	f := &fixture{path: filepath.Join(tb.TempDir(), "p.db"), events: &journal{}}
	f.connect(tb)
	err := f.db.Transaction(func(tx *gorm.DB) error {
		exec := func(sql string, args ...any) {
			if err := tx.Exec(sql, args...).Error; err != nil {
				tb.Fatal(err)
			}
		}
		exec("INSERT INTO users (id, email, name, password_hash, created_at) VALUES ('u', 'u@example.org', 'u', 'h', 1)")
		later := time.Now().Add(time.Hour).UnixMilli()
		for w, letter := range map[webinar.ID]string{room: "t", other: "x"} {
			exec("INSERT INTO webinars (id, owner_id, title, lang, code, state, starts_at, expires_at) VALUES (?, 'u', 't', 'de', ?, 'live', 1, ?)", w, w, later)
			for i := range seats {
				id := fmt.Sprint(letter, i)
				exec(`INSERT INTO tickets (id, webinar_id, subject_id, role, name, secret_hash, issued, used, created_at, expires_at)
					VALUES (?, ?, ?, 'attendee', '', ?, 0, 1, 1, ?)`, id, w, "s"+id, []byte(id), later)
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// connect opens the file and starts a service on it.
func (f *fixture) connect(tb testing.TB) {
	tb.Helper()
	db, err := fresh.Open(tb.Context(), f.path)
	if err != nil {
		tb.Fatal(err)
	}
	conn, err := db.DB()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := New(tb.Context(), db, f.events, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	f.Service, f.db = s, db
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
		if err := conn.Close(); err != nil {
			tb.Error(err)
		}
	})
}

// restart opens the same file with a new service, as after the end of the process.
func (f *fixture) restart(tb testing.TB) {
	tb.Helper()
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	conn, err := f.db.DB()
	if err != nil {
		tb.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		tb.Fatal(err)
	}
	f.connect(tb)
}

func (f *fixture) draft(tb testing.TB, w webinar.ID, options ...string) Poll {
	tb.Helper()
	p, err := f.Create(tb.Context(), w, Draft{Question: "Wohin?", Options: options})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func (f *fixture) opened(tb testing.TB, w webinar.ID, options ...string) Poll {
	tb.Helper()
	p, err := f.OpenPoll(tb.Context(), w, f.draft(tb, w, options...).ID, Opening{})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func (f *fixture) vote(tb testing.TB, p Poll, who string, option int) error {
	tb.Helper()
	_, err := f.Vote(tb.Context(), p.Webinar, p.ID, webinar.TicketID(who), chosen(p.Options[option].ID), receiptOf(string(p.ID), who))
	return err
}

// chosen is the answer that names options.
func chosen(options ...OptionID) Answer { return Answer{Options: options} }

// receiptOf stands in for the hash of a browser's secret.
func receiptOf(secret ...string) string {
	h := sha256.Sum256(fmt.Append(nil, secret))
	return hex.EncodeToString(h[:])
}

// box counts the ballots of a poll in the file, apart from all code under test.
func (f *fixture) box(tb testing.TB, id PollID) (ballots, voters int) {
	tb.Helper()
	err := f.db.Raw("SELECT (SELECT count(*) FROM ballots WHERE poll_id = ?), (SELECT count(*) FROM voted WHERE poll_id = ?)", id, id).
		Row().Scan(&ballots, &voters)
	if err != nil {
		tb.Fatal(err)
	}
	return ballots, voters
}
