package turn

import (
	"net"
	"syscall"
	"testing"

	"github.com/pion/turn/v5"
)

// TestTheReserveIsKept lets nobody new in, nor who is there have more sockets.
func TestTheReserveIsKept(t *testing.T) {
	s, peer := newServer(t, "127.0.0.1:0")
	full := false
	s.cfg.Room = func(c net.Conn) bool { _, known := c.(syscall.Conn); return known && !full }
	conn, _, err := generator{s}.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "u"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(peer)); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	full = true
	if s.admit(c) != nil {
		t.Error("a newcomer is let in")
	}
	if _, err := conn.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(peer)); err != nil {
		t.Errorf("the way that there is: %v", err)
	}
	if _, err := conn.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(s.cfg.Peers()[1])); err == nil {
		t.Error("one more way is opened")
	}
	full = false
	if g := s.admit(c); g == nil {
		t.Error("later there is no room")
	} else if err := g.Close(); err != nil {
		t.Error(err)
	}
}
