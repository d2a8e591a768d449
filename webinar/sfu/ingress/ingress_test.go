package ingress

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
)

func listen(t testing.TB, network, at string) *net.UDPConn {
	t.Helper()
	addr, err := net.ResolveUDPAddr(network, at)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func reader(t testing.TB, conn *net.UDPConn) *Conn {
	t.Helper()
	c, err := New(conn, Wishes{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func port(c *net.UDPConn) uint16 { return c.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func TestDatagramsComeInOrderWithTheirSenders(t *testing.T) {
	for name, c := range map[string]struct{ network, at, from string }{
		"IPv4":              {"udp4", "127.0.0.1:0", "127.0.0.1"},
		"IPv6":              {"udp6", "[::1]:0", "::1"},
		"IPv4 on both":      {"udp", "[::]:0", "127.0.0.1"},
		"IPv6 on both":      {"udp", "[::]:0", "::1"},
		"IPv4, any address": {"udp4", "0.0.0.0:0", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			server := reader(t, listen(t, c.network, c.at))
			to := netip.AddrPortFrom(netip.MustParseAddr(c.from), port(server.UDPConn))
			network := "udp4"
			if to.Addr().Is6() {
				network = "udp6"
			}
			one, two := listen(t, network, netip.AddrPortFrom(to.Addr(), 0).String()), listen(t, network, netip.AddrPortFrom(to.Addr(), 0).String())
			const count = 3*maxMessages/2 + 1 // more than one call takes
			for i := range count {
				for _, from := range []*net.UDPConn{one, two} {
					if _, err := from.WriteToUDPAddrPort(fmt.Appendf(nil, "%d", i), to); err != nil {
						t.Fatal(err)
					}
				}
			}
			next := map[uint16]int{}
			buf := make([]byte, 100)
			for range 2 * count {
				n, from, err := server.ReadFromAddrPort(buf)
				if err != nil {
					t.Fatal(err)
				}
				if from.Addr().Unmap() != to.Addr() || from.Port() != port(one) && from.Port() != port(two) {
					t.Fatalf("from %v", from)
				}
				if got, want := string(buf[:n]), fmt.Sprint(next[from.Port()]); got != want {
					t.Fatalf("got %q, want %q", got, want)
				}
				next[from.Port()]++
			}
		})
	}
}

func TestAnAnswerReachesTheSender(t *testing.T) {
	server, client := reader(t, listen(t, "udp", "[::]:0")), listen(t, "udp4", "127.0.0.1:0")
	if _, err := client.WriteToUDPAddrPort([]byte("?"), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port(server.UDPConn))); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	_, from, err := server.ReadFromAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.WriteToAddrPort([]byte("!"), from); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "!" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

func TestOversizeIsDropped(t *testing.T) {
	server, client := reader(t, listen(t, "udp4", "127.0.0.1:0")), listen(t, "udp4", "127.0.0.1:0")
	to := server.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, size := range []int{maxDatagram + 1, maxDatagram, 0, 5} {
		if _, err := client.WriteToUDPAddrPort(bytes.Repeat([]byte{7}, size), to); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 2*maxDatagram)
	for _, want := range []int{maxDatagram, 0, 5} {
		if n, _, err := server.ReadFromAddrPort(buf); err != nil || n != want {
			t.Errorf("%d bytes, %v, want %d", n, err, want)
		}
	}
}

func TestCloseEndsTheReader(t *testing.T) {
	server := reader(t, listen(t, "udp4", "127.0.0.1:0"))
	done := make(chan error)
	go func() {
		_, _, err := server.ReadFromAddrPort(make([]byte, 10))
		done <- err
	}()
	server.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
}

// BenchmarkRead compares a frame of six datagrams taken at once with taking them one by one.
func BenchmarkRead(b *testing.B) {
	const frame = 6
	for name, plain := range map[string]bool{"batch": false, "plain": true} {
		b.Run(name, func(b *testing.B) {
			server, client := reader(b, listen(b, "udp4", "127.0.0.1:0")), listen(b, "udp4", "127.0.0.1:0")
			if plain {
				server.batch = nil
			}
			to := server.LocalAddr().(*net.UDPAddr).AddrPort()
			payload, buf := make([]byte, 1100), make([]byte, maxDatagram)
			b.ReportAllocs()
			for b.Loop() {
				for range frame {
					if _, err := client.WriteToUDPAddrPort(payload, to); err != nil {
						b.Fatal(err)
					}
				}
				for range frame {
					if _, _, err := server.ReadFromAddrPort(buf); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
