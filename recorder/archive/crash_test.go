package archive

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"plenum/recorder/blob"
	"plenum/recorder/blob/blobtest"
)

// finishAll works until nothing is left to do.
func (r *rig) finishAll() {
	r.t.Helper()
	for {
		worked, err := r.Archive.step(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if !worked {
			return
		}
	}
}

// TestUploadSurvivesEveryCrash ends the process between any two steps of an upload and starts it again.
func TestUploadSurvivesEveryCrash(t *testing.T) {
	r := newRig(t)
	for n := 1; ; n++ {
		b := r.add("s", 9<<20)
		killed := r.killAt(n)
		await(t, background(func() { r.Archive.step(t.Context()) }))
		r.event = nil
		if r.state("s") == "" {
			t.Fatalf("step %d: the row is gone", n)
		}
		r.plays("s", b) // at any time
		r.restart()
		r.finishAll()
		if r.state("s") != done || r.spooled() > 0 {
			t.Fatalf("step %d: %s, %d files in the spool", n, r.state("s"), r.spooled())
		}
		r.plays("s", b)
		if res := await(t, r.results); res.Err != nil || res.Segment != "s" {
			t.Fatalf("step %d: %+v", n, res)
		}
		if open, err := r.objects.Sweep(t.Context(), func(string, string) bool { return false }); open > 0 || err != nil {
			t.Fatalf("step %d: %d unfinished uploads, %v", n, open, err)
		}
		if err := r.Erase(t.Context(), key("s")); err != nil {
			t.Fatal(err)
		}
		for len(r.results) > 0 { // told again after a crash
			<-r.results
		}
		if !*killed {
			if n < 15 {
				t.Fatalf("only %d steps", n)
			}
			return
		}
	}
}

// TestErasureSurvivesEveryCrash does the same to an erasure, of a segment in each state.
func TestErasureSurvivesEveryCrash(t *testing.T) {
	r := newRig(t)
	for _, from := range []string{queued, "begun", stored, done} {
		for n := 1; ; n++ {
			r.add("s", 9<<20)
			switch from {
			case "begun":
				r.proxy.Set(blobtest.Fault{CutAt: 8<<20 + 1<<19})
				if _, err := r.Archive.step(t.Context()); err == nil {
					t.Fatal("not broken")
				}
				r.proxy.Set(blobtest.Fault{})
			case stored:
				r.c.Done = func(context.Context, Result) error { return errors.New("not now") }
				if _, err := r.Archive.step(t.Context()); err == nil || r.state("s") != stored {
					t.Fatal(r.state("s"), err)
				}
				r.c.Done = r.done
			case done:
				r.finishAll()
			}
			killed := r.killAt(n)
			await(t, background(func() { r.Erase(t.Context(), key("s")) }))
			r.event = nil
			marked := r.state("s") == erasing || r.state("s") == ""
			r.restart()
			if marked {
				r.finishAll()
			} else if err := r.Erase(t.Context(), key("s")); err != nil {
				t.Fatal(err)
			}
			if left := r.traces(); len(left) > 0 || r.state("s") != "" {
				t.Fatalf("%s, step %d: left %v, row %q", from, n, left, r.state("s"))
			}
			if !*killed {
				if n < 6 {
					t.Fatalf("only %d steps", n)
				}
				break
			}
		}
	}
}

// TestDamagedObjectIsSentAgain damages the object after a crash between completion and verification.
func TestDamagedObjectIsSentAgain(t *testing.T) {
	r := newRig(t)
	b := r.add("s", 9<<20)
	object := filepath.Join(r.dir, "store", "objects", r.gateway.Config().Bucket, key("s"))
	r.event = func() {
		if _, err := os.Stat(object); err == nil {
			runtime.Goexit()
		}
	}
	await(t, background(func() { r.Archive.step(t.Context()) }))
	r.restart()
	f, err := os.OpenFile(object, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{b[5<<20] ^ 1}, 5<<20); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if r.state("s") != queued {
		t.Fatal(r.state("s"))
	}
	r.finishAll()
	if s := r.state("s"); s != done || r.spooled() > 0 {
		t.Fatal(s, r.spooled())
	}
	r.plays("s", b)
}

// TestEraseDuringUpload stops an upload in the middle of a request and erases it there.
func TestEraseDuringUpload(t *testing.T) {
	const size = 9 << 20
	r := newRig(t)
	r.proxy.Set(blobtest.Fault{})
	r.add("s", size)
	r.finishAll()
	total := r.proxy.Sent()
	if err := r.Erase(t.Context(), key("s")); err != nil {
		t.Fatal(err)
	}
	places := []int64{1, 4 << 20, 8<<20 + 1<<19}
	for at := int64(size); at < total; at += 700 { // completion and verification: requests of some 700 bytes each
		places = append(places, at)
	}
	for _, at := range places {
		r.add("s", size)
		fault := blobtest.Fault{StallAt: at, Stalled: make(chan struct{}), Resume: make(chan struct{})}
		r.proxy.Set(fault)
		uploaded := background(func() {
			if _, err := r.Archive.step(t.Context()); err != nil {
				t.Errorf("at %d: %v", at, err)
			}
		})
		await(t, fault.Stalled)
		erased := background(func() {
			if err := r.Erase(t.Context(), key("s")); err != nil {
				t.Errorf("at %d: %v", at, err)
			}
		})
		until(t, r.halted)
		if _, _, err := r.Open(t.Context(), key("s")); !errors.Is(err, ErrNotFound) {
			t.Errorf("at %d: played while it is erased: %v", at, err)
		}
		select {
		case <-erased:
			t.Errorf("at %d: erased with a request in flight", at)
		default:
		}
		close(fault.Resume)
		await(t, erased)
		await(t, uploaded)
		if left := r.traces(); len(left) > 0 || r.state("s") != "" {
			t.Errorf("at %d: left %v, row %q", at, left, r.state("s"))
		}
	}
}

// halted says whether an upload has been told to stop.
func (r *rig) halted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.busy[key("s")]
	return w != nil && w.halted.Load()
}

