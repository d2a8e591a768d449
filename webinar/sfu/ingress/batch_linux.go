package ingress

import (
	"encoding/binary"
	"net"
	"net/netip"
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

// batch is what one system call has brought.
type batch struct {
	rc    syscall.RawConn
	read  func(fd uintptr) bool // take, bound once
	hdrs  []mmsghdr
	names []unix.RawSockaddrInet6 // an INET4 address uses the front of it
	iovs  []unix.Iovec
	arena []byte

	at, count int // the next datagram, and how many there are
	woken     bool
	fault     syscall.Errno
}

func newBatch(conn *net.UDPConn) (*batch, error) {
	rc, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := &batch{
		rc: rc, hdrs: make([]mmsghdr, maxMessages), names: make([]unix.RawSockaddrInet6, maxMessages),
		iovs: make([]unix.Iovec, maxMessages), arena: make([]byte, maxMessages*maxDatagram),
	}
	for i := range b.hdrs {
		h := &b.hdrs[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		h.Iov = &b.iovs[i]
		h.SetIovlen(1)
		b.iovs[i].Base = &b.arena[i*maxDatagram]
		b.iovs[i].SetLen(maxDatagram)
	}
	b.read = b.take
	return b, nil
}

// next copies a datagram of the batch, or of a new one when it is used up.
func (b *batch) next(p []byte) (int, netip.AddrPort, error) {
	for {
		for b.at < b.count {
			i := b.at
			b.at++
			if b.hdrs[i].hdr.Flags&unix.MSG_TRUNC == 0 {
				n := int(b.hdrs[i].len)
				return copy(p, b.arena[i*maxDatagram:][:n]), b.sender(i), nil
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

// take fills the batch. It reports false when there is nothing yet; the runtime calls it again when there is.
func (b *batch) take(fd uintptr) bool {
	if b.woken {
		time.Sleep(Rest)
	}
	b.woken = true
	for i := range b.hdrs {
		b.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
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
