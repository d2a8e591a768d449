package recorder

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

func TestLife(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		ann := w.seat("ann", webinar.Host)
		for what, want := range map[string]error{"down": ErrStorage, "away": ErrStorage, "unfit": ErrUnfit, "full": ErrDisk} { // nothing is promised that cannot be kept
			w.shelf.stands(map[string]archive.Health{"down": archive.Retrying, "away": archive.Awaited, "unfit": archive.Unfit}[what])
			if what == "full" {
				w.free = 1
			}
			if _, err := w.s.Announce(ctx, w.w, ann.Subject, true, "early"); !errors.Is(err, want) {
				t.Errorf("announced while the storage is %s: %v", what, err)
			}
			w.shelf.stands(archive.Ok)
			w.free = 1 << 40
		}
		rec, err := w.s.Announce(ctx, w.w, ann.Subject, true, "key")
		if err != nil || rec.State != Announced || rec.Announcement != 1 {
			t.Fatalf("%+v %v", rec, err)
		}
		if n := w.shelf.looked(); n != 1 {
			t.Errorf("the store is looked at %d times for an announcement", n)
		}
		if again, err := w.s.Announce(ctx, w.w, ann.Subject, true, "key"); err != nil || again.ID != rec.ID {
			t.Errorf("same key: %v %v", again.ID, err)
		}
		if _, err := w.s.Announce(ctx, w.w, ann.Subject, true, "other"); !errors.Is(err, ErrActive) {
			t.Errorf("second announcement: %v", err)
		}
		early, isEarly := errors.AsType[*TooEarlyError](second(w.s.Start(ctx, w.w, rec.ID, "")))
		if !isEarly || !early.At.Equal(rec.StartAllowedAt) {
			t.Errorf("I17: %v", early)
		}
		w.pass(10 * time.Second)
		if _, err := w.s.Start(ctx, w.w, rec.ID, ""); !errors.Is(err, ErrNobodyAgreed) {
			t.Errorf("nobody: %v", err)
		}
		for name, f := range map[string]func(context.Context, webinar.ID, RecordingID, webinar.SubjectID) (Recording, error){"pause": w.s.Pause, "resume": w.s.Resume} {
			if _, err := f(ctx, w.w, rec.ID, ""); !errors.Is(err, ErrState) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := f(ctx, w.w, "nothing", ""); !errors.Is(err, webinar.ErrNotFound) {
				t.Errorf("%s of nothing: %v", name, err)
			}
		}
		w.agree(rec.ID, ann)
		w.free = 1
		if _, err := w.s.Start(ctx, w.w, rec.ID, ""); !errors.Is(err, ErrDisk) {
			t.Errorf("disk: %v", err)
		}
		w.free = 1 << 40
		var wg sync.WaitGroup // two hosts at once
		starts, errs := make([]Recording, 2), make([]error, 2)
		for i := range starts {
			wg.Go(func() { starts[i], errs[i] = w.s.Start(ctx, w.w, rec.ID, "") })
		}
		wg.Wait()
		if errors.Join(errs...) != nil || starts[0] != starts[1] || starts[0].State != Running || starts[0].StartedAt.IsZero() {
			t.Fatalf("%+v\n%+v\n%v", starts[0], starts[1], errs)
		}
		turns, err := w.s.ledger.Turns(ctx, w.w, rec.ID)
		if err != nil || len(turns) != 1 || turns[0].Kind != consent.Start {
			t.Fatalf("one start was pressed twice: %+v, %v", turns, err)
		}
		if err := w.s.Delete(ctx, w.w, rec.ID); !errors.Is(err, ErrActive) {
			t.Errorf("delete while it runs: %v", err)
		}
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		paused, err := w.s.Pause(ctx, w.w, rec.ID, "")
		if err != nil || paused.State != Paused || paused.Reason != ByHost {
			t.Fatalf("%+v %v", paused, err)
		}
		resumed, err := w.s.Resume(ctx, w.w, rec.ID, "")
		if err != nil || resumed.State != Running || resumed.Announcement != 2 {
			t.Fatalf("%+v %v", resumed, err)
		}
		w.talk(3*time.Second, []*source{mic}, ann)
		stopped, err := w.s.Stop(ctx, w.w, rec.ID, "")
		if err != nil || stopped.ExpiresAt.Sub(stopped.StoppedAt) != 30*24*time.Hour {
			t.Fatalf("%+v %v", stopped, err)
		}
		w.s.bg.Wait()
		d, err := w.s.Get(ctx, w.w, rec.ID)
		if err != nil || d.Recording.State != Available || len(d.Segments) != 2 || d.Segments[0].Label != "ann" {
			t.Fatalf("%+v %v", d, err)
		}
		if again, err := w.s.Stop(ctx, w.w, rec.ID, ""); err != nil || again.State != Available {
			t.Errorf("stop again: %v %v", again.State, err)
		}
		w.idle(31 * 24 * time.Hour)
		w.s.expire(ctx)
		if _, err := w.s.Get(ctx, w.w, rec.ID); !errors.Is(err, ErrNotFound) || len(w.shelf.kept) > 0 || len(w.shelf.erased) != 3 { // two films and their timeline
			t.Errorf("expired: %v, kept %v, erased %v", err, w.shelf.kept, w.shelf.erased)
		}
	})
}

