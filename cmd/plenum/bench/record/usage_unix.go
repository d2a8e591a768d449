//go:build unix

package record

import (
	"runtime"
	"syscall"
	"time"
)

func usage() (u syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for oneself
	return u
}

// cpuTime is what this process has used so far, in user and system mode.
func cpuTime() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// maxRSS is the most memory that this process has held, in MiB.
func maxRSS() float64 {
	n := float64(usage().Maxrss)
	if runtime.GOOS == "darwin" {
		n /= 1 << 10 // bytes there, KiB elsewhere
	}
	return n / (1 << 10)
}
