package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plenum/migrations/fresh"
	"plenum/recorder/blob"
	"plenum/recorder/master"
)

// outage is a store that is away until an instant, takes a while for each answer, and keeps in memory what it is given.
type outage struct {
	blob.Store
	until time.Time
	slow  time.Duration

	mu     sync.Mutex
	asked  int
	looked int
	swept  []time.Time
	kept   map[string][]byte
}

var errAway = errors.New("no route to the store")

func (o *outage) Put(ctx context.Context, u blob.Upload) error {
	o.mu.Lock()
	o.asked++
	o.mu.Unlock()
	select {
	case <-time.After(o.slow):
	case <-ctx.Done():
		return ctx.Err()
	}
	if time.Now().Before(o.until) {
		return errAway
	}
	b, err := io.ReadAll(io.NewSectionReader(u.Body, 0, u.Size))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept[u.Key] = b
	return err
}

func (o *outage) Sweep(context.Context, func(key, upload string) bool) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.swept = append(o.swept, time.Now())
	return 0, nil
}

// TestOrphansAreSweptHourly, from the start on, whether or not there is anything to do.
func TestOrphansAreSweptHourly(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := fresh.Open(context.Background(), filepath.Join(dir, "p.db"))
		if err != nil {
			t.Fatal(err)
		}
		store := &outage{kept: map[string][]byte{}}
		a, err := New(Config{Objects: store, Rows: NewStore(db), Spool: dir})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		began := time.Now()
		time.Sleep(2*time.Hour + time.Minute)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(store.swept) != 3 {
			t.Fatalf("swept %v", store.swept)
		}
		for i, at := range store.swept {
			if late := at.Sub(began) - time.Duration(i)*time.Hour; late < 0 || late > time.Second {
				t.Errorf("sweep %d after %v", i, at.Sub(began))
			}
		}
		conn, err := db.DB()
		if err != nil || conn.Close() != nil {
			t.Error(err)
		}
	})
}

// TestStoreIsAwayForTenMinutes, as only a clock that can be turned shows: it is asked at leisure, everybody is told since
// when, nothing is lost, and within a minute of its return all is stored. The same for one that takes a minute to answer.
func TestStoreIsAwayForTenMinutes(t *testing.T) {
	for name, slow := range map[string]time.Duration{"at once": 0, "after a minute": time.Minute} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			synctest.Test(t, func(t *testing.T) {
				db, err := fresh.Open(context.Background(), filepath.Join(dir, "p.db"))
				if err != nil {
					t.Fatal(err)
				}
				away := time.Now().Add(10 * time.Minute)
				store := &outage{until: away, slow: slow, kept: map[string][]byte{}}
				told := 0
				a, err := New(Config{Objects: store, Rows: NewStore(db), Spool: dir, Done: func(_ context.Context, r Result) error {
					store.mu.Lock()
					defer store.mu.Unlock()
					if told++; r.Err != nil {
						t.Error(r.Err)
					}
					return nil
				}})
				if err != nil {
					t.Fatal(err)
				}
				film := make([]byte, 1000)
				rand.Read(film)
				for _, segment := range []string{"a", "b"} {
					path := filepath.Join(dir, segment+".webm")
					if err := os.WriteFile(path, film, 0o600); err != nil {
						t.Fatal(err)
					}
					if err := a.Add(t.Context(), segment, key(segment), master.Info{Path: path, Bytes: 1000}); err != nil {
						t.Fatal(err)
					}
				}
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan error)
				go func() { done <- a.Run(ctx) }()
				time.Sleep(9 * time.Minute)
				synctest.Wait()
				if s := a.State(); s.Health != Retrying || time.Since(s.Since) < 7*time.Minute {
					t.Errorf("%+v", s)
				}
				store.mu.Lock()
				if store.asked < 4 || store.asked > 40 || len(store.kept) > 0 || told > 0 {
					t.Errorf("asked %d times in nine minutes, %d told", store.asked, told)
				}
				store.mu.Unlock()
				time.Sleep(time.Until(away.Add(2*time.Minute + 4*slow)))
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if a.State().Health != Ok || told != 2 || string(store.kept[key("a")]) != string(film) || string(store.kept[key("b")]) != string(film) {
					t.Errorf("%+v, %d told, %d kept", a.State(), told, len(store.kept))
				}
				if left, err := filepath.Glob(filepath.Join(dir, "*.webm")); err != nil || len(left) > 0 {
					t.Errorf("left in the spool: %v, %v", left, err)
				}
				conn, err := db.DB()
				if err != nil || conn.Close() != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Stat implements [blob.Store].
func (o *outage) Stat(context.Context, string) (blob.Info, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.looked++
	if time.Now().Before(o.until) {
		return blob.Info{}, errAway
	}
	return blob.Info{}, blob.ErrNotFound
}

// TestStoreIsLookedAtWhileItIsWatched: that it is down is known although nothing is sent, and so is its return, also when
// nobody is interested any more.
func TestStoreIsLookedAtWhileItIsWatched(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := fresh.Open(context.Background(), filepath.Join(dir, "p.db"))
		if err != nil {
			t.Fatal(err)
		}
		var watched atomic.Bool
		store := &outage{until: time.Now().Add(20 * time.Minute), kept: map[string][]byte{}}
		a, err := New(Config{Objects: store, Rows: NewStore(db), Spool: dir, Watched: watched.Load})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		looked := func() int {
			synctest.Wait()
			store.mu.Lock()
			defer store.mu.Unlock()
			return store.looked
		}
		time.Sleep(10 * time.Minute)
		if n := looked(); n > 0 || a.State().Health != Ok {
			t.Errorf("looked %d times for nobody, %+v", n, a.State())
		}
		a.Look()
		if n := looked(); n > 0 {
			t.Errorf("looked %d times for nobody when asked to", n)
		}
		watched.Store(true)
		a.Look()
		a.Look()
		if n := looked(); n < 1 || n > 2 || a.State().Health != Retrying {
			t.Errorf("looked %d times when asked to, %+v", n, a.State())
		}
		asked := looked()
		time.Sleep(4 * time.Minute)
		if n := looked() - asked; n < 3 || n > 4 || a.State().Health != Retrying {
			t.Errorf("looked %d times, %+v", n, a.State())
		}
		watched.Store(false)
		time.Sleep(8 * time.Minute)
		n := looked()
		if a.State().Health != Ok {
			t.Errorf("it is back: %+v", a.State())
		}
		time.Sleep(10 * time.Minute)
		if more := looked(); more != n {
			t.Errorf("looked %d times more for nobody", more-n)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		conn, err := db.DB()
		if err != nil || conn.Close() != nil {
			t.Error(err)
		}
	})
}