// What was said beforehand is what is announced, and what was announced holds although the plan, the operator's setting
// and the process change.
func TestARecordingKeepsWhatItAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := newWorld(t, database(t))
		ann := w.seat("ann", webinar.Host)
		plan := webinar.Plan{Intent: webinar.PlansRecording, Purpose: "For those who cannot come.", Viewers: webinar.InvitedSee, KeepDays: 7}
		w.s.c.Plan = func(context.Context, webinar.ID) (webinar.Plan, error) { return plan, nil }
		rec := w.running(true, ann)
		n, err := w.s.Notice(ctx, w.w, rec.ID)
		if err != nil || !reflect.DeepEqual(n, w.s.NoticeOf(plan, true)) || !strings.Contains(n.Texts[webinar.English], plan.Purpose) {
			t.Fatalf("announced %+v, %v", n, err)
		}
		plan = webinar.Plan{Intent: webinar.PlansRecording, Purpose: "Something else.", KeepDays: 20}
		w.end()
		w.boot()
		if n, err := w.s.Notice(ctx, w.w, rec.ID); err != nil || !strings.Contains(n.Texts[webinar.English], "For those who cannot come.") {
			t.Errorf("after a restart %+v, %v", n, err)
		}
		if stopped, err := w.s.Stop(ctx, w.w, rec.ID, ann.Subject); err != nil || stopped.ExpiresAt.Sub(stopped.StoppedAt) != 7*24*time.Hour {
			t.Errorf("kept until %v, %v", stopped.ExpiresAt, err)
		}
		w.s.c.Plan = func(context.Context, webinar.ID) (webinar.Plan, error) { return webinar.Plan{}, webinar.ErrNotFound }
		if _, err := w.s.Announce(ctx, w.w, ann.Subject, true, ""); !errors.Is(err, webinar.ErrNotFound) {
			t.Errorf("announced without knowing the plan: %v", err)
		}
		w.end()
	})
}

func second[A any](_ A, err error) error { return err }

