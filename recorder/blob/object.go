package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// listTries is how often the versions of an object are asked for before the store is believed to be at fault.
const listTries = 5

// S3 is a Store behind the S3 protocol.
type S3 struct {
	remote  *remote
	sse     bool
	sign    bool // bodies are signed too: not on a socket of our own
	durable func() error
}

var _ Store = (*S3)(nil)

// NewS3 makes the way to a store and asks it nothing yet. Before its first use it must be examined.
func NewS3(c S3Config) (*S3, error) {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Endpoint == "" && c.Socket != "" {
		c.Endpoint = "localhost"
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	r, err := dial(c)
	if err != nil {
		return nil, err
	}
	s := &S3{remote: r, sse: c.SSE != "", sign: c.Socket == "", durable: c.Durable}
	if s.durable == nil {
		s.durable = func() error { return nil }
	}
	return s, nil
}

// OpenS3 makes the way to a store and examines it.
func OpenS3(ctx context.Context, c S3Config) (*S3, error) {
	s, err := NewS3(c)
	if err != nil {
		return nil, err
	}
	if err := s.Examine(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close drops idle connections.
func (s *S3) Close() { s.remote.close() }

// Stat implements Store.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	if _, _, err := ParseKey(key); err != nil {
		return Info{}, err
	}
	ctx, stop := deadline(ctx, 0)
	defer stop()
	return s.remote.stat(ctx, key)
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, key string) error {
	if _, _, err := ParseKey(key); err != nil {
		return err
	}
	// What one cannot do must not keep the other from its work.
	if err := errors.Join(s.abortAll(ctx, key), s.removeVersions(ctx, key)); err != nil {
		return err
	}
	if _, err := s.Stat(ctx, key); err == nil {
		return fmt.Errorf("delete object: the store still has it")
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.durable()
}

func (s *S3) removeVersions(ctx context.Context, key string) error {
	ctx, stop := deadline(ctx, 0)
	defer stop()
	ids, err := s.remote.versions(ctx, key)
	// The embedded store stumbles over folders that the erasure of something else takes away while it lists them.
	for tries := 1; errors.Is(err, errStore) && tries < listTries; tries++ {
		ids, err = s.remote.versions(ctx, key)
	}
	if errors.Is(err, errUnsupported) {
		return s.remote.remove(ctx, key, "")
	}
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.remote.remove(ctx, key, id); err != nil {
			return err
		}
	}
	return nil
}

// abortAll ends every unfinished upload of a key, where the store can list them.
func (s *S3) abortAll(ctx context.Context, key string) error {
	_, err := s.sweep(ctx, key, func(k, _ string) bool { return k != key })
	if errors.Is(err, errUnsupported) {
		return nil
	}
	return err
}

// Each implements Store.
func (s *S3) Each(ctx context.Context, f func(key string, stored time.Time) error) error {
	return s.remote.each(ctx, "rec/", f)
}

// Sweep implements Store.
func (s *S3) Sweep(ctx context.Context, keep func(key, uploadID string) bool) (int, error) {
	n, err := s.sweep(ctx, "rec/", keep)
	if err != nil || n == 0 {
		return n, err
	}
	return n, s.durable()
}

func (s *S3) sweep(ctx context.Context, prefix string, keep func(key, uploadID string) bool) (int, error) {
	ctx, stop := deadline(ctx, 0)
	defer stop()
	open, err := s.remote.uploads(ctx, prefix)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, u := range open {
		if keep(u.key, u.id) {
			continue
		}
		if err := s.remote.abort(ctx, u.key, u.id); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

const window = 1 << 20 // bytes that a reader fetches and holds at once

// Open implements Store. The reader fetches 1 MiB at a time into memory, so that a slow reader holds no connection.
func (s *S3) Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error) {
	i, err := s.Stat(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	return &reader{ctx: ctx, remote: s.remote, key: key, size: i.Size}, i.Size, nil
}

type reader struct {
	ctx    context.Context
	remote *remote
	key    string
	size   int64
	at     int64  // the next byte to read
	have   []byte // the object's bytes from start on
	start  int64
	closed bool
}

var errReaderClosed = errors.New("read object: already closed")

func (r *reader) Read(p []byte) (int, error) {
	switch {
	case r.closed:
		return 0, errReaderClosed
	case len(p) == 0:
		return 0, nil
	case r.at >= r.size:
		return 0, io.EOF
	}
	if r.at < r.start || r.at >= r.start+int64(len(r.have)) {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.have[r.at-r.start:])
	r.at += int64(n)
	return n, nil
}

func (r *reader) fill() error {
	n := min(window, r.size-r.at)
	if int64(cap(r.have)) < n {
		r.have = make([]byte, n)
	}
	buf := r.have[:n]
	r.have = nil // a failed read leaves no half-filled window
	ctx, stop := deadline(r.ctx, n)
	defer stop()
	if err := r.remote.get(ctx, r.key, r.at, n, func(body io.Reader) error { _, err := io.ReadFull(body, buf); return err }); err != nil {
		return err
	}
	r.have, r.start = buf, r.at
	return nil
}

func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	default:
		return 0, errors.New("seek object: unknown whence")
	}
	if offset < 0 {
		return 0, errors.New("seek object: before the start")
	}
	r.at = offset
	return offset, nil
}

func (r *reader) Close() error {
	r.closed, r.have = true, nil
	return nil
}
