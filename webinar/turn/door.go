package turn

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// What a connection may cost before it has an allocation, and how long one may be stuck.
const (
	strangerPatience = 10 * time.Second // TLS handshake included
	maxStrangersOf   = 128              // of one address, or of one IPv6 network (/64); many people may sit behind one
	maxGuests        = 2 * maxRelays
	idleTime         = 2 * allocationLife
	writeTime        = 10 * time.Second
	acceptPause      = 50 * time.Millisecond // when the system has no descriptors left
)

// door is a listener that counts who comes in.
type door struct {
	net.Listener
	s *Server
}

// Accept implements [net.Listener].
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil {
			time.Sleep(acceptPause)
			continue
		}
		if g := d.s.admit(c); g != nil {
			return g, nil
		}
		c.Close()
	}
}

// guest is a connection. Until it has an allocation its time is running.
type guest struct {
	net.Conn
	s     *Server
	name  string
	from  netip.Prefix
	timer *time.Timer
	once  sync.Once

	settled bool // under the server's lock
}

func (s *Server) admit(c net.Conn) *guest {
	addr, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok || !s.room(c) {
		return nil
	}
	ip := addr.AddrPort().Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	from, err := ip.Prefix(bits)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := &guest{Conn: c, s: s, name: addr.String(), from: from}
	if s.closed || len(s.guests) >= maxGuests || s.of[from] >= maxStrangersOf || s.guests[g.name] != nil {
		return nil
	}
	s.guests[g.name] = g
	s.of[from]++
	g.timer = time.AfterFunc(strangerPatience, func() { g.Close() })
	return g
}

// room keeps what is left of the descriptors for who is there.
func (s *Server) room(c net.Conn) bool { return s.cfg.Room == nil || s.cfg.Room(c) }

// settle says whether the guest at src has an allocation.
func (s *Server) settle(src net.Addr, settled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guests[src.String()]
	if g == nil || g.settled == settled {
		return // it came over UDP, or has gone
	}
	g.settled = settled
	if settled {
		g.timer.Stop()
		s.leave(g.from)
	} else {
		s.of[g.from]++
		g.timer.Reset(strangerPatience)
	}
}

func (s *Server) leave(from netip.Prefix) {
	if s.of[from]--; s.of[from] == 0 {
		delete(s.of, from)
	}
}

// Read implements [net.Conn].
func (g *guest) Read(b []byte) (int, error) {
	if err := g.SetReadDeadline(time.Now().Add(idleTime)); err != nil {
		return 0, err
	}
	return g.Conn.Read(b)
}

// Write implements [net.Conn]. One that takes nothing for long is cut off; it holds up only its own allocation.
func (g *guest) Write(b []byte) (int, error) {
	if err := g.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	n, err := g.Conn.Write(b)
	if err != nil {
		g.Close()
	}
	return n, err
}

// Close implements [net.Conn].
func (g *guest) Close() error {
	err := net.ErrClosed
	g.once.Do(func() {
		g.s.mu.Lock()
		g.timer.Stop()
		delete(g.s.guests, g.name)
		if !g.settled {
			g.s.leave(g.from)
		}
		g.s.mu.Unlock()
		err = g.Conn.Close()
	})
	return err
}
