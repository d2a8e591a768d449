package egress

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// patience bounds the wait for room in the socket, in all of a Flush.
	patience = 10 * time.Millisecond
	nap      = 2 * time.Millisecond
	// maxRefused is how many trains in a row may be refused before no more are tried. One refusal says little: the way
	// to a single address may have a small MTU.
	maxRefused = 32
)

// probe asks whether the system knows trains and sendmmsg.
func probe(conn *net.UDPConn) (best Path, v6 bool, err error) {
	rc, err := conn.SyscallConn()
	if err != nil {
		return SendTo, false, err
	}
	best = SendTo
	var fault error
	err = rc.Control(func(fd uintptr) {
		domain, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		fault, v6 = err, domain == unix.AF_INET6
		if _, _, e := unix.Syscall6(unix.SYS_SENDMMSG, fd, 0, 0, 0, 0, 0); e != 0 {
			return
		}
		best = SendMMsg
		if _, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT); err == nil {
			best = GSO
		}
	})
	if err == nil {
		err = fault
	}
	return best, v6, err
}

// mmsghdr is struct mmsghdr of sendmmsg(2); Go pads it as C does.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// control is one ancillary message UDP_SEGMENT with its 16-bit size, aligned as the kernel wants it.
type control struct {
	hdr  unix.Cmsghdr
	size uint16
	_    [6]byte
}

// calls are the system calls, which tests replace.
type calls interface {
	sendmmsg(fd uintptr, msgs []mmsghdr) (int, syscall.Errno)
	sendto(fd uintptr, b []byte, name *unix.RawSockaddrInet6, size uint32) syscall.Errno
	wait(fd uintptr, full bool)
}

// kernel holds what the system calls read, allocated once. RawConn.Control is used instead of Write, because Write
// holds a lock of the socket.
type kernel struct {
	sys   calls
	rc    syscall.RawConn
	write func(fd uintptr) // push, bound once
	hdrs  []mmsghdr
	names []unix.RawSockaddrInet6 // an INET4 address uses the front of it
	iovs  []unix.Iovec
	ctls  []control

	refusals int // in a row
	waited   time.Duration
}

func (k *kernel) init(b *Batch) (err error) {
	k.sys = system{}
	k.hdrs, k.names = make([]mmsghdr, maxMessages), make([]unix.RawSockaddrInet6, maxMessages)
	k.iovs, k.ctls = make([]unix.Iovec, maxMessages), make([]control, maxMessages)
	for i := range k.hdrs {
		h, c := &k.hdrs[i].hdr, &k.ctls[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&k.names[i]))
		h.Iov = &k.iovs[i]
		h.SetIovlen(1)
		c.Level, c.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
	}
	k.write = func(fd uintptr) { k.push(b, fd) }
	k.rc, err = b.socket.conn.SyscallConn()
	return err
}

func (k *kernel) send(b *Batch) {
	for i := range b.msgs {
		k.fill(b, i)
	}
	if k.rc.Control(k.write) != nil { // closed
		b.drop(b.msgs)
	}
}

// fill describes message i to the kernel.
func (k *kernel) fill(b *Batch, i int) {
	m, h := &b.msgs[i], &k.hdrs[i].hdr
	h.Namelen = b.socket.name(&k.names[i], m.to)
	k.iovs[i].Base = &b.arena[m.begin]
	k.iovs[i].SetLen(m.end - m.begin)
	h.Control = nil
	h.SetControllen(0)
	if m.count > 1 {
		k.ctls[i].size = uint16(m.segment)
		h.Control = (*byte)(unsafe.Pointer(&k.ctls[i]))
		h.SetControllen(int(unsafe.Sizeof(control{})))
	}
}

// name writes an address as the kernel reads it, and returns its size.
func (s *Socket) name(n *unix.RawSockaddrInet6, to netip.AddrPort) uint32 {
	var wire [2]byte
	binary.BigEndian.PutUint16(wire[:], to.Port())
	port := binary.NativeEndian.Uint16(wire[:])
	if s.v6 {
		*n = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: to.Addr().As16()}
		return unix.SizeofSockaddrInet6
	}
	*(*unix.RawSockaddrInet4)(unsafe.Pointer(n)) = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: to.Addr().Unmap().As4()}
	return unix.SizeofSockaddrInet4
}

