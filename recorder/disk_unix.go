//go:build unix

package recorder

import (
	"fmt"
	"syscall"
)

// diskFree returns the bytes that are free for us in the file system of a folder.
func diskFree(folder string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return 0, fmt.Errorf("free space: %w", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:unconvert // the fields' types differ between systems
}
