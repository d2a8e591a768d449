package sfu

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/pion/webrtc/v4"
)

// alone is set in a copy of the test program that has a network of its own.
const alone = "PLENUM_TEST_ALONE"

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
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, defaultTiming())
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
	for _, tool := range []string{"ip", "tc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs iproute2 to shape a line")
		}
	}
	again(t, &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	})
}

// again runs the test in a process of its own.
func again(t *testing.T, in *syscall.SysProcAttr) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env, cmd.SysProcAttr = append(os.Environ(), alone+"=1"), in
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("this system lets nobody have a network of their own: ", err)
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, out)
	}
}

func shape(t *testing.T, tool string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", tool, args, err, out)
	}
}

// TestOutOfDescriptors: media over the one UDP socket needs none, so who watches goes on and others may come; who needs
// a connection of their own waits until there is a descriptor again.
func TestOutOfDescriptors(t *testing.T) {
	t.Parallel()
	if os.Getenv(alone) == "" {
		again(t, nil)
		return
	}
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0", TCP: true}, defaultTiming())
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	there := watch(t, e, "r", Viewer{Owner: "bob"}, 1, 1)
	text := sample(t, webrtc.RTPTransceiverDirectionRecvonly, 1, 1) // a client's offer takes descriptors of its own
	eventually(t, "media", func() bool { return there.count("video0") > 0 })

	var few syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	few.Cur = 128
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	c := dialTCP(t, e) // the client's end of it takes one too
	var taken []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if errors.Is(err, syscall.EMFILE) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, f)
	}
	from := s.sent()
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, text); err != nil {
		t.Errorf("one more: %v", err)
	}
	eventually(t, "media without a descriptor", func() bool { return newest(there.packets("video0"), true) > from+10 })
	waiting := connect(t, e, taken)
	for _, f := range taken {
		f.Close()
	}
	frameTo(t, c, []byte("no check at all"))
	closedByServer(t, "one of before", c)
	frameTo(t, waiting, []byte("no check at all"))
	closedByServer(t, "one that waited", waiting)
}

// connect is one more client, in the place of one of the files.
func connect(t *testing.T, e *Engine, taken []*os.File) net.Conn {
	t.Helper()
	taken[0].Close()
	return dialTCP(t, e)
}
