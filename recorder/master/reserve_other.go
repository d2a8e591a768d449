//go:build !linux

package master

import (
	"errors"
	"os"
)

// reserve is for file systems that set room aside ahead.
func reserve(*os.File, int64, int64) error { return errors.ErrUnsupported }
