package sfu

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// How much may wait for a client that reads slowly: beyond it is dropped, as a network drops what does not fit. What
// the system keeps besides is bounded too, or seconds of old media would pile up there.
const (
	maxWaiting   = 256 << 10 // bytes
	kernelBuffer = 128 << 10 // bytes
	writeTimeout = 10 * time.Second
)

type tcpFrame struct {
	data []byte
	from *tcpPeer
}

// tcpEnd is our end of all connections of one ICE session: a [net.PacketConn] whose writes never block.
type tcpEnd struct {
	mux   *tcpMux
	ufrag string
	local net.Addr
	in    chan tcpFrame
	done  chan struct{}

	mu     sync.Mutex
	closed bool
	peers  map[netip.AddrPort]*tcpPeer
}

// add takes a client in, unless it has enough connections.
func (e *tcpEnd) add(p *tcpPeer) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || len(e.peers) >= maxConnsOf || e.peers[p.addr] != nil {
		return false
	}
	e.peers[p.addr] = p
	return true
}

func (e *tcpEnd) remove(p *tcpPeer) {
	e.mu.Lock()
	if e.peers[p.addr] == p {
		delete(e.peers, p.addr)
	}
	e.mu.Unlock()
	p.close()
}

// read passes on what comes. When the session does not keep up the client waits.
func (e *tcpEnd) read(p *tcpPeer, r io.Reader, first []byte) {
	for data := first; ; {
		select {
		case e.in <- tcpFrame{data, p}:
		case <-e.done:
			return
		}
		var err error
		if data, err = readFrame(r); err != nil {
			return
		}
	}
}

// ReadFrom implements [net.PacketConn].
func (e *tcpEnd) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case f := <-e.in:
		return copy(b, f.data), f.from.name, nil
	case <-e.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements [net.PacketConn]. It reports success also for what is dropped.
func (e *tcpEnd) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.TCPAddr)
	if !ok {
		return 0, net.ErrClosed
	}
	ap := a.AddrPort()
	ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	e.mu.Lock()
	p := e.peers[ap]
	e.mu.Unlock()
	if p != nil {
		p.send(b)
	}
	return len(b), nil
}

// close ends all connections of the session.
func (e *tcpEnd) close() {
	e.mux.mu.Lock()
	if e.mux.sessions[e.ufrag] == e {
		delete(e.mux.sessions, e.ufrag)
	}
	e.mux.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.closed = true
	close(e.done)
	for _, p := range e.peers {
		p.close()
	}
}

// Close implements [net.PacketConn].
func (e *tcpEnd) Close() error { e.close(); return nil }

// LocalAddr implements [net.PacketConn].
func (e *tcpEnd) LocalAddr() net.Addr { return e.local }

// SetDeadline implements [net.PacketConn]. Pion sets deadlines only to end a read, which Close does, or a write, which
// never waits.
func (e *tcpEnd) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.PacketConn].
func (e *tcpEnd) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements [net.PacketConn].
func (e *tcpEnd) SetWriteDeadline(time.Time) error { return nil }

// tcpPeer is one connection. Its writer alone may wait.
type tcpPeer struct {
	conn    net.Conn
	addr    netip.AddrPort
	name    *net.TCPAddr // the same
	dropped atomic.Uint64

	wake chan struct{}
	done chan struct{}
	once sync.Once

	mu      sync.Mutex
	waiting []byte
}

func newTCPPeer(c net.Conn, addr netip.AddrPort) *tcpPeer {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(kernelBuffer) // a larger one costs delay only
	}
	return &tcpPeer{conn: c, addr: addr, name: net.TCPAddrFromAddrPort(addr), wake: make(chan struct{}, 1), done: make(chan struct{})}
}

func (p *tcpPeer) send(b []byte) {
	p.mu.Lock()
	full := len(p.waiting)+2+len(b) > maxWaiting || len(b) > maxFrame
	if !full {
		p.waiting = binary.BigEndian.AppendUint16(p.waiting, uint16(len(b)))
		p.waiting = append(p.waiting, b...)
	}
	p.mu.Unlock()
	if full {
		p.dropped.Add(1)
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// write sends what waits, until the connection ends.
func (p *tcpPeer) write() {
	defer p.close()
	var out []byte
	for {
		select {
		case <-p.wake:
		case <-p.done:
			return
		}
		p.mu.Lock()
		out, p.waiting = p.waiting, out[:0]
		p.mu.Unlock()
		if p.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
			return
		}
		if _, err := p.conn.Write(out); err != nil {
			return
		}
	}
}

func (p *tcpPeer) close() {
	p.once.Do(func() {
		close(p.done)
		p.conn.Close()
	})
}
