package record

import (
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
