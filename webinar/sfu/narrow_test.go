package sfu

import (
	"errors"
	"net"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// Whoever has the credentials of a session and checks from endless ports is answered at a few, and plays on.
func TestSessionHasFewRemoteAddresses(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	p := watch(t, e, "r", Viewer{Owner: "eve"}, 1, 1)
	eventually(t, "media", func() bool { return p.count("video0") > 0 })
	attr := func(text, name string) string {
		return regexp.MustCompile(`a=` + name + `:(\S+)`).FindStringSubmatch(text)[1]
	}
	user := attr(p.answer, "ice-ufrag") + ":" + attr(p.pc.LocalDescription().SDP, "ice-ufrag")
	answered := 0
	check := func(password string) {
		conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(e.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() }) // not before: its port would be a later one's, and known
		m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(user), stun.NewShortTermIntegrity(password), stun.Fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		dropped := e.books.remotesFull.Load()
		if _, err := conn.Write(m.Raw); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2048)
		for end := time.Now().Add(patience); time.Now().Before(end); { // answered or dropped; a wrong password is neither
			conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			if _, err := conn.Read(buf); err == nil {
				answered++
				return
			} else if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			if e.books.remotesFull.Load() > dropped || password == "wrong" {
				return
			}
		}
	}
	for range 2 * maxRemotes {
		check("wrong") // takes nobody's place
	}
	if n := e.books.remotesFull.Load(); n > 0 || answered > 0 {
		t.Fatalf("%d answers and %d drops for strangers", answered, n)
	}
	const guests = 40
	for range guests {
		check(attr(p.answer, "ice-pwd"))
	}
	if want := maxRemotes - 1; answered != want { // the viewer itself has one
		t.Errorf("%d of %d addresses were answered, want %d", answered, guests, want)
	}
	if n := e.Stats().Drops[DropRemotes]; n < guests-maxRemotes {
		t.Errorf("%d checks counted as dropped", n)
	}
	v, err := e.viewer("r", p.session, "eve")
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, x := range v.pc.GetStats() {
		if c, ok := x.(webrtc.ICECandidateStats); ok && c.Type == webrtc.StatsTypeRemoteCandidate {
			kept++
		}
	}
	if kept == 0 || kept > maxRemotes {
		t.Errorf("%d remote candidates are kept", kept)
	}
	before := p.count("video0")
	eventually(t, "media as before", func() bool { return p.count("video0") > before+50 })
	gapless(t, p.packets("video0"))
}