// until waits for a condition that no channel tells.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	look, end := time.NewTicker(time.Millisecond), time.After(patience)
	defer look.Stop()
	for !ok() {
		select {
		case <-look.C:
		case <-end:
			t.Fatal("waited in vain")
		}
	}
}

func TestEraseWhileTheStoreIsDown(t *testing.T) {
	r := newRig(t)
	r.add("stored", 100)
	r.finishAll()
	r.add("queued", 100)
	r.stopStore()
	for _, segment := range []string{"stored", "queued", "unknown"} {
		if err := r.Erase(t.Context(), key(segment)); !errors.Is(err, ErrPending) {
			t.Fatal(segment, err)
		}
		if _, _, err := r.Open(t.Context(), key(segment)); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s is still played: %v", segment, err)
		}
	}
	info, _ := r.seal("queued", 100) // a writer that comes late
	if err := r.Add(t.Context(), "queued", key("queued"), info); !errors.Is(err, ErrErased) {
		t.Errorf("added while it is erased: %v", err)
	}
	if n := r.spooled(); n > 0 {
		t.Errorf("%d files in the spool", n)
	}
	r.startStore()
	r.restart() // the wish is durable
	r.finishAll()
	for _, segment := range []string{"stored", "queued", "unknown"} {
		if s := r.state(segment); s != "" {
			t.Errorf("%s: %s", segment, s)
		}
	}
	if left := r.traces(); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if err := r.Erase(t.Context(), "rec/../x"); !errors.Is(err, blob.ErrKey) {
		t.Error(err)
	}
}

// TestEraseAndRunTogether lets them meet wherever they like.
func TestEraseAndRunTogether(t *testing.T) {
	r := newRig(t)
	stop := r.run()
	defer stop()
	var all sync.WaitGroup
	for n := range 24 {
		segment := string(rune('a' + n))
		r.add(segment, 1<<18*(n+1)) // up to 6 MiB
		all.Go(func() {
			for range 2 {
				if err := r.Erase(t.Context(), key(segment)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	stop()
	if left := r.traces(); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
