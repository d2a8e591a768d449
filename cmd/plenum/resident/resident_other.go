//go:build !linux

// Package resident keeps the process small once it has started.
package resident

import "runtime/debug"

// Settle gives back what starting took.
func Settle() error {
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	return nil
}
