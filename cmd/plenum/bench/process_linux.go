package bench

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuOf is the time that a process has spent on the cores, from the clock that the kernel keeps for it
// (clock_getcpuclockid(3)); it is exact where getrusage counts ticks.
func cpuOf(pid int) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|2, &t); err != nil {
		return 0, fmt.Errorf("CPU clock of the server: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// rssOf is the memory that a process holds, in bytes.
func rssOf(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if n, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 && err == nil {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("no VmRSS of process %d", pid)
}
