// Package archive moves sealed recordings from the spool to the object store: queued in the database, sent, verified,
// and only then deleted from the spool. Each step can be repeated, so that a crash between any two loses nothing and
// leaves nothing behind. Erasure is queued the same way and goes on until the store has obeyed.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"plenum/recorder/blob"
	"plenum/recorder/master"
)

// Faults of a call.
var (
	// ErrErased says that the segment is being erased: nothing of it is taken or given any more.
	ErrErased = errors.New("the segment is erased")
	// ErrPending says that an erasure is durable but not finished: the archive goes on with it.
	ErrPending = errors.New("the erasure will be tried again")
	// ErrSpool says that a spool file is missing, or not as it was sealed.
	ErrSpool = errors.New("the spool file is not the sealed one")
	// ErrAway says that the store has not answered since the start: nothing is asked of it before it was examined.
	ErrAway = blob.ErrAway
	// ErrUnfit says that the store has answered and must not hold recordings. Only its operator can mend that.
	ErrUnfit = errors.New("the object store must not hold recordings")
	// ErrNotFound is blob.ErrNotFound: no such segment, or it was erased or lost.
	ErrNotFound = blob.ErrNotFound
)

// Config are the archive's parts.
type Config struct {
	Objects blob.Store
	Rows    *Store
	// Examine says whether the store may be used. It is asked again until it has no fault, and no request is made before
	// that. Nil: the store was examined.
	Examine func(ctx context.Context) error
	// Watched says whether somebody wants to know how the store stands while nothing is sent there: it is looked at each
	// minute then, and at each Look. Nil: nobody does.
	Watched func() bool
	Spool   string // folder of the sealed files, absolute
	// Done is told, at least once, what became of a segment; its error has it told again later. It may be nil.
	Done func(ctx context.Context, r Result) error
	// Live says whether a spool file, by its path relative to Spool, belongs to a writer. It must hold until Add has
	// returned. Orphans in the spool are deleted only when it is given.
	Live func(path string) bool
	// Ours says whether this server has announced a recording, be it long ago. Objects of ours that no row knows are
	// deleted; those of others, who may use the same bucket, are not. Nil: no object is.
	Ours func(ctx context.Context, recording string) (bool, error)
	Log  *slog.Logger
}

// Result is the end of a segment's way.
type Result struct {
	Segment string
	Key     string
	Size    int64 // bytes
	Err     error // nil: it is in the store; ErrSpool: it never will be
}

// Health says whether the store answers.
type Health uint8

// The states of health.
const (
	Ok       Health = iota
	Retrying        // the last call failed; spool and database are as they should be
	Awaited         // the store has not answered since the start
	Unfit           // it has, and must not hold recordings
)

// State is the archive's health and since when it has been so.
type State struct {
	Health Health
	Since  time.Time
	Fault  Fault // the last error's; Unclear as long as all is well
}

// Archive is the way from the spool to the store. Run does the work.
type Archive struct {
	c       Config
	kick    chan struct{} // something was queued
	glance  chan struct{} // see Look
	backoff func(failures int) time.Duration

	mu    sync.Mutex
	state State
	busy  map[string]*work // by key
}

// work is the hold of one goroutine on one key.
type work struct {
	halted atomic.Bool
	ended  chan struct{}
}

