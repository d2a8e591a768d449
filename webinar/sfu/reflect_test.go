package sfu

import (
	"net"
	"regexp"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// Even who has the password of a session makes the server send no more than was sent to it.
func TestAnswersToChecksAreSmall(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	p := watch(t, e, "r", Viewer{Owner: "eve"}, 1, 1)
	attr := func(text, name string) string {
		return regexp.MustCompile(`a=` + name + `:(\S+)`).FindStringSubmatch(text)[1]
	}
	user := attr(p.answer, "ice-ufrag") + ":" + attr(p.pc.LocalDescription().SDP, "ice-ufrag")
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(user), stun.NewShortTermIntegrity(attr(p.answer, "ice-pwd")), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(e.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Write(m.Raw); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2048)
	n, err := conn.Read(buf)
	if err != nil || !stun.IsMessage(buf[:n]) || n > len(m.Raw)+32 {
		t.Errorf("%d bytes were answered with %d (%v)", len(m.Raw), n, err)
	}
	// Nothing follows until media is asked for there, with a nomination.
	conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if n, err := conn.Read(buf); err == nil {
		t.Errorf("%d bytes more came", n)
	}
}

// A viewer that vanishes is not only off the lists: nothing refers to it any more.
func TestVanishedViewersLeaveMemory(t *testing.T) {
	t.Parallel()
	tm := patientTiming()
	tm.disconnected, tm.failed, tm.keepAlive = 8*time.Second, 4*time.Second, 50*time.Millisecond
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, tm)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	var gone atomic.Int64
	const count = 5
	var players []*player
	for range count {
		p := watch(t, e, "r", Viewer{Owner: "eve"}, 3, 4)
		v, err := e.viewer("r", p.session, "eve")
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(v, func(struct{}) { gone.Add(1) }, struct{}{})
		runtime.AddCleanup(v.pc, func(struct{}) { gone.Add(1) }, struct{}{})
		players = append(players, p)
	}
	for _, p := range players {
		eventually(t, "media", func() bool { return p.count("video0") > 0 })
		p.line.cut.Store(true)
	}
	eventually(t, "their memory", func() bool { runtime.GC(); return gone.Load() == 2*count })
}
