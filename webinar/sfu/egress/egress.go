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
	return &Socket{conn: conn, v6: v6, path: want}, nil
}

// Path is the way that batches begin with.
func (s *Socket) Path() Path { return s.path }

// The bounds of a batch.
const (
	maxTrain    = 16       // datagrams of a train: more would make a burst that home routers drop
	maxMessages = 64       // trains in one system call
	arenaSize   = 64 << 10 // bytes that wait; fits the second-level cache
	maxDatagram = 2048     // bytes; media is never larger than 1,500
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

// Add copies p into the batch. It reports false for what a batch cannot carry: oversize, addresses with a zone or of
// the other family.
func (b *Batch) Add(p []byte, to netip.AddrPort) bool {
	a := to.Addr()
	if len(p) == 0 || len(p) > maxDatagram || a.Zone() != "" || !b.socket.v6 && a.Is6() && !a.Is4In6() {
		return false
	}
	if len(b.arena)+len(p) > arenaSize {
		b.Flush()
	}
	begin := len(b.arena)
	b.arena = append(b.arena, p...)
	if n := len(b.msgs); n > 0 && b.Path() == GSO {
		// The last datagram was full if the train is as long as its count says.
		m := &b.msgs[n-1]
		if m.to == to && len(p) <= m.segment && m.count < maxTrain && m.end-m.begin == m.count*m.segment {
			m.end, m.count = len(b.arena), m.count+1
			return true
		}
	}
	if len(b.msgs) == maxMessages {
		b.arena = b.arena[:begin]
		b.Flush()
		begin = 0
		b.arena = append(b.arena, p...)
	}
	b.msgs = append(b.msgs, message{to: to, begin: begin, end: len(b.arena), segment: len(p), count: 1})
	return true
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