// single does not tell Go's scheduler of the call, see [system.sendmmsg]. There is a second reason: a call that it is told
// of wakes its monitor thread, which had gone to sleep with the last goroutine and looks around 50 times now, 20 µs apart.
// Checks of ICE are answered all the time, and the monitor's rounds cost more than the answers.
func (s *Socket) single(p []byte, to netip.AddrPort) (sent bool) {
	var name unix.RawSockaddrInet6
	size := s.name(&name, to)
	err := s.raw.Control(func(fd uintptr) {
		_, _, fault := unix.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&name)), uintptr(size))
		sent = fault == 0
	})
	return err == nil && sent
}

// push sends all messages.
func (k *kernel) push(b *Batch, fd uintptr) {
	k.waited = 0
	for at := 0; at < len(b.msgs); {
		if b.Path() == SendTo {
			if !k.single(b, fd, at) {
				b.drop(b.msgs[at+1:])
				return
			}
			at++
			continue
		}
		b.calls.Add(1)
		n, fault := k.sys.sendmmsg(fd, k.hdrs[at:len(b.msgs)])
		for range n {
			if b.sent(b.msgs[at]); b.msgs[at].count > 1 {
				k.refusals = 0
			}
			at++
		}
		switch {
		case fault == 0 || fault == syscall.EINTR:
		case fault == syscall.EAGAIN || fault == syscall.ENOBUFS:
			if !k.pause(fd, fault) {
				b.choked.Add(1)
				b.drop(b.msgs[at:])
				return
			}
		case fault == syscall.ENOSYS:
			b.path.Store(uint32(SendTo))
		case b.msgs[at].count > 1 && (fault == syscall.EINVAL || fault == syscall.EIO || fault == syscall.EMSGSIZE):
			k.refuse(b)
			if !k.single(b, fd, at) {
				b.drop(b.msgs[at+1:])
				return
			}
			at++
		default: // this address cannot be reached; the others can
			b.drop(b.msgs[at : at+1])
			at++
		}
	}
}

// refuse counts a train that the system did not take and gives trains up when that goes on.
func (k *kernel) refuse(b *Batch) {
	b.refused.Add(1)
	if k.refusals++; k.refusals >= maxRefused {
		b.path.Store(uint32(SendMMsg))
	}
}

// single sends the datagrams of message at one by one. It reports false when the socket stays full.
func (k *kernel) single(b *Batch, fd uintptr, at int) bool {
	m := &b.msgs[at]
	for begin := m.begin; begin < m.end; {
		end := min(begin+m.segment, m.end)
		b.calls.Add(1)
		switch fault := k.sys.sendto(fd, b.arena[begin:end], &k.names[at], k.hdrs[at].hdr.Namelen); fault {
		case 0:
			b.datagrams.Add(1)
			b.trains.Add(1)
		case syscall.EINTR:
			continue
		case syscall.EAGAIN, syscall.ENOBUFS:
			if k.pause(fd, fault) {
				continue
			}
			b.choked.Add(1)
			b.dropped.Add(uint64((m.end - begin + m.segment - 1) / m.segment))
			return false
		default:
			b.dropped.Add(1)
		}
		begin = end
	}
	return true
}

// pause waits a little for room, if there is patience left.
func (k *kernel) pause(fd uintptr, fault syscall.Errno) bool {
	if k.waited >= patience {
		return false
	}
	k.waited += nap
	k.sys.wait(fd, fault == syscall.EAGAIN)
	return true
}

// system is the real thing. Nothing blocks but wait.
type system struct{}

// sendmmsg does not tell Go's scheduler of the call. It cannot block and ends within some 100 µs, but that is long enough
// for the scheduler to hand this thread's work to another one, which costs as much as several datagrams.
func (system) sendmmsg(fd uintptr, msgs []mmsghdr) (int, syscall.Errno) {
	n, _, fault := unix.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&msgs[0])), uintptr(len(msgs)), unix.MSG_DONTWAIT, 0, 0)
	if fault != 0 {
		return 0, fault
	}
	return int(n), 0
}

func (system) sendto(fd uintptr, b []byte, name *unix.RawSockaddrInet6, size uint32) syscall.Errno {
	_, _, fault := unix.Syscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(name)), uintptr(size))
	return fault
}

// wait returns when the socket has room, or after a nap. A full device (ENOBUFS) says nothing when it has.
func (system) wait(fd uintptr, full bool) {
	var fds []unix.PollFd
	if full {
		fds = []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	}
	_, _ = unix.Poll(fds, int(nap/time.Millisecond)) // an interrupted nap is shorter, no more
}
