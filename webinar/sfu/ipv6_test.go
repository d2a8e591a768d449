package sfu

import (
	"net/netip"
	"strings"
	"testing"
)

// TestIPv6 sends over a socket of both families and over one of IPv6 alone, to clients of each family that it has.
func TestIPv6(t *testing.T) {
	t.Parallel()
	six, four := "[::1]:0", "127.0.0.1:0"
	both := []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")}
	for _, c := range []struct {
		path, listen string
		advertise    []netip.Addr
		clients      []string
	}{
		{"gso", six, nil, []string{six}}, {"sendmmsg", six, nil, []string{six}}, {"sendto", six, nil, []string{six}},
		{"gso", ":0", both, []string{six, four}}, {"sendmmsg", ":0", both, []string{six, four}}, {"sendto", ":0", both, []string{six, four}},
	} {
		t.Run(c.path+" "+c.listen, func(t *testing.T) {
			e, _, _ := startEngine(t, Config{Listen: c.listen, Egress: c.path, Advertise: c.advertise, TCP: true}, patientTiming())
			e.SetLive("r", true)
			pc, l := newPeerAt(t, six)
			s := publishFrom(t, e, "r", Publisher{Owner: "anna"}, 'A', pc, l)
			if !strings.Contains(s.answer, " ::1 ") {
				t.Fatalf("no candidate of IPv6:\n%s", s.answer)
			}
			stop := s.pump()
			var players []*player
			for _, at := range c.clients {
				pc, l := newPeerAt(t, at)
				p := watchFrom(t, e, "r", Viewer{}, 1, 1, pc, l)
				eventually(t, "media", func() bool { return p.count("video0") > 20 && p.count("audio0") > 20 })
				players = append(players, p)
			}
			stop()
			for _, p := range players {
				gapless(t, p.packets("video0"))
				gapless(t, p.packets("audio0"))
			}
		})
	}
}
