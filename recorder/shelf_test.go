package recorder

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/master"
)

// onShelf is what every file on the shelf holds.
const onShelf = "a film"

// shelf is an archive that stores at once and, like the real one, takes a spool file along when it erases, and what it has
// erased if that comes again.
type shelf struct {
	mu     sync.Mutex
	done   func(context.Context, archive.Result) error
	kept   map[string]bool
	paths  map[string]string // of spool files, by key
	erased map[string]bool
	gone   map[string]bool // what somebody else has deleted
	notes  map[string]string
	films  map[string][]byte // by key; of others onShelf
	opened func(key string)
	torn   func(film []byte) io.Reader // what is read of one instead; nil: all of it
	state  archive.State
	looks  int
	open   error                  // of Open
	stuck  error                  // of Erase
	adding func()                 // runs while something is taken
	before func()                 // runs before the next erasure
	puts   func(key string) error // runs when something small was stored; its error is Put's
}

func (a *shelf) Add(ctx context.Context, segment, key string, info master.Info) error {
	a.mu.Lock()
	a.kept[key], a.paths[key] = true, info.Path
	if b, err := os.ReadFile(info.Path); err == nil {
		a.films[key] = b
	}
	adding := a.adding
	a.mu.Unlock()
	if adding != nil {
		adding()
	}
	return a.done(ctx, archive.Result{Segment: segment, Key: key, Size: info.Bytes})
}

func (a *shelf) Open(_ context.Context, key string) (io.ReadSeekCloser, int64, error) {
	a.mu.Lock()
	opened := a.opened
	a.mu.Unlock()
	if opened != nil {
		opened(key)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open != nil {
		return nil, 0, a.open
	}
	if a.gone[key] {
		return nil, 0, archive.ErrNotFound
	}
	film, ok := a.films[key]
	if !ok {
		film = []byte(onShelf)
	}
	f := io.NewSectionReader(bytes.NewReader(film), 0, int64(len(film)))
	in := io.Reader(f)
	if a.torn != nil {
		in = a.torn(film)
	}
	return struct {
		io.Reader
		io.Seeker
		io.Closer
	}{in, f, io.NopCloser(f)}, f.Size(), nil
}

func (a *shelf) Put(_ context.Context, key string, body []byte) error {
	a.mu.Lock()
	a.notes[key], a.films[key] = string(body), body
	puts := a.puts
	a.mu.Unlock()
	if puts == nil {
		return nil
	}
	return puts(key)
}

// breaks has opening fail with err.
func (a *shelf) breaks(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open = err
}

func (a *shelf) Erase(_ context.Context, key string) error {
	a.mu.Lock()
	if before := a.before; before != nil {
		a.before = nil
		a.mu.Unlock()
		before()
		a.mu.Lock()
	}
	defer a.mu.Unlock()
	if a.stuck != nil {
		return a.stuck
	}
	a.erased[key] = true
	delete(a.notes, key)
	delete(a.films, key)
	delete(a.kept, key)
	path := a.paths[key]
	delete(a.paths, key)
	if path == "" {
		return nil
	}
	return os.RemoveAll(path)
}

func (a *shelf) State() archive.State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

func (a *shelf) Look() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.looks++
}

func (a *shelf) looked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.looks
}

// fails tells what is wrong with the store.
func (a *shelf) fails(f archive.Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state.Fault = f
}

// stands has the store be in such health from now on.
func (a *shelf) stands(h archive.Health) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = archive.State{Health: h, Since: time.Now()}
}
