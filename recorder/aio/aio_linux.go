// Package aio makes files durable while their writers go on.
//
// A goroutine in fsync(2) holds its thread for the milliseconds that a disk takes, and meanwhile Go's monitor looks every 20 µs
// whether the thread's processor should go to another: for a small write that costs more than the write itself. Here the
// kernel is told to sync (io_submit(2), IOCB_CMD_FDSYNC), and whoever has something else to do asks it later how that ended: then no
// thread is woken for it at all.
package aio

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Syncer syncs files, each in a request of its own. The zero Syncer is ready; its methods may be called at once.
type Syncer struct {
	mu   sync.Mutex
	idle []*request
	none bool // the kernel gives no requests: it is without AIO, forbids it or has given all
}

// Begin has the kernel sync f, which may be closed meanwhile, and returns what waits for that; it must be called, once. It returns when the bytes
// that were written to f before, and its size, are on the disk: fdatasync(2), whose errors it has. Where the kernel takes no
// request, for want of them or for this file, Begin itself waits in the system call.
func (s *Syncer) Begin(f *os.File) (wait func() error) {
	r := s.take()
	if r == nil {
		return ended(fdatasync(f))
	}
	if err := r.submit(f); err != nil {
		s.give(r)
		if errors.Is(err, os.ErrClosed) {
			return ended(err)
		}
		return ended(fdatasync(f))
	}
	return func() error {
		result, err := r.done()
		if err != nil { // never in order: what became of the sync is unknown
			return errors.Join(err, r.close(), fdatasync(f))
		}
		s.give(r)
		if result != nil {
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: result}
		}
		return nil
	}
}

func ended(err error) func() error { return func() error { return err } }

// Close gives the requests back to the kernel. What has begun goes on.
func (s *Syncer) Close() (err error) {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.none = nil, true
	s.mu.Unlock()
	for _, r := range idle {
		err = errors.Join(err, r.close())
	}
	return err
}

// fdatasync waits in the system call.
func fdatasync(f *os.File) (err error) {
	closed := control(f, func(fd uintptr) {
		for err = unix.EINTR; err == unix.EINTR; { //nolint:errorlint // straight from the kernel
			err = unix.Fdatasync(int(fd))
		}
	})
	if closed != nil || err == nil {
		return closed
	}
	return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
}

// control has do use the descriptor of f, which stays open meanwhile.
func control(f *os.File, do func(fd uintptr)) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if raw.Control(do) != nil { // that says it in words of its own
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: os.ErrClosed}
	}
	return nil
}

// take returns a request that nobody uses, or nil.
func (s *Syncer) take() *request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		r := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return r
	}
	if s.none {
		return nil
	}
	r, err := newRequest()
	s.none = err != nil
	return r
}

func (s *Syncer) give(r *request) {
	s.mu.Lock()
	if !s.none {
		s.idle, r = append(s.idle, r), nil
	}
	s.mu.Unlock()
	if r != nil {
		_ = r.close() // nothing of it is on its way
	}
}

// request is a context of the kernel's that takes one request at a time.
type request struct{ context uintptr }

func newRequest() (*request, error) {
	r := &request{}
	if _, _, e := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&r.context)), 0); e != 0 { //nolint:gosec // the kernel writes a word
		return nil, fmt.Errorf("aio: %w", e)
	}
	return r, nil
}

// iocb is struct iocb of linux/aio_abi.h, on machines of either order of bytes: what they order differently stays zero.
type iocb struct {
	_      uint64 // data
	_      uint64 // key, flags of a read or write
	opcode uint16
	_      int16 // priority
	fd     uint32
	_      [3]uint64 // buffer, length, offset
	_      uint64
	_      [2]uint32 // flags and a descriptor to tell
}

// event is struct io_event.
type event struct {
	_, _   uint64
	result int64
	_      int64
}

const fdsync = 3 // IOCB_CMD_FDSYNC

// submit has the kernel begin. It copies what it needs before it returns, and holds the file. The call does not wait, so
// Go's scheduler is not told of it: that would wake its monitor.
func (r *request) submit(f *os.File) (err error) {
	closed := control(f, func(fd uintptr) {
		one := &iocb{opcode: fdsync, fd: uint32(fd)} //nolint:gosec // descriptors are small
		list := &one
		if _, _, e := unix.RawSyscall(unix.SYS_IO_SUBMIT, r.context, 1, uintptr(unsafe.Pointer(list))); e != 0 { //nolint:gosec // see above
			err = e
		}
	})
	return errors.Join(closed, err)
}

// done waits until the sync has ended, and returns its result. Mostly it has, and nothing waits.
func (r *request) done() (result, err error) {
	var ev event
	n, _, e := unix.RawSyscall6(unix.SYS_IO_GETEVENTS, r.context, 0, 1, uintptr(unsafe.Pointer(&ev)), 0, 0) //nolint:gosec // the kernel writes one event, if it is there
	for e == unix.EINTR || e == 0 && n == 0 {
		n, _, e = unix.Syscall6(unix.SYS_IO_GETEVENTS, r.context, 1, 1, uintptr(unsafe.Pointer(&ev)), 0, 0) //nolint:gosec // as above
	}
	if e != 0 {
		return nil, fmt.Errorf("aio: %w", e)
	}
	if ev.result < 0 {
		result = unix.Errno(-ev.result) //nolint:gosec // a small number
	}
	return result, nil
}

func (r *request) close() error {
	if _, _, e := unix.Syscall(unix.SYS_IO_DESTROY, r.context, 0, 0); e != 0 {
		return fmt.Errorf("aio: %w", e)
	}
	return nil
}
