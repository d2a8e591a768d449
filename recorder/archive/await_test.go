package archive

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"plenum/migrations/fresh"
	"plenum/recorder/blob"
	"plenum/recorder/blob/blobtest"
)

// A store that is away when the archive begins is examined as soon as it answers. Until then what waits waits, what is in
// the spool plays, and wishes to erase are kept.
func TestStoreIsAwayAtTheStart(t *testing.T) {
	r := newRig(t)
	kept, unwanted := r.add("kept", 1000), r.add("unwanted", 1000)
	stop := r.run()
	await(t, r.results)
	await(t, r.results)
	until(t, func() bool { return r.state("kept") == done && r.state("unwanted") == done })
	stop()
	waits := r.add("waits", 1000)

	r.later = true
	r.restart()
	r.proxy.Set(blobtest.Fault{Unavailable: true})
	stop = r.run()
	defer stop()
	await(t, r.failed)
	await(t, r.failed)
	if s := r.State(); s.Health != Awaited {
		t.Errorf("%+v", s)
	}
	r.plays("waits", waits)
	if _, _, err := r.Open(t.Context(), key("kept")); !errors.Is(err, ErrAway) {
		t.Errorf("opened: %v", err)
	}
	if err := r.Put(t.Context(), "rec/r1/timeline.json", []byte("{}")); !errors.Is(err, ErrAway) {
		t.Errorf("put: %v", err)
	}
	if err := r.Erase(t.Context(), key("unwanted")); !errors.Is(err, ErrPending) || !errors.Is(err, ErrAway) {
		t.Errorf("erased: %v", err)
	}
	if _, _, err := r.Open(t.Context(), key("unwanted")); !errors.Is(err, ErrNotFound) {
		t.Errorf("opened what is to be erased: %v", err)
	}

	r.proxy.Set(blobtest.Fault{})
	if res := await(t, r.results); res.Segment != "waits" || res.Err != nil {
		t.Errorf("%+v", res)
	}
	until(t, func() bool {
		_, err := r.objects.Stat(t.Context(), key("unwanted"))
		return errors.Is(err, ErrNotFound)
	})
	stop()
	if s := r.State(); s.Health != Ok || r.spooled() > 0 {
		t.Errorf("%+v, %d files in the spool", s, r.spooled())
	}
	r.plays("kept", kept)
	r.plays("waits", waits)
	if len(unwanted) == 0 {
		t.Error("nothing was to be erased")
	}
}

// A store that has answered and must not hold recordings is told of once, as an error, and asked for nothing until it was
// mended.
func TestStoreIsFoundUnfit(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := fresh.Open(context.Background(), filepath.Join(dir, "p.db"))
		if err != nil {
			t.Fatal(err)
		}
		answers := make(chan error)
		store := &outage{kept: map[string][]byte{}}
		var log bytes.Buffer
		a, err := New(Config{
			Objects: store, Rows: NewStore(db), Spool: dir, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Examine: func(ctx context.Context) error {
				select {
				case err := <-answers:
					return err
				case <-ctx.Done():
					return ctx.Err()
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- a.Run(ctx) }()
		versioned := &blob.BucketError{Bucket: "films", Reason: "versioning", Mend: "make a new one"}
		for _, c := range []struct {
			answer error
			health Health
			opened error
			told   int // errors in the log
			fault  Fault
		}{
			{blob.ErrAway, Awaited, ErrAway, 0, Unclear}, {versioned, Unfit, ErrUnfit, 1, Keeps}, {versioned, Unfit, ErrUnfit, 1, Keeps},
			{blob.ErrNotEncrypted, Unfit, ErrUnfit, 2, Unencrypted}, {blob.ErrAway, Awaited, ErrAway, 2, Unclear}, {nil, Ok, nil, 2, Unclear},
		} {
			if len(store.swept) > 0 {
				t.Error("it is asked for something")
			}
			answers <- c.answer
			synctest.Wait()
			if s := a.State(); s.Health != c.health || s.Fault != c.fault || strings.Count(log.String(), "level=ERROR") != c.told {
				t.Errorf("after %v: %+v, log %s", c.answer, s, log.String())
			}
			if _, err := a.objects(); !errors.Is(err, c.opened) {
				t.Errorf("after %v: %v", c.answer, err)
			}
		}
		if len(store.swept) != 1 || !strings.Contains(log.String(), "make a new one") {
			t.Errorf("swept %d times, log %s", len(store.swept), log.String())
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		conn, err := db.DB()
		if err != nil || conn.Close() != nil {
			t.Error(err)
		}
	})
}
