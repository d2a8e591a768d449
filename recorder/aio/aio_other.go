//go:build !linux

// Package aio makes files durable. Without Linux a thread waits for it.
package aio

import "os"

// Syncer syncs files.
type Syncer struct{}

// Sync returns when f is on the disk.
func (*Syncer) Sync(f *os.File) error { return f.Sync() }

// Close does nothing.
func (*Syncer) Close() error { return nil }
