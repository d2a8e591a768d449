package cores

import (
	"context"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Run governs this process until ctx ends. It leaves the number alone if GOMAXPROCS says one.
func Run(ctx context.Context) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	Govern(ctx, runtime.GOMAXPROCS(0), spent, func(n int) { runtime.GOMAXPROCS(n) })
}

// spent is exact, where getrusage(2) may count ticks: see clock_gettime(2), CLOCK_PROCESS_CPUTIME_ID.
func spent() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
