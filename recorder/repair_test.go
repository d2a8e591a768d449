package recorder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/master"
	"plenum/webinar"
	"plenum/webinar/media"
)

// balky takes nothing while it is told so.
type balky struct {
	*shelf
	down error
}

func (b *balky) Add(ctx context.Context, segment, key string, info master.Info) error {
	if b.down != nil {
		return b.down
	}
	return b.shelf.Add(ctx, segment, key, info)
}

// A file that the next process could not repair or hand on at its start belongs to somebody until it can.
func TestRepairIsTriedAgain(t *testing.T) {
	broken := errors.New("no such luck")
	for name, x := range map[string]struct {
		state        string // of the row that was left
		repair, take error
	}{
		"repair":               {state: "writing", repair: broken},
		"repair, then handing": {state: "writing", take: broken},
		"handing":              {state: "sealed", take: archive.ErrSpool},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann := w.seat("ann", webinar.Host)
				rec := w.running(true, ann)
				w.talk(4*time.Second, []*source{w.open(ann, "one", media.Mic, false)}, ann)
				if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
					t.Fatal(err)
				}
				w.s.bg.Wait()
				rows, err := w.s.rows.segments(t.Context(), `1`)
				if err != nil || len(rows) != 1 {
					t.Fatalf("%d rows, %v", len(rows), err)
				}
				w.die()
				for _, q := range []string{`UPDATE segments SET state = '` + x.state + `'`, `UPDATE recordings SET state = 'stopped'`} {
					if err := w.db.Exec(q).Error; err != nil {
						t.Fatal(err)
					}
				}
				clear(w.shelf.kept)
				spool := t.TempDir()
				file := filepath.Join(spool, rows[0].ID+".webm")
				if err := os.WriteFile(file, []byte(onShelf), 0o600); err != nil {
					t.Fatal(err)
				}
				b := &balky{shelf: w.shelf, down: x.take}
				fails := x.repair
				w.s, err = New(t.Context(), Config{DB: w.db, Key: testKey(), Events: w.ear, Archive: b, Spool: spool, owed: w.notes,
					DiskFree: func(string) (int64, error) { return w.free, nil },
					repair: func(path string) (master.Info, error) {
						return master.Info{Path: path, Audio: true, Bytes: 6, Duration: time.Second}, fails
					}})
				if err != nil {
					t.Fatal(err)
				}
				w.shelf.done = w.s.Archived
				for range 2 {
					w.pass(2 * retryEvery)
					if d, err := w.s.Get(t.Context(), w.w, rec.ID); err != nil || !w.s.Live(file) || len(w.shelf.kept) > 0 || d.Recording.State != Stopped {
						t.Fatalf("live: %t, kept: %v, %s, %v", w.s.Live(file), w.shelf.kept, d.Recording.State, err)
					}
				}
				b.down, fails = nil, nil
				w.pass(2 * retryEvery)
				d, err := w.s.Get(t.Context(), w.w, rec.ID)
				if err != nil || w.s.Live(file) || !w.shelf.kept[rows[0].key()] || d.Recording.State != Available || len(d.Segments) != 1 || d.Segments[0].Label != ann.Name {
					t.Errorf("live: %t, kept: %v, %+v, %v", w.s.Live(file), w.shelf.kept, d, err)
				}
			})
		})
	}
}
