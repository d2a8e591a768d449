package webinar

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"plenum/migrations/fresh"
)

func TestMain(m *testing.M) {
	// The SQL pool's opener ends a moment after Close returns.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// openDB opens a fresh database that is closed with the test.
func openDB(t *testing.T) *gorm.DB {
	t.Helper()
	db, err := fresh.Open(t.Context(), filepath.Join(t.TempDir(), "plenum.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// log remembers what was published.
type log struct {
	mu     sync.Mutex
	events []Event
}

func (l *log) Publish(e Event) { l.mu.Lock(); l.events = append(l.events, e); l.mu.Unlock() }

var week = Retention{Webinar: 14 * 24 * time.Hour, Seat: 24 * time.Hour, MaxLive: 24 * time.Hour, Recording: 30 * 24 * time.Hour}

func addUser(t *testing.T, db *gorm.DB, email string) User {
	t.Helper()
	u, err := NewAccounts(db, time.Hour).Add(context.Background(), email, "Ada", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	return u
}
