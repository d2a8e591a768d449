package record

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what this process has spent on the cores, by the clock that the kernel keeps for it: exact, where getrusage
// counts ticks.
func cpuTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) // cannot fail for oneself
	return time.Duration(t.Nano())
}

// maxRSS is the most memory that this process has held, in MiB.
func maxRSS() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Maxrss) / (1 << 10)
}

// ownMemory is what this process holds now that is backed by no file, in MiB.
func ownMemory() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "RssAnon:")
	kib := 0
	if _, err := fmt.Sscan(after, &kib); err != nil {
		return 0
	}
	return float64(kib) / (1 << 10)
}
