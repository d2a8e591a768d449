package recorder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gorm.io/gorm"

	"plenum/recorder/consent"
	"plenum/recorder/master"
	"plenum/webinar"
	"plenum/webinar/media"
)

// I3: after a closing act has returned, nothing is written, while packets go on coming from other goroutines.
func TestI3NothingAfterClosing(t *testing.T) {
	for name, act := range map[string]func(w *world, rec RecordingID, who webinar.Ticket) error{
		"withdraw": func(w *world, rec RecordingID, who webinar.Ticket) error {
			return w.answer(rec, who, consent.Withdraw, 0)
		},
		"refuse": func(w *world, rec RecordingID, who webinar.Ticket) error {
			return w.answer(rec, who, consent.Refuse, 0)
		},
		"pause": func(w *world, rec RecordingID, _ webinar.Ticket) error {
			return second(w.s.Pause(context.Background(), w.w, rec, ""))
		},
		"stop": func(w *world, rec RecordingID, _ webinar.Ticket) error {
			return second(w.s.Stop(context.Background(), w.w, rec, ""))
		},
		"hosts gone": func(w *world, _ RecordingID, _ webinar.Ticket) error { w.s.SetHosts(w.w, 0); return nil },
		"end": func(w *world, _ RecordingID, _ webinar.Ticket) error {
			return w.s.EndWebinar(context.Background(), w.w)
		},
		"refuser": func(w *world, _ RecordingID, _ webinar.Ticket) error {
			w.open(w.seat("eve", webinar.Speaker), "eve", media.Mic, false)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := database(t)
			for range 8 {
				closeUnderFire(t, db, act)
			}
		})
	}
}

func closeUnderFire(t *testing.T, db *gorm.DB, act func(*world, RecordingID, webinar.Ticket) error) {
	t.Helper()
	w := newWorld(t, db) // a webinar of its own
	w.s.c.AnnounceDelay = time.Nanosecond
	w.s.c.BeatLimit = time.Hour // nobody gives signs of life, however long the machine is busy elsewhere
	defer w.end()
	ann := w.seat("ann", webinar.Host)
	rec, err := w.s.Announce(t.Context(), w.w, "", true, "")
	if err != nil {
		t.Fatal(err)
	}
	w.agree(rec.ID, ann)
	if _, err := w.s.Start(t.Context(), w.w, rec.ID, ""); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for _, k := range []media.Kind{media.Mic, media.ScreenAudio} { // sources that came after the start open at once
		src := w.open(ann, string(k), k, false)
		wg.Go(func() {
			for !stop.Load() {
				now := time.Now()
				src.tapped().WriteRTP(src.capture(now, true), now)
			}
		})
	}
	deadline := time.Now().Add(time.Minute)
	for w.paper.count() < 50 && time.Now().Before(deadline) {
		w.s.drain(t.Context())
	}
	if w.paper.count() == 0 {
		t.Fatal("nothing is written at all")
	}
	if err := act(w, rec.ID, ann); err != nil {
		t.Fatal(err)
	}
	n := w.paper.count()
	for range 200 {
		if w.paper.count() != n {
			t.Fatalf("%d packets were written afterwards", w.paper.count()-n)
		}
	}
	stop.Store(true)
	wg.Wait()
	if w.paper.count() != n {
		t.Fatalf("%d packets were written afterwards", w.paper.count()-n)
	}
}

