package record

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Clocks that the kernel keeps (clock_getcpuclockid(3)), exact where getrusage counts ticks.
const (
	processClock = 2
	threadClock  = 6
)

// cpuOf is what a process or a thread has spent on the cores; nothing if it is not there.
func cpuOf(id int, clock int32) time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(int32(^id)<<3|clock, &t) != nil { //nolint:gosec // ids are small
		return 0
	}
	return time.Duration(t.Nano())
}

// cpuTime is what this process has spent on the cores, without what gives way to it: see cpuAside.
func cpuTime() time.Duration { return cpuOf(os.Getpid(), processClock) - cpuAside() }

// cpuAside is what the threads of lower priority than the others have spent: the recorder builds programs on one, which
// may be the thread that the process began with.
func cpuAside() (sum time.Duration) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0
	}
	highest, priority := 0, map[int]int{}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil {
			continue
		}
		if p, err := unix.Getpriority(unix.PRIO_PROCESS, id); err == nil { // the system call returns 20 less the nice value
			priority[id], highest = p, max(highest, p)
		}
	}
	for id, p := range priority {
		if p < highest {
			sum += cpuOf(id, threadClock)
		}
	}
	return sum
}

// cpuStore is what the process of the object store has spent.
func cpuStore(pid int) time.Duration { return cpuOf(pid, processClock) }

// maxRSS is the most memory that this process has held since it began, or since forgetPeak, in MiB. getrusage would count
// the process that started it, too.
func maxRSS() float64 { return status("VmHWM:") }

// forgetPeak has maxRSS begin anew (proc_pid_clear_refs(5)); a kernel without that goes on with the older peak.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// ownMemory is what this process holds now that is backed by no file, in MiB.
func ownMemory() float64 { return status("RssAnon:") }

// status reads an amount of memory of this process, in MiB.
func status(name string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), name)
	kib := 0
	if _, err := fmt.Sscan(after, &kib); err != nil {
		return 0
	}
	return float64(kib) / (1 << 10)
}