// New makes an archive; nothing happens before Run.
func New(c Config) (*Archive, error) {
	if !filepath.IsAbs(c.Spool) {
		return nil, fmt.Errorf("the spool %q must be an absolute path", c.Spool)
	}
	if c.Objects == nil || c.Rows == nil {
		return nil, errors.New("the archive needs an object store and a queue")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	health := Ok
	if c.Examine != nil {
		health = Awaited
	}
	return &Archive{
		c: c, kick: make(chan struct{}, 1), glance: make(chan struct{}, 1), backoff: backoff, busy: map[string]*work{}, state: State{Health: health, Since: time.Now()},
	}, nil
}

// backoff is the pause after so many failures in a row: 1 s doubling to 60 s, of which the upper half is random.
func backoff(failures int) time.Duration {
	d := min(time.Minute, time.Second<<min(max(failures-1, 0), 6))
	return d/2 + rand.N(d/2+1) //nolint:gosec // no secret
}

// Add queues a sealed master under key, which must be blob.Key(recording, segment). It is durable when it returns, and
// may be repeated. ErrErased: the segment was erased meanwhile, its file is deleted. ErrSpool: the file is not the
// sealed one.
func (a *Archive) Add(ctx context.Context, segment, key string, info master.Info) error {
	if _, s, err := blob.ParseKey(key); err != nil || s != segment {
		return fmt.Errorf("queue segment: %w", blob.ErrKey)
	}
	if info.Empty || info.Bytes <= 0 {
		return fmt.Errorf("queue segment: %w: it is empty", ErrSpool)
	}
	path, err := filepath.Rel(a.c.Spool, info.Path)
	if err != nil || !filepath.IsLocal(path) {
		return fmt.Errorf("queue segment: %w: it lies outside the spool", ErrSpool)
	}
	r, err := a.c.Rows.add(ctx, row{Segment: segment, Key: key, Path: path, Size: info.Bytes})
	if err != nil {
		return err
	}
	a.wake()
	switch {
	case r.State == erasing:
		return errors.Join(ErrErased, a.removeSpool(path))
	case r.Key != key || r.Path != path:
		return fmt.Errorf("queue segment: %w: it is queued with another key or file", blob.ErrKey)
	}
	return nil
}

func (a *Archive) wake() {
	select {
	case a.kick <- struct{}{}:
	default:
	}
}

// Look has the store looked at now instead of within a minute, if it is watched and nothing is being sent; State has the answer
// as soon as there is one. It does not wait.
func (a *Archive) Look() {
	select {
	case a.glance <- struct{}{}:
	default:
	}
}

// State returns the archive's health.
func (a *Archive) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// answered keeps what a call to the store, with this error, says about its health: nothing if we ended it ourselves.
func (a *Archive) answered(ctx context.Context, err error) {
	h := Ok
	if err != nil {
		h = Retrying
	}
	if errors.Is(err, blob.ErrHalted) || ctx.Err() != nil {
		return
	}
	a.stand(h, err)
}

// stand keeps how the store stands. The fault is the last one's: a store that refuses connections now may ask for patience later.
func (a *Archive) stand(h Health, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state.Health != h {
		a.state = State{Health: h, Since: time.Now()}
	}
	a.state.Fault = faultOf(err)
}

// Open returns a reader of a segment and its size in bytes: from the spool until it is stored, then from the store.
// ErrNotFound if it was never added, was lost or is being erased; ErrAway, ErrUnfit: the store is not asked. ctx must live as long as the reader.
func (a *Archive) Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error) {
	_, segment, err := blob.ParseKey(key)
	if err != nil {
		return nil, 0, err
	}
	r, ok, err := a.c.Rows.get(ctx, segment)
	if err != nil {
		return nil, 0, err
	}
	if !ok || r.Key != key || r.State == erasing || r.State == lost {
		return nil, 0, ErrNotFound
	}
	if r.State == queued {
		f, err := a.openSpool(r)
		if err == nil {
			return f, r.Size, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, 0, err
		}
		// Stored and deleted since the row was read.
	}
	store, err := a.objects()
	if err != nil {
		return nil, 0, err
	}
	return store.Open(ctx, key)
}

// openSpool opens a queued file; fs.ErrNotExist, or ErrSpool when its size is not the sealed one.
func (a *Archive) openSpool(r row) (*os.File, error) {
	root, err := os.OpenRoot(a.c.Spool)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	defer root.Close()
	f, err := root.Open(r.Path)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	i, err := f.Stat()
	if err == nil && i.Size() != r.Size {
		err = fmt.Errorf("%w: %d bytes instead of %d", ErrSpool, i.Size(), r.Size)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeSpool deletes a spool file for good: it is gone also after a power cut. No file is no error.
func (a *Archive) removeSpool(path string) error {
	if path == "" {
		return nil
	}
	root, err := os.OpenRoot(a.c.Spool)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	defer root.Close()
	if err := root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("spool: %w", err)
	}
	dir, err := root.Open(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
