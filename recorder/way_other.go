//go:build !linux

package recorder

// giveWay does nothing where a thread has no priority of its own.
func giveWay() {}
