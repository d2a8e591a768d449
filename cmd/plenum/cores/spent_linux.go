package cores

import (
	"context"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Run governs this process until ctx ends. It leaves the number alone if GOMAXPROCS says one.
func Run(ctx context.Context) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	Govern(ctx, runtime.GOMAXPROCS(0), spent, func(n int) { runtime.GOMAXPROCS(n) })
}

// spent is exact, where getrusage(2) may count ticks: see clock_gettime(2), CLOCK_PROCESS_CPUTIME_ID. It never waits, so Go's
// scheduler is not told of the call: that would wake its monitor at each look.
func spent() time.Duration {
	var t unix.Timespec
	if _, _, e := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_PROCESS_CPUTIME_ID, uintptr(unsafe.Pointer(&t)), 0); e != 0 { //nolint:gosec // the kernel writes two words
		return 0
	}
	return time.Duration(t.Nano())
}