// What a host's stop finds in the writers is put down; what a pause, a refusal or a withdrawal finds is thrown away.
func TestOnlyAStopKeepsTheEnd(t *testing.T) {
	for name, x := range map[string]struct {
		act  func(*world, RecordingID, webinar.Ticket) error
		more int
	}{
		"stop": {func(w *world, rec RecordingID, _ webinar.Ticket) error {
			return second(w.s.Stop(context.Background(), w.w, rec, ""))
		}, 2},
		"end for all": {func(w *world, _ RecordingID, _ webinar.Ticket) error {
			return w.s.EndWebinar(context.Background(), w.w)
		}, 2},
		"stop of a pause": {func(w *world, rec RecordingID, _ webinar.Ticket) error {
			_, err := w.s.Pause(context.Background(), w.w, rec, "")
			return errors.Join(err, second(w.s.Stop(context.Background(), w.w, rec, "")))
		}, 0},
		"pause": {func(w *world, rec RecordingID, _ webinar.Ticket) error {
			return second(w.s.Pause(context.Background(), w.w, rec, ""))
		}, 0},
		"withdrawal": {func(w *world, rec RecordingID, who webinar.Ticket) error {
			return w.answer(rec, who, consent.Withdraw, 0)
		}, 0},
		"refusal": {func(w *world, rec RecordingID, who webinar.Ticket) error {
			return w.answer(rec, who, consent.Refuse, 0)
		}, 0},
		"refuser on stage": {func(w *world, _ RecordingID, _ webinar.Ticket) error {
			w.open(w.seat("eve", webinar.Speaker), "eve", media.Mic, false)
			return nil
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann := w.seat("ann", webinar.Host)
				rec := w.running(true, ann)
				w.talk(4*time.Second, []*source{w.open(ann, "one", media.Mic, false)}, ann)
				n := w.paper.count()
				if err := x.act(w, rec.ID, ann); err != nil {
					t.Fatal(err)
				}
				if more := w.paper.count() - n; n == 0 || more != x.more {
					t.Errorf("%d lines, and %d more by the act, want %d", n, more, x.more)
				}
			})
		})
	}
}

// I5 I6: the ledger fails at the n-th append, for each n; what is written has its grant, what was closed stays closed.
func TestI5I6LedgerFailsAnywhere(t *testing.T) {
	for n := 1; n <= 9; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) { ledgerFails(t, w, n) })
		})
	}
}

func ledgerFails(t *testing.T, w *world, n int) {
	ctx := t.Context()
	ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
	step := 0
	at := func() bool { // whether this is the act that fails
		step++
		w.ledgerDown(step == n)
		return step == n
	}
	told := func(failed bool, err error) {
		t.Helper()
		w.ledgerDown(false)
		if failed != errors.Is(err, ErrLedger) {
			t.Fatalf("act %d: %v", step, err)
		}
	}
	var rec Recording
	for rec.ID == "" {
		f := at()
		r, err := w.s.Announce(ctx, w.w, "", false, "")
		told(f, err)
		rec = r
	}
	mic, his := w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)
	for _, act := range []consent.Kind{consent.Shown, consent.Grant} {
		for failed := true; failed; {
			failed = at()
			told(failed, w.answer(rec.ID, ann, act, 0))
		}
	}
	w.agree(rec.ID, bob)
	w.talk(10*time.Second, []*source{mic, his}, ann, bob)
	for failed := true; failed; {
		failed = at()
		_, err := w.s.Start(ctx, w.w, rec.ID, "")
		told(failed, err)
		if failed {
			w.talk(3*time.Second, []*source{mic, his}, ann, bob)
			if w.paper.count() > 0 {
				t.Fatal("written without a start in the ledger")
			}
		}
	}
	w.talk(3*time.Second, []*source{mic, his}, ann, bob)
	before := w.paper.count()
	if before == 0 {
		t.Fatal("I28")
	}
	f := at()
	told(f, w.answer(rec.ID, bob, consent.Withdraw, 0))
	w.talk(4*time.Second, []*source{mic, his}, ann, bob)
	for _, l := range w.paper.after(before) {
		if l.track.Subject == string(bob.Subject) || f {
			t.Fatal("I6: written after a withdrawal that the ledger did not take")
		}
	}
	if !f {
		f = at()
		_, err := w.s.Pause(ctx, w.w, rec.ID, "")
		told(f, err)
	}
	after := w.paper.count()
	w.talk(4*time.Second, []*source{mic, his}, ann, bob)
	if r := w.s.room(w.w).current(); w.paper.count() != after || f && (r.State != Stopped && r.State != Available || r.Reason != ByLedger) {
		t.Fatalf("after a failing pause: %+v, %d lines", r, w.paper.count()-after)
	}
	w.pass(11 * time.Second) // what is owed is written
	book, err := consent.NewBook(ctx, consent.NewLedger(w.db, testKey()), w.s.owed, w.w)
	if err != nil {
		t.Fatal(err)
	}
	if st, _ := book.Standing(rec.ID, bob.Subject); st.State != consent.Withdrawn {
		t.Fatalf("the ledger never heard of the withdrawal: %+v", st)
	}
}

