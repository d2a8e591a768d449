//go:build netns

package sfu

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/pion/webrtc/v4"
)

// TestTheSystemTakesNoMore narrows the line itself, until the kernel refuses datagrams: who watches goes on, nobody
// new is taken, and when the line is wide again there is room. It needs a network namespace, where loopback can be
// shaped without harm to anybody.
func TestTheSystemTakesNoMore(t *testing.T) {
	t.Parallel()
	if os.Getenv(alone) == "" {
		inOwnNetwork(t)
		return
	}
	shape(t, "ip", "link", "set", "lo", "up")
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, patientTiming())
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.size = 1000
	viewers := make([]*player, 8)
	for i := range viewers {
		viewers[i] = watch(t, e, "r", Viewer{}, 1, 1)
	}
	s.pump()
	for _, p := range viewers {
		eventually(t, "media", func() bool { return p.count("video0") > 10 })
	}

	if err := e.stack.conn.SetWriteBuffer(16 << 10); err != nil { // bytes; the usual ones would hold seconds of a line so narrow
		t.Fatal(err)
	}
	shape(t, "tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "3mbit", "burst", "32kb", "limit", "16mb")
	eventually(t, "a full line", e.overloaded)
	text := sample(t, webrtc.RTPTransceiverDirectionRecvonly, 1, 1)
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "late"}, text); !errors.Is(err, ErrOverload) {
		t.Errorf("one more: %v", err)
	}
	var choked, dropped uint64
	for _, sh := range e.shards {
		choked, dropped = choked+sh.out.Stats().Choked, dropped+sh.out.Stats().Dropped
	}
	if choked == 0 || dropped == 0 {
		t.Errorf("choked %d, dropped %d", choked, dropped)
	}
	for i, p := range viewers {
		before := p.total()
		eventually(t, "media over the narrow line", func() bool { return p.total() > before+5 })
		if state := p.pc.ConnectionState(); state != webrtc.PeerConnectionStateConnected {
			t.Errorf("viewer %d is %v", i, state)
		}
	}

	shape(t, "tc", "qdisc", "del", "dev", "lo", "root")
	for _, p := range viewers {
		eventually(t, "the newest picture", func() bool { return newest(p.packets("video0"), true)+5 > s.sent() })
	}
	eventually(t, "room again", func() bool {
		id, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "late"}, text)
		return err == nil && e.Unwatch("r", id, "late") == nil
	})
}

// inOwnNetwork runs the test again in a process whose network is its own.
func inOwnNetwork(t *testing.T) {
	t.Helper()
	again(t, &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	})
}

func shape(t *testing.T, tool string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", tool, args, err, out)
	}
}
