package recorder

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// lower is by how much the nice value of that thread is above the others', which may be nice themselves.
const lower = 10

// giveWay has the calling goroutine run on a thread of its own that yields to all others; the thread ends with it. Where
// that is forbidden it runs as before.
func giveWay() {
	runtime.LockOSThread()                                            // never unlocked: what was made nice cannot be made as before
	if p, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil { // the system call returns 20 less the nice value
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(20-p+lower, 19))
	}
}
