package archive

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plenum/recorder/blob"
	"plenum/recorder/blob/blobtest"
	"plenum/recorder/master"
)

func TestRunEmptiesTheSpool(t *testing.T) {
	r := newRig(t)
	want := map[string][]byte{"one": r.add("one", 1), "small": r.add("small", 1<<20), "large": r.add("large", 17<<20)}
	for segment, b := range want {
		r.plays(segment, b) // before anything was sent
	}
	stop := r.run()
	defer stop()
	for range want {
		if res := await(t, r.results); res.Err != nil || res.Key != key(res.Segment) || res.Size != int64(len(want[res.Segment])) {
			t.Errorf("%+v", res)
		}
	}
	want["late"] = r.add("late", 100) // while it runs idle
	await(t, r.results)
	for segment := range want {
		until(t, func() bool { return r.state(segment) == done })
	}
	stop()
	if n := r.spooled(); n > 0 {
		t.Errorf("%d files are left in the spool", n)
	}
	for segment, b := range want {
		r.plays(segment, b)
		if s := r.state(segment); s != done {
			t.Errorf("%s is %s", segment, s)
		}
		info := master.Info{Path: filepath.Join(r.spool, segment+".webm"), Bytes: int64(len(b))}
		if err := r.Add(t.Context(), segment, key(segment), info); err != nil || r.state(segment) != done {
			t.Errorf("added again: %v, %s", err, r.state(segment))
		}
	}
	if s := r.State(); s.Health != Ok || s.Since.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestStoreDown(t *testing.T) {
	for name, fault := range map[string]*blobtest.Fault{
		"stopped": nil, "refused": {Refuse: true}, "unavailable": {Unavailable: true}, "cut": {CutAt: 12 << 20}, "damaged": {FlipAt: 3 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b := r.add("s", 17<<20)
			if fault == nil {
				r.stopStore()
			} else {
				r.proxy.Set(*fault)
			}
			since := time.Now()
			stop := r.run()
			defer stop()
			await(t, r.failed)
			if name != "damaged" { // that is over with the next try
				await(t, r.failed)
				if s := r.State(); s.Health != Retrying || s.Since.Before(since.Add(-time.Second)) {
					t.Errorf("%+v", s)
				}
				r.plays("s", b)
			}
			if fault == nil {
				r.startStore()
			} else {
				r.proxy.Set(blobtest.Fault{})
			}
			if res := await(t, r.results); res.Err != nil {
				t.Error(res.Err)
			}
			stop()
			if n := r.spooled(); n > 0 || r.State().Health != Ok {
				t.Errorf("%d files in the spool, %+v", n, r.State())
			}
			r.plays("s", b)
		})
	}
}

func TestBadSegmentHoldsUpNobody(t *testing.T) {
	r := newRig(t)
	r.add("gone", 100)
	r.add("short", 100)
	b := r.add("good", 100)
	if err := errors.Join(os.Remove(filepath.Join(r.spool, "gone.webm")), os.Truncate(filepath.Join(r.spool, "short.webm"), 50)); err != nil {
		t.Fatal(err)
	}
	stop := r.run()
	defer stop()
	for _, segment := range []string{"gone", "short", "good"} {
		until(t, func() bool { return r.state(segment) == done || r.state(segment) == lost })
	}
	for range 3 {
		if res := await(t, r.results); (res.Err == nil) != (res.Segment == "good") || (res.Err != nil && !errors.Is(res.Err, ErrSpool)) {
			t.Errorf("%+v", res)
		}
	}
	stop()
	r.plays("good", b)
	for _, segment := range []string{"gone", "short"} {
		if _, _, err := r.Open(t.Context(), key(segment)); !errors.Is(err, ErrNotFound) || r.state(segment) != lost {
			t.Errorf("%s: %s, %v", segment, r.state(segment), err)
		}
	}
}

func TestAddTakesSealedFilesOnly(t *testing.T) {
	r := newRig(t)
	info, _ := r.seal("s", 100)
	outside := info
	outside.Path = filepath.Join(r.dir, "s.webm")
	for _, c := range []struct {
		segment, key string
		info         master.Info
		want         error
	}{
		{"s", key("other"), info, blob.ErrKey},
		{"../s", "rec/r1/../s.webm", info, blob.ErrKey},
		{"s", key("s"), outside, ErrSpool},
		{"s", key("s"), master.Info{Empty: true}, ErrSpool},
		{"s", key("s"), master.Info{Path: info.Path}, ErrSpool},
		{"s", key("s"), info, nil},
		{"s", key("s"), info, nil},
		{"s", "rec/r2/s.webm", info, blob.ErrKey},
	} {
		if err := r.Add(t.Context(), c.segment, c.key, c.info); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s %s: %v, want %v", c.segment, c.key, err, c.want)
		}
	}
	if _, _, err := r.Open(t.Context(), "rec/r2/s.webm"); !errors.Is(err, ErrNotFound) {
		t.Errorf("opened under another recording: %v", err)
	}
	if _, err := New(Config{Objects: r.objects, Rows: NewStore(r.db), Spool: "spool"}); err == nil {
		t.Error("a relative spool was taken")
	}
}

