// Package aio makes files durable without a thread that waits for it.
//
// A goroutine in fsync(2) holds its thread for the milliseconds that a disk takes, and meanwhile Go's monitor looks every 20 µs
// whether the thread's processor should go to another: for a small write that costs more than the write itself. Here the
// kernel is told to sync (io_submit(2), IOCB_CMD_FDSYNC) and says through an eventfd when it has, on which the goroutine waits as on
// any connection.
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

// Sync returns when the bytes of f and its size are on the disk: fdatasync(2), whose errors it has. Where the kernel takes no
// request, for want of them or for this file, it waits in the system call itself.
func (s *Syncer) Sync(f *os.File) error {
	r := s.take()
	if r == nil {
		return wait(f)
	}
	err := r.submit(f)
	if err != nil {
		s.give(r)
		if errors.Is(err, os.ErrClosed) {
			return err
		}
		return wait(f)
	}
	if err := r.done(); err != nil { // never in order: what became of the sync is unknown
		return errors.Join(err, r.close(), wait(f))
	}
	err = r.result
	s.give(r)
	if err != nil {
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	return nil
}

// Close gives the requests back to the kernel. A Sync under way goes on.
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

// wait syncs in the system call.
func wait(f *os.File) (err error) {
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
type request struct {
	context uintptr
	told    *os.File // eventfd
	result  error    // of the sync, after done
}

func newRequest() (*request, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("aio: %w", err)
	}
	r := &request{told: os.NewFile(uintptr(fd), "eventfd")}
	if _, _, e := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&r.context)), 0); e != 0 { //nolint:gosec // the kernel writes a word
		return nil, errors.Join(fmt.Errorf("aio: %w", e), r.told.Close())
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
	flags  uint32
	resfd  uint32
}

// event is struct io_event.
type event struct {
	_, _   uint64
	result int64
	_      int64
}

const (
	fdsync    = 3 // IOCB_CMD_FDSYNC
	flagResFD = 1 // IOCB_FLAG_RESFD
)

// submit has the kernel begin. It copies what it needs before it returns, and holds the file. None of the calls here waits, so
// Go's scheduler is not told of them: that would wake its monitor.
func (r *request) submit(f *os.File) (err error) {
	begin := func(fd, resfd uintptr) {
		one := &iocb{opcode: fdsync, fd: uint32(fd), flags: flagResFD, resfd: uint32(resfd)} //nolint:gosec // descriptors are small
		list := &one
		if _, _, e := unix.RawSyscall(unix.SYS_IO_SUBMIT, r.context, 1, uintptr(unsafe.Pointer(list))); e != 0 { //nolint:gosec // see above
			err = e
		}
	}
	var untold error
	closed := control(f, func(fd uintptr) {
		untold = control(r.told, func(resfd uintptr) { begin(fd, resfd) })
	})
	return errors.Join(closed, untold, err)
}

// done waits until the sync has ended, as result says.
func (r *request) done() error {
	told, err := r.told.SyscallConn()
	if err != nil {
		return fmt.Errorf("aio: %w", err)
	}
	var count uint64
	var e unix.Errno
	if err := told.Read(func(fd uintptr) bool {
		_, _, e = unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&count)), 8) //nolint:gosec // eventfd(2): eight bytes
		return e != unix.EAGAIN && e != unix.EINTR
	}); err != nil {
		return fmt.Errorf("aio: %w", err)
	}
	if e != 0 || count != 1 {
		return fmt.Errorf("aio: %d requests have ended, not one: %w", count, e)
	}
	var ev event
	n, _, e := unix.RawSyscall6(unix.SYS_IO_GETEVENTS, r.context, 1, 1, uintptr(unsafe.Pointer(&ev)), 0, 0) //nolint:gosec // the kernel writes one event, which is there
	if e != 0 || n != 1 {
		return fmt.Errorf("aio: %d events: %w", n, e)
	}
	r.result = nil
	if ev.result < 0 {
		r.result = unix.Errno(-ev.result) //nolint:gosec // a small number
	}
	return nil
}

func (r *request) close() error {
	err := r.told.Close()
	if _, _, e := unix.Syscall(unix.SYS_IO_DESTROY, r.context, 0, 0); e != 0 {
		err = errors.Join(err, fmt.Errorf("aio: %w", e))
	}
	return err
}
