// Package ahead asks the processor for memory before it is needed.
//
// Whoever sends something to hundreds of viewers, one after the other, finds the state of each in memory that was last
// used a thirtieth of a second ago, on as many pages as there are objects. Each first look into one of them stands still
// for some hundred nanoseconds, and one look leads to the next. But all those places are known long before, so they can
// be asked for together while somebody else is served.
package ahead

import "unsafe"

const (
	lineSize = 64 // bytes
	maxLines = 28 // more than these at once would wait for one another
)

// Lines are the cache lines of a few objects. They are addresses and not pointers: they keep nothing alive, and to ask
// for memory that is something else by now does no harm. The zero value is empty.
type Lines struct {
	count int
	at    [maxLines]uintptr
}

// Add notes the size bytes from p on. What does not fit is left out.
func (l *Lines) Add(p unsafe.Pointer, size uintptr) {
	if p == nil || size == 0 {
		return
	}
	for at := uintptr(p) &^ (lineSize - 1); at < uintptr(p)+size && l.count < maxLines; at += lineSize {
		l.at[l.count] = at
		l.count++
	}
}

// Fetch asks for all lines and does not wait for them. It does nothing on processors that we have no instruction for.
func (l *Lines) Fetch() { fetch(&l.at[0], l.count) }
