package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"plenum/recorder/blob"
	"plenum/recorder/blob/blobtest"
)

// content returns n bytes that look random and depend on the seed only.
func content(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	r.Read(b)
	return b
}

// upload is an upload of b without ties.
func upload(key string, b []byte) blob.Upload {
	return blob.Upload{Key: key, Body: bytes.NewReader(b), Size: int64(len(b))}
}

// get reads a whole object.
func get(ctx context.Context, s blob.Store, key string) ([]byte, error) {
	r, size, err := s.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if err == nil && int64(len(b)) != size {
		err = errors.New("the size does not fit the content")
	}
	return b, errors.Join(err, r.Close())
}

// conformance runs what every backend must do. proxied is a store behind the proxy, direct the same one without. A store
// that lists unfinished uploads of a single key only, as MinIO does, cannot be swept; it sweeps itself after a day.
func conformance(t *testing.T, direct, proxied blob.Store, p *blobtest.Proxy, swept bool) {
	t.Run("small", func(t *testing.T) { roundTrip(t, direct, "rec/a/small.webm", 1000) })
	t.Run("one part exactly", func(t *testing.T) { roundTrip(t, direct, "rec/a/exact.webm", 8<<20) })
	t.Run("multipart", func(t *testing.T) { roundTrip(t, direct, "rec/a/large.webm", 17<<20+5) })
	t.Run("range", func(t *testing.T) { ranges(t, direct) })
	t.Run("keys", func(t *testing.T) { keys(t, direct) })
	t.Run("missing", func(t *testing.T) { missing(t, direct) })
	t.Run("resume", func(t *testing.T) { resume(t, direct, proxied, p) })
	t.Run("stale upload", func(t *testing.T) { stale(t, direct, proxied, p, swept) })
	t.Run("complete twice", func(t *testing.T) { completeTwice(t, direct) })
	t.Run("damaged on the way", func(t *testing.T) { damaged(t, direct, proxied, p) })
	t.Run("each", func(t *testing.T) { each(t, direct) })
	t.Run("halted", func(t *testing.T) { halted(t, direct) })
}

func roundTrip(t *testing.T, s blob.Store, key string, n int) {
	ctx, b := t.Context(), content(1, n)
	for range 2 { // the second time over the first
		if err := s.Put(ctx, upload(key, b)); err != nil {
			t.Fatal(err)
		}
	}
	i, err := s.Stat(ctx, key)
	if recording, segment, _ := blob.ParseKey(key); err != nil || i.Size != int64(n) || i.Recording != recording || i.Segment != segment {
		t.Fatalf("Stat: %+v, %v", i, err)
	}
	if got, err := get(ctx, s, key); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("read %d bytes of %d, same %t, %v", len(got), n, bytes.Equal(got, b), err)
	}
	for range 2 {
		if err := s.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Open(ctx, key); !errors.Is(err, blob.ErrNotFound) {
		t.Fatalf("open after delete: %v", err)
	}
}

