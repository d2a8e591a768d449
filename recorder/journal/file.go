package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Open opens the journal at path, or makes it there at its full length. The caller closes what it returns beside it,
// after a Flush. Errors: ErrDamaged and those of the file system.
func Open(path string) (*Journal, io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	err = fill(f)
	var j *Journal
	if err == nil {
		j, err = New(f)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", filepath.Base(path), err), f.Close())
	}
	return j, f, nil
}

// fill writes zeros up to the full length, and has the file and its name on disk.
func fill(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= 2*slotBytes {
		return err
	}
	if _, err := f.WriteAt(make([]byte, 2*slotBytes-info.Size()), info.Size()); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
