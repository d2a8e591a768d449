package ingress

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of recvmmsg(2); Go pads it as C does.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// control has room for two ancillary messages: UDP_GRO, which tells how long each datagram of a train is but the last,
// and SCM_TIMESTAMPNS. Both begin where a word does.
type control [8]uint64

// batch is what one system call has brought.
type batch struct {
	rc    syscall.RawConn
	read  func(fd uintptr) bool // take, bound once
	hdrs  []mmsghdr
	names []unix.RawSockaddrInet6 // an INET4 address uses the front of it
	iovs  []unix.Iovec
	ctls  []control // nil: nothing is wished for
	arena []byte
	room  int // bytes of a message

	at, count int    // the next message, and how many there are
	rest      []byte // of the train before it, whose
	segment   int    // datagrams are so long
	arrived   time.Time
	woken     bool
	fault     syscall.Errno
}

// newBatch makes room for a number of messages.
func newBatch(conn *net.UDPConn, messages, room int, w Wishes) (*batch, error) {
	rc, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := &batch{
		rc: rc, hdrs: make([]mmsghdr, messages), names: make([]unix.RawSockaddrInet6, messages),
		iovs: make([]unix.Iovec, messages), arena: make([]byte, messages*room), room: room,
	}
	for i := range b.hdrs {
		h := &b.hdrs[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		h.Iov = &b.iovs[i]
		h.SetIovlen(1)
		b.iovs[i].Base = &b.arena[i*room]
		b.iovs[i].SetLen(room)
	}
	b.read = b.take
	if w.Trains {
		err = b.wish(unix.IPPROTO_UDP, unix.UDP_GRO)
	}
	if w.Arrivals {
		err = errors.Join(err, b.wish(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS))
	}
	return b, err
}

// wish asks the kernel for ancillary messages.
func (b *batch) wish(level, option int) error {
	var fault error
	err := b.rc.Control(func(fd uintptr) { fault = unix.SetsockoptInt(int(fd), level, option, 1) })
	if err = errors.Join(err, fault); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	b.ctls = make([]control, len(b.hdrs))
	for i := range b.ctls {
		b.hdrs[i].hdr.Control = (*byte)(unsafe.Pointer(&b.ctls[i]))
	}
	return nil
}

// next copies a datagram of the batch, or of a new one when it is used up.
func (b *batch) next(p []byte) (int, netip.AddrPort, error) {
	for {
		if len(b.rest) > 0 {
			return copy(p, b.cut()), b.sender(b.at - 1), nil
		}
		for b.at < b.count {
			i := b.at
			b.at++
			if b.hdrs[i].hdr.Flags&unix.MSG_TRUNC == 0 {
				b.open(i)
				return copy(p, b.cut()), b.sender(i), nil
			}
		}
		b.at, b.count, b.woken, b.fault = 0, 0, false, 0
		if err := b.rc.Read(b.read); err != nil {
			return 0, netip.AddrPort{}, err
		}
		if b.fault != 0 {
			return 0, netip.AddrPort{}, b.fault
		}
	}
}

// open begins with message i.
func (b *batch) open(i int) {
	b.rest = b.arena[i*b.room:][:b.hdrs[i].len]
	b.segment, b.arrived = len(b.rest), time.Time{}
	if b.ctls == nil {
		return
	}
	const word = int(unsafe.Sizeof(uint64(0)))
	told := b.ctls[i][:int(b.hdrs[i].hdr.Controllen)/word]
	for len(told) > unix.SizeofCmsghdr/word {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&told[0]))
		value := unsafe.Pointer(&told[unix.SizeofCmsghdr/word])
		words := unix.CmsgSpace(int(h.Len)-unix.SizeofCmsghdr) / word
		if words > len(told) {
			return
		}
		switch {
		case h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO && *(*int32)(value) > 0:
			b.segment = int(*(*int32)(value))
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && words == 4:
			b.arrived = time.Unix((*unix.Timespec)(value).Unix())
		}
		told = told[words:]
	}
}

// cut takes the next datagram off.
func (b *batch) cut() []byte {
	n := min(b.segment, len(b.rest))
	d := b.rest[:n]
	b.rest = b.rest[n:]
	return d
}

// take fills the batch. It reports false when there is nothing yet; the runtime calls it again when there is.
func (b *batch) take(fd uintptr) bool {
	if b.woken {
		time.Sleep(Rest)
	}
	b.woken = true
	for i := range b.hdrs {
		b.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
		if b.ctls != nil {
			b.hdrs[i].hdr.SetControllen(int(unsafe.Sizeof(control{})))
		}
	}
	for {
		// Raw, because it cannot block: the scheduler need not hear of it.
		n, _, fault := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.hdrs[0])), uintptr(len(b.hdrs)), unix.MSG_DONTWAIT, 0, 0)
		switch fault {
		case 0:
			b.count = int(n)
			return true
		case syscall.EINTR, syscall.ECONNREFUSED: // the second is an answer to what was sent once, to anybody
			continue
		case syscall.EAGAIN:
			return false
		default:
			b.fault = fault
			return true
		}
	}
}

// sender is the address that datagram i came from.
func (b *batch) sender(i int) netip.AddrPort {
	n := &b.names[i]
	var wire [2]byte
	binary.NativeEndian.PutUint16(wire[:], n.Port) // both families have the port at the same place
	port := binary.BigEndian.Uint16(wire[:])
	if n.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(n)).Addr), port)
	}
	a := netip.AddrFrom16(n.Addr)
	if n.Scope_id != 0 {
		if ifi, err := net.InterfaceByIndex(int(n.Scope_id)); err == nil {
			a = a.WithZone(ifi.Name)
		}
	}
	return netip.AddrPortFrom(a, port)
}