func ranges(t *testing.T, s blob.Store) {
	const key = "rec/a/range.webm"
	b := content(2, 3<<20+11)
	if err := s.Put(t.Context(), upload(key, b)); err != nil {
		t.Fatal(err)
	}
	r, size, err := s.Open(t.Context(), key)
	if err != nil || size != int64(len(b)) {
		t.Fatal(size, err)
	}
	for _, at := range []int64{0, 1, 1<<20 - 1, 1 << 20, size - 1, 5} {
		if got, err := r.Seek(at-size, io.SeekEnd); err != nil || got != at {
			t.Fatal(got, err)
		}
		n := min(1<<20+3, size-at)
		got := make([]byte, n)
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, b[at:at+n]) {
			t.Fatalf("range at %d: %v", at, err)
		}
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("seek before the start")
	}
	if at, err := r.Seek(size, io.SeekStart); err != nil || at != size {
		t.Error(at, err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF { //nolint:errorlint // a reader must return io.EOF itself
		t.Errorf("read at the end: %d, %v", n, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("read after close")
	}
}

func keys(t *testing.T, s blob.Store) {
	for _, key := range []string{"", "rec/a/../b.webm", "rec/../b.webm", "rec/a/b", "rec/a/b/c.webm", "/rec/a/b.webm", "rec//b.webm", "rec/a/Ann Lee.webm", "x/a/b.webm"} {
		_, _, open := s.Open(t.Context(), key)
		_, stat := s.Stat(t.Context(), key)
		for _, err := range []error{s.Put(t.Context(), upload(key, []byte("x"))), open, stat, s.Delete(t.Context(), key)} {
			if !errors.Is(err, blob.ErrKey) {
				t.Errorf("key %q: %v", key, err)
			}
		}
	}
}

func missing(t *testing.T, s blob.Store) {
	if _, err := s.Stat(t.Context(), "rec/a/none.webm"); !errors.Is(err, blob.ErrNotFound) {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "rec/a/none.webm"); err != nil {
		t.Error(err)
	}
	if err := s.Put(t.Context(), upload("rec/a/empty.webm", nil)); err == nil {
		t.Error("an empty object was taken")
	}
}

// broken sends b through a proxy that cuts in its last part, and returns the id of the upload that is left.
func broken(t *testing.T, proxied blob.Store, p *blobtest.Proxy, key string, b []byte) (id string) {
	t.Helper()
	p.Set(blobtest.Fault{CutAt: int64(len(b)) - 1<<20})
	u := upload(key, b)
	u.Started = func(s string) error { id = s; return nil }
	if err := proxied.Put(t.Context(), u); err == nil || id == "" {
		t.Fatalf("a broken upload succeeded: %q, %v", id, err)
	}
	return id
}

func resume(t *testing.T, direct, proxied blob.Store, p *blobtest.Proxy) {
	const key = "rec/a/resume.webm"
	b := content(3, 24<<20)
	u := upload(key, b)
	u.UploadID = broken(t, proxied, p, key, b)
	u.Started = func(string) error { t.Error("it was started anew"); return nil }
	p.Set(blobtest.Fault{})
	if err := proxied.Put(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if sent := p.Sent(); sent > 9<<20 {
		t.Errorf("the last part alone was missing, %d bytes were sent", sent)
	}
	if got, err := get(t.Context(), direct, key); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	u.UploadID = broken(t, proxied, p, key, b)
	if err := direct.Delete(t.Context(), key); err != nil { // ends the open upload too
		t.Fatal(err)
	}
	started := false
	u.Started = func(string) error { started = true; return nil }
	if err := direct.Put(t.Context(), u); err != nil || !started {
		t.Fatalf("an upload that was aborted: started anew %t, %v", started, err)
	}
}

func stale(t *testing.T, direct, proxied blob.Store, p *blobtest.Proxy, swept bool) {
	b := content(4, 17<<20)
	sweep := func(want int, keep func(key, id string) bool) {
		t.Helper()
		if !swept {
			want = 0
		}
		if n, err := direct.Sweep(t.Context(), keep); err != nil || n != want {
			t.Fatalf("swept %d, %v", n, err)
		}
	}
	kept := broken(t, proxied, p, "rec/a/kept.webm", b)
	broken(t, proxied, p, "rec/a/stale.webm", b)
	keep := func(key, id string) bool { return key == "rec/a/kept.webm" && id == kept }
	sweep(1, keep)
	broken(t, proxied, p, "rec/a/lost.webm", b) // its id gets lost: the next try must find and end it
	if err := direct.Put(t.Context(), upload("rec/a/lost.webm", b)); err != nil {
		t.Fatal(err)
	}
	sweep(0, keep)
	sweep(1, func(string, string) bool { return false })
	if swept {
		return
	}
	u := upload("rec/a/kept.webm", b)
	u.UploadID = kept // the store must still know it
	if err := direct.Put(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

func each(t *testing.T, s blob.Store) {
	want := []string{"rec/each/a.webm", "rec/each/b.webm", "rec/other/c.webm"}
	for _, key := range want {
		if err := s.Put(t.Context(), upload(key, content(1, 10))); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := s.Each(t.Context(), func(key string, stored time.Time) error {
		if slices.Contains(want, key) {
			got = append(got, key)
		}
		if age := time.Since(stored); age > time.Minute || age < -time.Minute {
			t.Errorf("%s was stored %v ago", key, age)
		}
		return nil
	})
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	stop := errors.New("stop")
	if err := s.Each(t.Context(), func(string, time.Time) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v instead of the callback's error", err)
	}
}

func completeTwice(t *testing.T, s blob.Store) {
	const key = "rec/a/twice.webm"
	b := content(5, 9<<20)
	u, started := upload(key, b), 0
	u.Started = func(id string) error { u.UploadID = id; started++; return nil }
	for range 2 { // the second knows the id of an upload that is completed
		if err := s.Put(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	if started != 1 {
		t.Errorf("started %d times", started)
	}
	other := upload(key, content(6, 9<<20)) // same size, other bytes
	other.UploadID = u.UploadID
	if err := s.Put(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t.Context(), s, key); err != nil || !bytes.Equal(got, content(6, 9<<20)) {
		t.Fatalf("the size alone was taken as proof: %v", err)
	}
}

func damaged(t *testing.T, direct, proxied blob.Store, p *blobtest.Proxy) {
	for _, n := range []int{1 << 20, 9 << 20} {
		const key = "rec/a/damaged.webm"
		p.Set(blobtest.Fault{FlipAt: int64(n) / 2})
		if err := proxied.Put(t.Context(), upload(key, content(7, n))); err == nil {
			t.Errorf("%d bytes damaged on the way were taken", n)
		}
		if _, err := direct.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%d damaged bytes are there: %v", n, err)
		}
		p.Set(blobtest.Fault{})
		if err := direct.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
}

func halted(t *testing.T, s blob.Store) {
	for allowed := range 7 { // requests before the halt
		u, asked := upload("rec/a/halt.webm", content(8, 17<<20)), 0
		u.Halted = func() bool { asked++; return asked > allowed }
		if err := s.Put(t.Context(), u); !errors.Is(err, blob.ErrHalted) {
			t.Fatalf("after %d requests: %v", allowed, err)
		}
		if err := s.Delete(t.Context(), u.Key); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Sweep(t.Context(), func(string, string) bool { return false }); err != nil || n != 0 {
			t.Fatalf("after %d requests %d uploads were left, %v", allowed, n, err)
		}
	}
}
