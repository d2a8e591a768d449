package master

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
)

// errShut is what a write gets once the spool is shut.
var errShut = errors.New("master: spool is shut")

// spool is the file of one segment: it exists from the first byte on, and takes none once it is shut.
type spool struct {
	path string
	sync func(*os.File) error

	// mu is held across the write itself, against the rule of the house: shut must not return while bytes are on
	// their way, and not before it is certain that none will set out. A write is one cluster into the page cache;
	// syncing, which takes long, is outside.
	mu     sync.Mutex
	f      *os.File
	closed bool
	fresh  bool  // the folder's entry is not durable yet
	room   int64 // bytes from the file's start on that are set aside; allRoom where that cannot be had
}

// ahead is how many writes as large as the present one room is set aside for, that included: some ten seconds. With more, a
// disk that is full would be noticed late.
const ahead = 5

const allRoom = math.MaxInt64

// shut makes every later write fail and waits for the one under way.
func (s *spool) shut() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
}

// finish lets the last bytes, which carry no media, through.
func (s *spool) finish() {
	s.mu.Lock()
	s.closed = false
	s.mu.Unlock()
}

func (s *spool) WriteAt(b []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, errShut
	}
	if s.f == nil {
		f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return 0, err
		}
		s.f, s.fresh = f, true
	}
	if n := int64(len(b)); off+n > s.room {
		if s.room = off + ahead*n; reserve(s.f, off, ahead*n) != nil {
			s.room = allRoom // without it, all is as it was
		}
	}
	return s.f.WriteAt(b, off)
}

func (s *spool) file() (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil {
		return nil, fs.ErrClosed
	}
	return s.f, nil
}

func (s *spool) ReadAt(b []byte, off int64) (int, error) {
	f, err := s.file()
	if err != nil {
		return 0, err
	}
	return f.ReadAt(b, off)
}

func (s *spool) Truncate(size int64) error {
	f, err := s.file()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.room = allRoom // what is still to come is little
	s.mu.Unlock()
	return f.Truncate(size)
}

// Sync makes the bytes durable, and the first time the file's name as well.
func (s *spool) Sync() error {
	f, err := s.file()
	if err != nil {
		return err
	}
	if err := s.sync(f); err != nil || !s.fresh {
		return err
	}
	s.fresh = false
	return syncDir(filepath.Dir(s.path))
}

// close ends the file, and removes it unless it is to be kept.
func (s *spool) close(keep bool) error {
	s.mu.Lock()
	f := s.f
	s.f, s.closed = nil, true
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	err := f.Close()
	if !keep {
		err = errors.Join(os.Remove(s.path), err)
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
