package main

import (
	"net"
	"sync/atomic"
	"syscall"
)

// roomy is the web port as long as the process has descriptors left. The system gives out the lowest free number, so
// the number of a new connection tells how many are in use, whoever uses them: streams, media over TCP, the database,
// recordings. Near the limit newcomers are told so in words; at the reserve, which those who are there need to go on,
// connections are closed at once.
type roomy struct {
	net.Listener
	most, crowded uintptr
	full          atomic.Bool
}

// withRoom reads the limit of the process. Go has raised it to what is allowed.
func withRoom(l net.Listener) (*roomy, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil, err
	}
	most, crowded := room(limit.Cur)
	return &roomy{Listener: l, most: most, crowded: crowded}, nil
}

// spare tells whether there is room for a connection of the other ports, over which media comes: those end where the web port
// begins to refuse newcomers, so that strangers there use nothing up that is kept.
func spare() (func(net.Conn) bool, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil, err
	}
	_, crowded := room(limit.Cur)
	return func(c net.Conn) bool {
		number, known := descriptor(c)
		return !known || number < crowded
	}, nil
}

// room is where connections end and where newcomers are refused, of a limit of descriptors: an eighth is kept for
// what the server itself opens, and half of that for people to be told.
func room(limit uint64) (most, crowded uintptr) {
	reserve := max(limit/8, 48)
	if limit < 2*reserve {
		reserve = limit / 2
	}
	reserve = min(reserve, 1024)
	return uintptr(limit - reserve), uintptr(limit - reserve - reserve/2)
}

// Accept implements [net.Listener].
func (r *roomy) Accept() (net.Conn, error) {
	for {
		c, err := r.Listener.Accept()
		if err != nil {
			r.full.Store(true) // out of descriptors, or closed
			return nil, err
		}
		number, known := descriptor(c)
		r.full.Store(known && number >= r.crowded)
		if !known || number < r.most {
			return c, nil
		}
		_ = c.Close() // nobody hears of it
	}
}

func descriptor(c net.Conn) (number uintptr, known bool) {
	s, ok := c.(syscall.Conn)
	if !ok {
		return 0, false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) { number = fd })
	return number, err == nil
}
