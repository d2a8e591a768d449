package egress

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t testing.TB, network, host string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP(network, &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func newBatch(t testing.TB, conn *net.UDPConn, p Path) *Batch {
	t.Helper()
	s, err := Open(conn, p)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Batch()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func addr(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// receive reads one datagram.
func receive(t *testing.T, c *net.UDPConn) []byte {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

func datagram(size int, mark byte) []byte { return bytes.Repeat([]byte{mark}, size) }

// TestEveryPathDelivers sends bursts of all shapes to several receivers over every path and family.
func TestEveryPathDelivers(t *testing.T) {
	families := []struct{ name, network, from, to string }{
		{"IPv4", "udp4", "127.0.0.1", "127.0.0.1"},
		{"IPv6", "udp6", "::1", "::1"},
		{"IPv4 on a socket for both", "udp", "::", "127.0.0.1"},
	}
	shapes := [][]int{
		{1100, 1100, 1100, 700, 90, 90, 1100},
		{1, 2, 3, 2, 1, 1500},
		{1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 800},
		{2048, 1000, 1001, 1001, 1000},
	}
	for _, f := range families {
		for p := Auto; p <= SendTo; p++ {
			t.Run(f.name+"/"+p.String(), func(t *testing.T) {
				b := newBatch(t, listen(t, f.network, f.from), p)
				for _, shape := range shapes {
					receivers := []*net.UDPConn{listen(t, "udp", f.to), listen(t, "udp", f.to), listen(t, "udp", f.to)}
					for r, c := range receivers {
						for i, size := range shape {
							if !b.Add(datagram(size, byte(r*64+i)), addr(c)) {
								t.Fatalf("%d bytes refused", size)
							}
						}
					}
					b.Flush()
					for r, c := range receivers {
						for i, size := range shape {
							if got := receive(t, c); !bytes.Equal(got, datagram(size, byte(r*64+i))) {
								t.Fatalf("datagram %d of receiver %d: %d bytes of %d, want %d of %d", i, r, len(got), got[0], size, r*64+i)
							}
						}
					}
				}
				s := b.Stats()
				if want := uint64(3 * (7 + 6 + 19 + 5)); s.Datagrams != want || s.Dropped+s.Refused != 0 {
					t.Errorf("%+v, want %d datagrams", s, want)
				}
				if p == GSO && (s.Trains >= s.Datagrams/2 || b.Path() != GSO) {
					t.Errorf("%+v over %v: no trains", s, b.Path())
				}
				if p == SendTo && s.Calls != s.Datagrams {
					t.Errorf("%+v: want a call for each datagram", s)
				}
			})
		}
	}
}

// TestTrainsKeepTheRules checks for any order of sizes and addresses what the kernel demands of a train, and that
// nothing gets lost or changes place on the way into the batch.
func TestTrainsKeepTheRules(t *testing.T) {
	conn := listen(t, "udp4", "127.0.0.1")
	rapid.Check(t, func(t *rapid.T) {
		b := &Batch{socket: &Socket{conn: conn}, arena: make([]byte, 0, arenaSize), msgs: make([]message, 0, maxMessages)}
		b.path.Store(uint32(GSO))
		type sent struct {
			to   netip.AddrPort
			data []byte
		}
		var want []sent
		n := rapid.IntRange(1, 40).Draw(t, "datagrams")
		for i := range n {
			to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(rapid.IntRange(1, 3).Draw(t, "to")))
			d := datagram(rapid.SampledFrom([]int{1, 2, 99, 100, 1100, 1101}).Draw(t, "size"), byte(i))
			want = append(want, sent{to, d})
			if !b.Add(d, to) {
				t.Fatal("refused")
			}
		}
		for _, m := range b.msgs {
			if m.count > maxTrain || m.end-m.begin > 65507 {
				t.Fatalf("too long: %+v", m)
			}
			for begin := m.begin; begin < m.end; begin += m.segment {
				got := b.arena[begin:min(begin+m.segment, m.end)]
				if m.to != want[0].to || !bytes.Equal(got, want[0].data) {
					t.Fatalf("%d bytes of %d to %v, want %d of %d to %v", len(got), got[0], m.to, len(want[0].data), want[0].data[0], want[0].to)
				}
				want = want[1:]
				m.count--
			}
			if m.count != 0 {
				t.Fatalf("a train counts wrong: %+v", m)
			}
		}
		if len(want) > 0 {
			t.Fatalf("%d datagrams missing", len(want))
		}
	})
}

func TestWhatABatchCannotCarry(t *testing.T) {
	b := newBatch(t, listen(t, "udp4", "127.0.0.1"), Auto)
	for name, c := range map[string]struct {
		size int
		to   string
	}{
		"nothing": {0, "127.0.0.1:9"}, "too large": {MaxDatagram + 1, "127.0.0.1:9"},
		"zone": {9, "[fe80::1%1]:9"}, "other family": {9, "[::1]:9"},
	} {
		if b.Add(make([]byte, c.size), netip.MustParseAddrPort(c.to)) {
			t.Errorf("%s was taken", name)
		}
	}
	b.Flush()
	if s := b.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
}

// TestSendGoesOutAtOnce shows that single datagrams need no batch, and that what cannot be sent is said.
func TestSendGoesOutAtOnce(t *testing.T) {
	for name, f := range map[string]struct{ network, from, to string }{
		"IPv4": {"udp4", "127.0.0.1", "127.0.0.1"}, "IPv6": {"udp6", "::1", "::1"}, "both": {"udp", "::", "127.0.0.1"},
	} {
		conn, sink := listen(t, f.network, f.from), listen(t, "udp", f.to)
		s, err := Open(conn, Auto)
		if err != nil {
			t.Fatal(err)
		}
		works := s.path != SendTo // a system with less has none of this either
		if got := s.Send(datagram(300, 7), addr(sink)); got != works {
			t.Fatalf("%s: sent: %v", name, got)
		}
		if works && !bytes.Equal(receive(t, sink), datagram(300, 7)) {
			t.Errorf("%s: something else came", name)
		}
		if s.Send(nil, addr(sink)) || s.Send(datagram(9, 1), netip.MustParseAddrPort("[fe80::1%1]:9")) || s.Send(datagram(70_000, 1), addr(sink)) {
			t.Errorf("%s: nothing, a zone or too much was sent", name)
		}
		conn.Close()
		if s.Send(datagram(300, 7), addr(sink)) {
			t.Errorf("%s: a closed socket sends", name)
		}
	}
}

func TestParsePath(t *testing.T) {
	for p := Auto; p <= SendTo; p++ {
		if got, err := ParsePath(p.String()); got != p || err != nil {
			t.Errorf("%v: %v, %v", p, got, err)
		}
	}
	if _, err := ParsePath("fastest"); !errors.Is(err, ErrPath) {
		t.Error(err)
	}
}

func TestAClosedSocketDrops(t *testing.T) {
	conn := listen(t, "udp4", "127.0.0.1")
	b := newBatch(t, conn, Auto)
	conn.Close()
	b.Add([]byte("late"), addr(listen(t, "udp4", "127.0.0.1")))
	b.Flush()
	if s := b.Stats(); s.Dropped != 1 || s.Datagrams != 0 {
		t.Errorf("%+v", s)
	}
}