func TestI24StrictPausesAndResumesByItself(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		if w.paper.count() == 0 {
			t.Fatal("I28: nothing is recorded")
		}
		his := w.open(bob, "two", media.Mic, false)
		if cur, _ := w.s.Current(w.w); cur.State != Paused || cur.Reason != ByStrict {
			t.Fatalf("%+v", cur)
		}
		n := w.paper.count()
		w.talk(3*time.Second, []*source{mic, his}, ann, bob)
		w.s.SourceMuted(string(w.w), his, true)
		w.talk(1800*time.Millisecond, []*source{mic}, ann, bob)
		if cur, _ := w.s.Current(w.w); cur.State != Paused || w.paper.count() != n {
			t.Fatalf("I24: %s, %d new lines", cur.State, w.paper.count()-n)
		}
		w.talk(5*time.Second, []*source{mic}, ann, bob)
		if cur, _ := w.s.Current(w.w); cur.State != Running || cur.Announcement != 1 || w.paper.count() == n {
			t.Fatalf("did not go on: %+v, %d lines", cur, w.paper.count()-n)
		}
		w.s.SourceMuted(string(w.w), his, false) // speaks again
		if cur, _ := w.s.Current(w.w); cur.State != Paused {
			t.Fatal("not paused the second time")
		}
		if r, err := w.s.Resume(t.Context(), w.w, rec.ID, ""); err != nil || r.State != Paused || r.Reason != ByStrict {
			t.Fatalf("a host resumed over a live refuser: %+v %v", r, err)
		}
		w.s.SourceClosed(string(w.w), his)
		w.talk(4*time.Second, []*source{mic}, ann, bob)
		if cur, _ := w.s.Current(w.w); cur.State != Running {
			t.Fatalf("did not go on after he left: %+v", cur)
		}
		for _, l := range w.paper.after(0) {
			if l.track.Subject != string(ann.Subject) {
				t.Fatal("the refuser is recorded")
			}
		}
	})
}

func TestNotStrictKeepsRecordingTheOthers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		w.running(false, ann)
		mic, his := w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Camera, false)
		w.talk(5*time.Second, []*source{mic, his}, ann, bob)
		if cur, _ := w.s.Current(w.w); cur.State != Running || w.paper.count() < 10 {
			t.Fatalf("%+v, %d lines", cur, w.paper.count())
		}
		for _, l := range w.paper.after(0) {
			if l.track.Subject != string(ann.Subject) {
				t.Fatal("the refuser is recorded")
			}
		}
	})
}

func TestI18BeatsKeepGatesOpen(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(4*time.Second, []*source{mic}, ann)
		w.talk(6300*time.Millisecond, []*source{mic}) // no beats
		n := w.paper.count()
		w.talk(3*time.Second, []*source{mic})
		if w.paper.count() != n {
			t.Fatal("I18: writes without beats")
		}
		w.talk(4*time.Second, []*source{mic}, ann)
		if w.paper.count() == n {
			t.Fatal("not armed again by a beat")
		}
	})
}

func TestHostsGone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		w.running(true, ann)
		w.s.SetHosts(w.w, 1)
		w.s.SetHosts(w.w, 0)
		if cur, _ := w.s.Current(w.w); cur.State != Paused || cur.Reason != ByNoHost {
			t.Fatalf("%+v", cur)
		}
		w.pass(10*time.Minute + time.Second)
		if r := w.s.room(w.w).current(); r.State != Available || r.Reason != ByNoHost {
			t.Fatalf("%+v", r)
		}
	})
}

func TestTimeOuts(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		if _, err := w.s.Announce(t.Context(), w.w, "", true, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour + time.Second)
		if r := w.s.room(w.w).current(); r.State != Aborted {
			t.Fatalf("announced for an hour: %+v", r)
		}
		rec := w.running(true, ann)
		if _, err := w.s.Pause(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(30*time.Minute + time.Second)
		if st, _ := w.s.MyConsent(t.Context(), w.w, rec.ID, ann); st.State != consent.None {
			t.Fatalf("grants in a long pause: %+v", st)
		}
	})
}

func TestDiskReserveStopsCleanly(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		w.free = 1
		w.talk(10*time.Second, []*source{mic}, ann)
		w.s.bg.Wait()
		if r := w.s.room(w.w).current(); r.State != Available || r.Reason != ByDisk || len(w.shelf.kept) != 1 {
			t.Fatalf("%+v, kept %v", r, w.shelf.kept)
		}
	})
}

