// Package egress sends datagrams of one UDP socket with as few system calls as the system allows: datagrams to one
// address travel as a train (UDP generic segmentation offload, Linux 4.18), many trains in one sendmmsg, and where
// that is not to be had, one by one.
//
// A [Batch] belongs to one goroutine; batches of one [Socket] share nothing but the kernel's socket, no lock either.
package egress

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
)

// Path is a way into the kernel.
type Path uint32

// The paths, cheapest first. Auto is the cheapest that works.
const (
	Auto Path = iota
	GSO
	SendMMsg
	SendTo
)

// ErrPath is a path that is unknown or not to be had on this system.
var ErrPath = errors.New("egress: no such path here")

func (p Path) String() string {
	return [...]string{"auto", "gso", "sendmmsg", "sendto"}[min(p, SendTo)]
}

// ParsePath reads what String writes. Error: ErrPath.
func ParsePath(s string) (Path, error) {
	for p := Auto; p <= SendTo; p++ {
		if p.String() == s {
			return p, nil
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrPath, s)
}

// Socket is a UDP connection and the path that is open on it.
type Socket struct {
	conn *net.UDPConn
	v6   bool // of family INET6; IPv4 addresses are mapped into it
	path Path
	raw  syscall.RawConn
}

// Open finds out what works on conn, which stays the caller's to close. Error: [ErrPath] if want does not.
func Open(conn *net.UDPConn, want Path) (*Socket, error) {
	best, v6, err := probe(conn)
	if err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	if want == Auto {
		want = best
	}
	if want < best || want > SendTo {
		return nil, fmt.Errorf("%w: %s", ErrPath, want)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	return &Socket{conn: conn, v6: v6, path: want, raw: raw}, nil
}

// Path is the way that batches begin with.
func (s *Socket) Path() Path { return s.path }

// The bounds of a batch.
const (
	maxTrain    = 16       // datagrams of a train: more would make a burst that home routers drop
	maxMessages = 64       // trains in one system call
	arenaSize   = 64 << 10 // bytes that wait; fits the second-level cache

	MaxDatagram = 2048 // bytes; media is never larger than 1,500
)

// Batch collects datagrams until Flush, or until it is full. It is of one goroutine alone, but for Stats and Path.
type Batch struct {
	socket *Socket
	path   atomic.Uint32
	arena  []byte
	msgs   []message
	kernel kernel

	datagrams, trains, calls, dropped, refused, choked atomic.Uint64
}

// message is one train: datagrams of equal size to one address, the last one may be shorter. They lie side by side in
// the arena.
type message struct {
	to         netip.AddrPort
	begin, end int
	segment    int // bytes of a datagram
	count      int // datagrams
}

// Stats counts since the start.
type Stats struct {
	Datagrams uint64 // given to the kernel
	Trains    uint64 // the messages that they were in
	Calls     uint64 // system calls
	Dropped   uint64 // datagrams that the kernel did not take
	Refused   uint64 // trains that had to be sent one by one
	Choked    uint64 // flushes that gave up because the socket stayed full
}

// Batch makes a batch for one goroutine.
func (s *Socket) Batch() (*Batch, error) {
	b := &Batch{socket: s, arena: make([]byte, 0, arenaSize), msgs: make([]message, 0, maxMessages)}
	b.path.Store(uint32(s.path))
	return b, b.kernel.init(b)
}

// Path is the way in use; a batch falls back to another when the system refuses trains.
func (b *Batch) Path() Path { return Path(b.path.Load()) }

// Stats may be called from any goroutine.
func (b *Batch) Stats() Stats {
	return Stats{b.datagrams.Load(), b.trains.Load(), b.calls.Load(), b.dropped.Load(), b.refused.Load(), b.choked.Load()}
}

// Carries reports whether a batch can send to an address at all: not if it has a zone or is of the other family. It may
// be called from any goroutine.
func (b *Batch) Carries(to netip.AddrPort) bool { return b.socket.carries(to) }

func (s *Socket) carries(to netip.AddrPort) bool {
	a := to.Addr()
	return a.IsValid() && a.Zone() == "" && (s.v6 || a.Is4() || a.Is4In6())
}

// Send sends one datagram at once, from any goroutine, and does not wait. It reports false if that did not work; the
// connection's own ways of writing then tell why, or wait.
func (s *Socket) Send(p []byte, to netip.AddrPort) bool {
	return len(p) > 0 && s.carries(to) && s.single(p, to)
}

// Add copies p into the batch. It reports false for what a batch does not carry: see Carries, and oversize.
func (b *Batch) Add(p []byte, to netip.AddrPort) bool {
	if len(p) == 0 || len(p) > MaxDatagram || !b.Carries(to) {
		return false
	}
	copy(b.Reserve(len(p), to), p)
	return true
}

// Reserve adds a datagram of size bytes, 1 to [MaxDatagram], for an address that the batch carries, and returns the
// place where the caller writes it before the next call. What is in there is of an older datagram.
func (b *Batch) Reserve(size int, to netip.AddrPort) []byte {
	if len(b.arena)+size > arenaSize {
		b.Flush()
	}
	n := len(b.msgs)
	if n > 0 && b.Path() == GSO {
		// The last datagram was full if the train is as long as its count says.
		m := &b.msgs[n-1]
		if m.to == to && size <= m.segment && m.count < maxTrain && m.end-m.begin == m.count*m.segment {
			m.end, m.count = m.end+size, m.count+1
			return b.grow(size)
		}
	}
	if n == maxMessages {
		b.Flush()
	}
	begin := len(b.arena)
	b.msgs = append(b.msgs, message{to: to, begin: begin, end: begin + size, segment: size, count: 1})
	return b.grow(size)
}

// grow makes the next size bytes of the arena part of it.
func (b *Batch) grow(size int) []byte {
	begin := len(b.arena)
	b.arena = b.arena[:begin+size]
	return b.arena[begin : begin+size : begin+size]
}

// Flush sends what was added. A full socket is waited for, but not longer than [patience]; what is left is dropped.
func (b *Batch) Flush() {
	if len(b.msgs) > 0 {
		b.kernel.send(b)
	}
	b.arena, b.msgs = b.arena[:0], b.msgs[:0]
}

func (b *Batch) sent(m message) {
	b.datagrams.Add(uint64(m.count))
	b.trains.Add(1)
}

func (b *Batch) drop(msgs []message) {
	for _, m := range msgs {
		b.dropped.Add(uint64(m.count))
	}
}
