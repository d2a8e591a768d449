package recorder

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// giveWay has the calling goroutine run on a thread of its own that yields to all others; the thread ends with it. Where
// that is forbidden it runs as before.
func giveWay() {
	runtime.LockOSThread() // never unlocked: what was made nice cannot be made as before
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, 10)
}