func TestI22WithdrawErases(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann, bob)
		mic, his := w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)
		w.talk(3*time.Second, []*source{mic, his}, ann, bob)
		if err := w.answer(rec.ID, bob, consent.Withdraw, 0); err != nil {
			t.Fatal(err)
		}
		w.talk(3*time.Second, []*source{mic, his}, ann, bob)
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		d, err := w.s.Get(t.Context(), w.w, rec.ID)
		if err != nil || len(d.Segments) != 1 || d.Segments[0].Label != "ann" || len(w.shelf.kept) != 1 {
			t.Fatalf("%+v, kept %v, %v", d.Segments, w.shelf.kept, err)
		}
		if err := w.answer(rec.ID, ann, consent.Withdraw, consent.Name); err != nil { // afterwards, in part
			t.Fatal(err)
		}
		if d, _ = w.s.Get(t.Context(), w.w, rec.ID); len(d.Segments) != 1 || d.Segments[0].Label != "" {
			t.Fatalf("name withdrawn: %+v", d.Segments)
		}
		if err := w.answer(rec.ID, ann, consent.Withdraw, 0); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		if d, _ = w.s.Get(t.Context(), w.w, rec.ID); len(d.Segments) != 0 || len(w.shelf.kept) != 0 {
			t.Fatalf("withdrawn afterwards: %+v, kept %v", d.Segments, w.shelf.kept)
		}
	})
}

func TestWhoMayAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, err := w.s.Announce(t.Context(), w.w, "", true, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.answer(rec.ID, w.seat("eve", webinar.Attendee), consent.Shown, 0); !errors.Is(err, webinar.ErrForbidden) {
			t.Errorf("attendee: %v", err)
		}
		foreign := w.seat("ann", webinar.Host)
		foreign.Webinar = "other"
		if err := w.answer(rec.ID, foreign, consent.Shown, 0); !errors.Is(err, webinar.ErrForbidden) {
			t.Errorf("I11: %v", err)
		}
		if err := w.answer(rec.ID, w.seat("ann", webinar.Host), consent.Start, 0); !errors.Is(err, consent.ErrAnswer) {
			t.Errorf("not an answer: %v", err)
		}
	})
}

func TestI13RestartClosesAllGates(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		old := w.s
		w.boot()
		cur, ok := w.s.Current(w.w)
		if !ok || cur.State != Paused || cur.Reason != ByRestart || !cur.StartedAt.Equal(rec.StartedAt.Truncate(time.Millisecond)) {
			t.Fatalf("%+v", cur)
		}
		mic = w.open(ann, "two", media.Mic, false)
		n := w.paper.count()
		w.talk(5*time.Second, []*source{mic}, ann)
		if w.paper.count() != n {
			t.Fatal("resumed by itself")
		}
		if _, err := w.s.Resume(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.talk(5*time.Second, []*source{mic}, ann)
		if w.paper.count() == n {
			t.Fatal("the grant did not survive the restart")
		}
		for r := range map[*room]bool{old.room(w.w): true} {
			x := r.shutting(func(*gate) bool { return true })
			x.shut()
		}
		old.bg.Wait()
	})
}

func TestRunEndsWithEverythingSealed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.s.Run(ctx) }()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		d, err := w.s.Get(t.Context(), w.w, rec.ID)
		if err != nil || d.Recording.State != Paused || d.Recording.Reason != ByRestart || len(d.Segments) != 1 || d.Segments[0].State != Stored {
			t.Fatalf("%+v %v", d, err)
		}
		n := w.paper.count()
		w.talk(2*time.Second, []*source{mic}, ann)
		if w.paper.count() != n {
			t.Error("written after the end")
		}
		if _, err := w.s.Resume(t.Context(), w.w, rec.ID, ""); !errors.Is(err, ErrClosed) {
			t.Errorf("resumed after the end: %v", err)
		}
	})
}