// With the real writer: what was recorded before a crash is repaired and queued, and the recording waits for a host.
func TestCrashKeepsWhatWasRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, database(t))
		spool := t.TempDir()
		genuine := func() {
			w.s.c.Spool = spool
			w.s.c.newWriter = func(c master.Config) writer { return master.New(c) }
		}
		genuine()
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(8*time.Second, []*source{mic}, ann)
		files, err := filepath.Glob(filepath.Join(spool, "*.webm"))
		if err != nil || len(files) != 1 {
			t.Fatalf("spool: %v %v", files, err)
		}
		crashed := filepath.Join(t.TempDir(), "as it was")
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(crashed, data[:len(data)-7], 0o600); err != nil { // a torn tail
			t.Fatal(err)
		}
		if n := count(t, w, `writing`); n != 1 {
			t.Fatalf("%d rows say writing", n)
		}
		old := w.s
		var taken []master.Info
		s, err := New(t.Context(), Config{DB: w.db, Key: testKey(), Events: w.ear, Archive: &taker{shelf: w.shelf, infos: &taken}, Spool: spool,
			repair: func(path string) (master.Info, error) {
				if err := os.Rename(crashed, path); err != nil {
					return master.Info{}, err
				}
				return master.Repair(path)
			}})
		if err != nil {
			t.Fatal(err)
		}
		if cur, ok := s.Current(w.w); !ok || cur.State != Paused || cur.Reason != ByRestart || cur.ID != rec.ID {
			t.Errorf("after the restart: %+v", cur)
		}
		if len(taken) != 1 || taken[0].Duration < 3*time.Second || !taken[0].Audio || taken[0].Path != files[0] {
			t.Errorf("queued: %+v", taken)
		}
		d, err := s.Get(t.Context(), w.w, rec.ID)
		if err != nil || len(d.Segments) != 1 || d.Segments[0].State != Sealed || d.Segments[0].Label != "ann" {
			t.Errorf("%+v %v", d, err)
		}
		old.shutdown(context.Background())
	})
}

// taker keeps what is queued and stores nothing.
type taker struct {
	*shelf
	infos *[]master.Info
}

func (k *taker) Add(_ context.Context, _, _ string, i master.Info) error {
	*k.infos = append(*k.infos, i)
	return nil
}

func count(t *testing.T, w *world, state string) int64 {
	t.Helper()
	var n int64
	if err := w.db.Raw(`SELECT count(*) FROM segments WHERE state = ?`, state).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// A withdrawal whose segment is still being written leaves nothing, neither file nor row.
func TestI22WithdrawWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, database(t))
		w.s.c.newWriter = func(c master.Config) writer { return master.New(c) }
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(8*time.Second, []*source{mic}, ann)
		if err := w.answer(rec.ID, ann, consent.Withdraw, 0); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		w.s.retry(t.Context())
		files, err := filepath.Glob(filepath.Join(w.s.c.Spool, "*"))
		if err != nil || len(files) > 0 || len(w.shelf.kept) > 0 || count(t, w, "writing")+count(t, w, "sealed") > 0 {
			t.Fatalf("left: %v, kept %v", files, w.shelf.kept)
		}
		w.end()
	})
}

// refusing takes nothing for its first calls, like an archive whose disk is full.
type refusing struct {
	*shelf
	left int
}

func (k *refusing) Add(ctx context.Context, segment, key string, i master.Info) error {
	if k.left--; k.left >= 0 {
		return syscall.ENOSPC
	}
	return k.shelf.Add(ctx, segment, key, i)
}

// What could not be sealed at the stop is sealed as soon as it can be, without a restart, and belongs to a writer till then.
func TestSealingIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, database(t))
		w.s.c.newWriter = func(c master.Config) writer { return master.New(c) }
		w.s.c.Archive = &refusing{shelf: w.shelf, left: 2}
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(8*time.Second, []*source{mic}, ann)
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		files, err := filepath.Glob(filepath.Join(w.s.c.Spool, "*.webm"))
		if err != nil || len(files) != 1 || !w.s.Live(files[0]) || len(w.shelf.kept) != 0 {
			t.Fatalf("before: %v, kept %v", files, w.shelf.kept)
		}
		w.pass(2*retryEvery + beatEvery)
		if len(w.shelf.kept) != 1 || w.s.Live(files[0]) {
			t.Errorf("after: kept %v", w.shelf.kept)
		}
		w.end()
	})
}
