//go:build !linux

package ffmpeg

import "syscall"

func jail(bool) *syscall.SysProcAttr { return nil }
