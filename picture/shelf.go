package picture

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Shelf keeps pictures as files of one folder, one file a picture under its id.
type Shelf struct{ root *os.Root }

// OpenShelf makes the folder if need be. Close ends it.
func OpenShelf(folder string) (*Shelf, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	return &Shelf{root}, nil
}

// Close gives the folder back.
func (s *Shelf) Close() error { return s.root.Close() }

// Put writes a picture; it is on the disk when Put returns nil. An id is used once.
func (s *Shelf) Put(id string, data []byte) (err error) {
	f, err := s.root.OpenFile(id, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, s.Remove(id))
	}
	return nil
}

// Open returns a picture's file, or fs.ErrNotExist.
func (s *Shelf) Open(id string) (io.ReadSeekCloser, error) { return s.root.Open(id) }

// Remove erases a picture. None is no error.
func (s *Shelf) Remove(id string) error {
	if err := s.root.Remove(id); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Sweep erases what is not wanted, such as what an interruption left behind. Wanted is asked once, after it was seen
// what there is, so that a picture that comes meanwhile is not touched.
func (s *Shelf) Sweep(wanted func() (map[string]bool, error)) error {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil || len(entries) == 0 {
		return err
	}
	keep, err := wanted()
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if !keep[e.Name()] {
			errs = append(errs, s.Remove(e.Name()))
		}
	}
	return errors.Join(errs...)
}
