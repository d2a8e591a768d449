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

// alone is set in a copy of the test program that has limits, or a network, of its own.
const alone = "PLENUM_TEST_ALONE"

// again runs the test in a process of its own.
func again(t *testing.T, in *syscall.SysProcAttr) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env, cmd.SysProcAttr = append(os.Environ(), alone+"=1"), in
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, out)
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
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0", TCP: true}, patientTiming())
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
