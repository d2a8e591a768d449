//go:build !linux

// Package aio makes files durable. Without Linux a thread waits for it.
package aio

import "os"

// Syncer syncs files.
type Syncer struct{}

// Begin waits until f is on the disk; what it returns says how that ended.
func (*Syncer) Begin(f *os.File) (wait func() error) {
	err := f.Sync()
	return func() error { return err }
}

// Close does nothing.
func (*Syncer) Close() error { return nil }
