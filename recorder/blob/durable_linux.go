package blob

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// syncTree returns when everything below dir is on the disk: syncfs(2) of its file system.
func syncTree(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync store: %w", err)
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("sync store: %w", err)
	}
	return nil
}
