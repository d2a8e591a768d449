package talk

import (
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
	keep             = time.Hour
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
	*Questions
	db     *gorm.DB
	events *journal
}

// newFixture has two live webinars and seats t0… in the first, x0… in the second.
func newFixture(tb testing.TB, seats int) *fixture {
	tb.Helper()
	db, err := fresh.Open(tb.Context(), filepath.Join(tb.TempDir(), "p.db"))
	if err != nil {
		tb.Fatal(err)
	}
	f := &fixture{db: db, events: &journal{}}
	f.exec(tb, "INSERT INTO users (id, email, name, password_hash, created_at) VALUES ('u', 'u@example.org', 'u', 'h', 1)")
	later := time.Now().Add(100 * time.Hour).UnixMilli()
	for w, letter := range map[webinar.ID]string{room: "t", other: "x"} {
		f.exec(tb, "INSERT INTO webinars (id, owner_id, title, lang, code, state, starts_at, expires_at) VALUES (?, 'u', 't', 'de', ?, 'live', 1, ?)", w, w, later)
		for i := range seats {
			id := fmt.Sprint(letter, i)
			f.exec(tb, `INSERT INTO tickets (id, webinar_id, subject_id, role, name, secret_hash, issued, used, created_at, expires_at)
				VALUES (?, ?, ?, 'attendee', '', ?, 0, 1, 1, ?)`, id, w, "s"+id, []byte(id), later)
		}
	}
	f.Questions = New(db, f.events, keep, slog.New(slog.DiscardHandler))
	tb.Cleanup(func() {
		if err := f.Close(); err != nil {
			tb.Error(err)
		}
		conn, err := db.DB()
		if err != nil {
			tb.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			tb.Error(err)
		}
	})
	return f
}

func (f *fixture) exec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if err := f.db.Exec(sql, args...).Error; err != nil {
		tb.Fatal(err)
	}
}

// secretOf stands in for what a browser keeps.
func secretOf(n int) string { return fmt.Sprintf("%032x", n) }

func (f *fixture) rules(tb testing.TB, r Rules) {
	tb.Helper()
	if err := f.SetRules(tb.Context(), room, r); err != nil {
		tb.Fatal(err)
	}
}

// asked asks as seat t0 under secret n.
func (f *fixture) asked(tb testing.TB, n int, text, name string) View {
	tb.Helper()
	v, err := f.Ask(tb.Context(), room, "t0", Draft{Text: text, Name: name, Secret: secretOf(n)})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func (f *fixture) moved(tb testing.TB, id QuestionID, to State) View {
	tb.Helper()
	v, err := f.Move(tb.Context(), room, id, Move{State: to})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func (f *fixture) end(tb testing.TB, ago time.Duration) {
	tb.Helper()
	f.exec(tb, "UPDATE webinars SET state = 'ended', ended_at = ? WHERE id = ?", time.Now().Add(-ago).UnixMilli(), room)
}
