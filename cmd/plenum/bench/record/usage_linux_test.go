package record

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// The scheduler may build a program on the thread that the process began with; its number is the process's.
func TestFirstThreadAside(t *testing.T) {
	p, err := unix.Getpriority(unix.PRIO_PROCESS, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got := cpuAside(); got != 0 {
		t.Fatalf("%v spent aside before a thread gave way", got)
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, os.Getpid(), min(20-p+10, 19)); err != nil { // of that thread alone
		t.Fatal(err)
	}
	less := p > 1 // else the process has the least priority, and none of its threads can have less
	if got, most := cpuAside(), cpuOf(os.Getpid(), threadClock); (got > 0) != less || got > most {
		t.Errorf("%v spent aside; the thread that gave way spent %v; it could give way: %t", got, most, less)
	}
}
