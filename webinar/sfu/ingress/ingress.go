// Package ingress reads the datagrams of one UDP socket many at a time.
//
// A picture arrives as a handful of datagrams within some hundred microseconds, and from the socket to the viewers it
// passes through several goroutines. Taken one by one, each datagram wakes all of them, and waking a thread costs more
// than all the work on a packet. So a reader that was woken waits a moment, takes what has come by then with one
// recvmmsg, and the chain behind it runs once a picture.
package ingress

import (
	"net"
	"net/netip"
	"time"
)

const (
	// Rest is how long a reader that was woken waits for more, and so the most that a datagram is delayed by it.
	Rest = 500 * time.Microsecond

	maxMessages = 64   // datagrams of one system call
	maxDatagram = 2048 // bytes; what is longer is of nobody whom we serve, and is dropped

	maxTrains = 8        // messages of one system call where each may be a train
	maxTrain  = 64 << 10 // bytes of one; UDP carries no more
)

// Conn is a UDP connection whose datagrams are read by one goroutine alone. All else is the connection's own.
type Conn struct {
	*net.UDPConn
	batch *batch // nil: the system has no recvmmsg
}

// Wishes are what a reader may ask of the kernel besides datagrams, where the kernel has it.
type Wishes struct {
	// Trains are handed over as they were sent (UDP generic receive offload, Linux 5.0) and cut into their datagrams here.
	// Otherwise the kernel cuts them, and on loopback in the sender's time.
	Trains bool
	// Arrivals tell when the kernel got a datagram, however late it is read (SO_TIMESTAMPNS).
	Arrivals bool
}

// New makes a reader of conn, which Close closes. It fails where the system does not know what is wished for. If anything
// is, only ReadFromAddrPort may read.
func New(conn *net.UDPConn, w Wishes) (*Conn, error) {
	messages, room := maxMessages, maxDatagram
	if w.Trains {
		messages, room = maxTrains, maxTrain
	}
	b, err := newBatch(conn, messages, room, w)
	return &Conn{UDPConn: conn, batch: b}, err
}

// Arrived is when the datagram that was read last had come, by the machine's clock; zero if nobody wished to know.
func (c *Conn) Arrived() time.Time {
	if c.batch == nil {
		return time.Time{}
	}
	return c.batch.arrived
}

// ReadFromAddrPort copies the next datagram into p. One that p cannot hold is cut. It fails when the connection is
// closed.
func (c *Conn) ReadFromAddrPort(p []byte) (int, netip.AddrPort, error) {
	if c.batch == nil {
		return c.ReadFromUDPAddrPort(p)
	}
	return c.batch.next(p)
}

// WriteToAddrPort sends one datagram. It may be called from any goroutine.
func (c *Conn) WriteToAddrPort(p []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDPAddrPort(p, to)
}