func TestSweepSparesWhatIsKnown(t *testing.T) {
	r := newRig(t)
	alive := true
	r.live = func() bool { return alive }
	r.restart()
	r.add("queued", 9<<20)
	r.seal("orphan", 100)
	r.seal("young", 100)
	old := time.Now().Add(-2 * orphanAge)
	for _, segment := range []string{"queued", "orphan"} {
		if err := os.Chtimes(filepath.Join(r.spool, segment+".webm"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	left := func(segment string) string { // an upload that breaks
		r.proxy.Set(blobtest.Fault{CutAt: 5 << 20})
		id := ""
		err := r.objects.Put(t.Context(), blob.Upload{
			Key: key(segment), Body: bytes.NewReader(make([]byte, 9<<20)), Size: 9 << 20,
			Started: func(s string) error { id = s; return nil },
		})
		if err == nil {
			t.Fatal("not broken")
		}
		r.proxy.Set(blobtest.Fault{})
		return id
	}
	left("orphan")
	if err := NewStore(r.db).began(t.Context(), "queued", left("queued")); err != nil {
		t.Fatal(err)
	}
	r.sweep(t.Context())
	if n := r.spooled(); n != 3 {
		t.Errorf("%d files are left of 3 that are alive", n)
	}
	alive = false
	r.sweep(t.Context())
	if _, err := os.Stat(filepath.Join(r.spool, "orphan.webm")); !errors.Is(err, os.ErrNotExist) || r.spooled() != 2 {
		t.Errorf("orphan: %v, %d files left", err, r.spooled())
	}
	if n, err := r.objects.Sweep(t.Context(), func(string, string) bool { return false }); n != 1 || err != nil {
		t.Errorf("%d unfinished uploads are left, %v", n, err)
	}
}

// A file that is not as it was sealed is given up, and does not stay for that.
func TestWhatIsLeftOfALostSegmentIsSwept(t *testing.T) {
	r := newRig(t)
	r.live = func() bool { return false }
	r.restart()
	r.add("short", 100)
	path, old := filepath.Join(r.spool, "short.webm"), time.Now().Add(-2*orphanAge)
	if err := errors.Join(os.Truncate(path, 50), os.Chtimes(path, old, old)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Archive.step(t.Context()); err != nil || r.state("short") != lost {
		t.Fatal(r.state("short"), err)
	}
	r.sweep(t.Context())
	if n := r.spooled(); n > 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestObjectsThatNoRowKnowsAreErased(t *testing.T) {
	r := newRig(t)
	r.c.Ours = func(_ context.Context, recording string) (bool, error) { return recording != "foreign", nil }
	store := func(key string) {
		if err := r.objects.Put(t.Context(), blob.Upload{Key: key, Body: bytes.NewReader(make([]byte, 100)), Size: 100}); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []string{key("known"), key("left"), key("young"), "rec/foreign/left.webm"} {
		store(k)
	}
	rows := NewStore(r.db)
	if _, err := rows.add(t.Context(), row{Segment: "known", Key: key("known"), Path: "known.webm", Size: 100}); err != nil {
		t.Fatal(err)
	}
	if err := rows.end(t.Context(), "known", done); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * orphanAge)
	err := filepath.WalkDir(filepath.Join(r.dir, "store"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".webm" || filepath.Base(path) == "young.webm" {
			return err
		}
		return os.Chtimes(path, old, old)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.sweep(t.Context())
	for more := true; more; {
		if more, err = r.Archive.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var left []string
	if err := r.objects.Each(t.Context(), func(key string, _ time.Time) error { left = append(left, key); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []string{"rec/foreign/left.webm", key("known"), key("young")}
	slices.Sort(left)
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
}

func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1<<30).Draw(t, "failures")
		d := backoff(n)
		if d < time.Second/2 || d > time.Minute || (n > 7 && d < 30*time.Second) || (n <= 1 && d > time.Second) {
			t.Fatalf("%d failures: %v", n, d)
		}
	})
}

// A note is written over, known to the sweep, and erased like a film.
func TestNotes(t *testing.T) {
	r := newRig(t)
	const name = "rec/one/timeline.json"
	for _, body := range []string{"first", "second and longer", "3"} {
		if err := r.Put(t.Context(), name, []byte(body)); err != nil {
			t.Fatal(err)
		}
		f, size, err := r.Open(t.Context(), name)
		if err != nil || size != int64(len(body)) {
			t.Fatalf("%d bytes, %v", size, err)
		}
		got := make([]byte, size)
		if _, err := f.Read(got); err != nil || string(got) != body {
			t.Errorf("%q %v", got, err)
		}
		f.Close()
	}
	if err := r.Put(t.Context(), "rec/one/other.txt", []byte("x")); !errors.Is(err, blob.ErrKey) {
		t.Errorf("another name: %v", err)
	}
	r.proxy.Set(blobtest.Fault{Refuse: true})
	if err := r.Put(t.Context(), name, []byte("4")); err == nil {
		t.Error("stored in a store that refuses")
	}
	if err := r.Erase(t.Context(), name); !errors.Is(err, ErrPending) {
		t.Errorf("erased without the store: %v", err)
	}
	if err := r.Put(t.Context(), name, []byte("5")); !errors.Is(err, ErrErased) {
		t.Errorf("stored over an erasure: %v", err)
	}
	r.proxy.Set(blobtest.Fault{})
	stop := r.run()
	defer stop()
	until(t, func() bool { return r.state("timeline-one") == "" })
	if _, _, err := r.Open(t.Context(), name); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the erasure: %v", err)
	}
}
