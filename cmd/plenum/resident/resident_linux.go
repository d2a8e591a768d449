// Package resident keeps the process small once it has started: starting touches much that running never needs again.
package resident

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// Settle gives back what starting took: garbage, among it what pools hold, which goes at the second collection, and the pages of
// the program file. The kernel has those in its cache all the same and maps again the ones that are needed, some hundreds
// of page faults.
func Settle() error {
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return fmt.Errorf("resident: %w", err)
	}
	defer f.Close()
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("resident: %w", err)
	}
	list, err := clean(f, program)
	if err != nil {
		return fmt.Errorf("resident: %w", err)
	}
	for _, m := range list {
		if _, _, e := unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED); e != 0 {
			return fmt.Errorf("resident: %w", e)
		}
	}
	return nil
}

// mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// clean lists the mappings of a file that nobody may write to and nobody has: proc_pid_smaps(5). What was written once, as the
// linker's table of addresses was, exists in memory only and must stay.
func clean(smaps io.Reader, file string) (list []mapping, err error) {
	var m mapping
	ours := false
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) >= 5 && strings.Contains(words[0], "-"):
			ours = len(words) == 6 && words[5] == file && words[1][1] == '-' && words[1][3] == 'p'
			if _, err := fmt.Sscanf(words[0], "%x-%x", &m.from, &m.to); err != nil {
				return nil, err
			}
		case ours && len(words) == 3 && words[0] == "Anonymous:" && words[1] == "0":
			list = append(list, m)
		}
	}
	return list, lines.Err()
}
