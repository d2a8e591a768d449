package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"plenum/migrations/fresh"
	"plenum/recorder/blob"
	"plenum/recorder/blob/blobtest"
	"plenum/recorder/master"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, blobtest.Leaks()...) }

const patience = 2 * time.Minute // of a test for something that must happen, on a machine that is busy elsewhere too

// rig is an archive with everything around it, on one folder that outlives a restart.
type rig struct {
	t     *testing.T
	dir   string
	spool string
	proxy *blobtest.Proxy

	db      *gorm.DB
	gateway *blob.Gateway
	objects *blob.S3
	*Archive

	results chan Result
	failed  chan int    // the failures in a row, each time the store did not answer
	event   func()      // before and after each step that a crash may fall between; may be nil
	later   bool        // the store was not examined when the archive begins
	live    func() bool // what the archive is told of every spool file; nil: nothing is asked
}

// folder is in memory where the machine has that: these tests sync thousands of times.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "plenum")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: folder(t), results: make(chan Result, 100), failed: make(chan int, 10000)}
	r.spool = filepath.Join(r.dir, "spool")
	if err := os.Mkdir(r.spool, 0o700); err != nil {
		t.Fatal(err)
	}
	r.startStore()
	r.proxy = blobtest.NewProxy(t, "unix", r.gateway.Config().Socket)
	r.open()
	t.Cleanup(r.close)
	return r
}

func (r *rig) startStore() {
	r.t.Helper()
	var err error
	if r.gateway, err = blob.Embedded(r.t.Context(), filepath.Join(r.dir, "store")); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) stopStore() {
	r.t.Helper()
	if err := r.gateway.Close(); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) open() {
	r.t.Helper()
	c := r.gateway.Config()
	c.Socket = r.proxy.Socket
	var err error
	if r.objects, err = blob.NewS3(c); err != nil {
		r.t.Fatal(err)
	}
	if !r.later {
		if err := r.objects.Examine(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
	}
	if r.db, err = fresh.Open(r.t.Context(), filepath.Join(r.dir, "p.db")); err != nil {
		r.t.Fatal(err)
	}
	hook := func(*gorm.DB) { r.step() }
	raw, row := r.db.Callback().Raw(), r.db.Callback().Row()
	err = errors.Join(raw.Before("*").Register("before", hook), raw.After("*").Register("after", hook), row.Before("*").Register("before", hook))
	if err != nil {
		r.t.Fatal(err)
	}
	config := Config{Objects: stepping{r.objects, r}, Rows: NewStore(r.db), Spool: r.spool, Done: r.done}
	if r.later {
		config.Examine = r.objects.Examine
	}
	if r.live != nil {
		config.Live = func(string) bool { return r.live() }
	}
	if r.Archive, err = New(config); err != nil {
		r.t.Fatal(err)
	}
	r.backoff = func(n int) time.Duration {
		r.failed <- n
		return time.Millisecond
	}
}

func (r *rig) close() {
	r.objects.Close()
	if db, err := r.db.DB(); err != nil || db.Close() != nil {
		r.t.Error("database", err)
	}
	r.stopStore()
}

func (r *rig) restart() {
	r.t.Helper()
	r.event = nil
	r.close()
	r.startStore()
	r.proxy.Set(blobtest.Fault{})
	r.open()
}

func (r *rig) step() {
	if r.event != nil {
		r.event()
	}
}

func (r *rig) done(_ context.Context, res Result) error {
	r.step()
	r.results <- res
	r.step()
	return nil
}

// stepping makes every request of an upload a step.
type stepping struct {
	blob.Store
	r *rig
}

func (s stepping) Put(ctx context.Context, u blob.Upload) error {
	halted := u.Halted
	u.Halted = func() bool {
		s.r.step()
		return halted()
	}
	err := s.Store.Put(ctx, u)
	s.r.step()
	return err
}

func (s stepping) Delete(ctx context.Context, key string) error {
	s.r.step()
	err := s.Store.Delete(ctx, key)
	s.r.step()
	return err
}

// killAt has the goroutine that comes to the n-th step end there and then, as a crash would have it.
func (r *rig) killAt(n int) (killed *bool) {
	killed = new(bool)
	var mu sync.Mutex
	r.event = func() {
		mu.Lock()
		n--
		hit := n == 0
		mu.Unlock()
		if hit {
			*killed = true
			runtime.Goexit()
		}
	}
	return killed
}

// background runs f in a goroutine of its own and returns a channel that is closed when it ended.
func background(f func()) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	return ended
}

func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	ended := background(func() {
		if err := r.Run(ctx); err != nil {
			r.t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		await(r.t, ended)
	})
	return stop
}

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}

func key(segment string) string { return "rec/r1/" + segment + ".webm" }

// seal puts a sealed file of n recognisable bytes into the spool.
func (r *rig) seal(segment string, n int) (master.Info, []byte) {
	r.t.Helper()
	b := bytes.Repeat([]byte("plenum "+segment+" plenum!"), n/16+1)[:n]
	path := filepath.Join(r.spool, segment+".webm")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		r.t.Fatal(err)
	}
	return master.Info{Path: path, Bytes: int64(n), Video: true}, b
}

func (r *rig) add(segment string, n int) []byte {
	r.t.Helper()
	info, b := r.seal(segment, n)
	if err := r.Add(r.t.Context(), segment, key(segment), info); err != nil {
		r.t.Fatal(err)
	}
	return b
}

// plays fails unless Open gives exactly b.
func (r *rig) plays(segment string, b []byte) {
	r.t.Helper()
	f, size, err := r.Open(r.t.Context(), key(segment))
	if err != nil {
		r.t.Fatalf("open %s: %v", segment, err)
	}
	got := make([]byte, len(b)+1) // one more than there may be: growing a buffer costs more than all the rest of reading
	n, err := io.ReadFull(f, got)
	if !errors.Is(err, io.ErrUnexpectedEOF) || f.Close() != nil || size != int64(len(b)) || !bytes.Equal(got[:n], b) {
		r.t.Errorf("%s: %d bytes of %d, %v", segment, n, len(b), err)
	}
}

func (r *rig) state(segment string) string {
	r.t.Helper()
	row, ok, err := NewStore(r.db).get(r.t.Context(), segment)
	if err != nil {
		r.t.Fatal(err)
	}
	if !ok {
		return ""
	}
	return row.State
}

// traces lists files in the spool and the store that hold a sealed file's bytes, and unfinished uploads.
func (r *rig) traces() []string {
	r.t.Helper()
	var found []string
	err := filepath.WalkDir(r.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || filepath.Dir(path) == r.dir {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("plenum ")) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	open, err := r.objects.Sweep(r.t.Context(), func(string, string) bool { return false })
	if err != nil {
		r.t.Fatal(err)
	}
	if open > 0 {
		found = append(found, "unfinished uploads")
	}
	return found
}

func (r *rig) spooled() int {
	r.t.Helper()
	e, err := os.ReadDir(r.spool)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(e)
}
