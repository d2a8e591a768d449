package sfu

import (
	"sync/atomic"
	"time"
)

// rhythm foretells a publication's next picture, so that its sound knows whether there is something to ride along with.
type rhythm struct {
	next atomic.Int64 // Unix ns; 0 while unknown

	// Of the loop that takes the pictures:
	last time.Time
	gap  time.Duration
}

const (
	samePicture = 8 * time.Millisecond   // its layers end so close together
	slowest     = 200 * time.Millisecond // slower pictures carry no sound
)

// beat notes that a picture, or a layer of one, ended at a time.
func (r *rhythm) beat(at time.Time) {
	d := at.Sub(r.last)
	if d < samePicture {
		return
	}
	r.last = at
	switch {
	case d > slowest:
		r.gap = 0
	case r.gap == 0:
		r.gap = d
	default:
		r.gap += (d - r.gap) / 8
	}
	if r.gap == 0 {
		r.next.Store(0)
		return
	}
	r.next.Store(at.Add(r.gap).UnixNano())
}

// near tells when a picture must have come that is to be expected until a time; ok is false if none is. One that is a
// little late still is.
func (r *rhythm) near(now, until time.Time) (latest time.Time, ok bool) {
	n := r.next.Load()
	if n == 0 || n >= until.UnixNano() {
		return latest, false
	}
	latest = time.Unix(0, n).Add(samePicture)
	return latest, latest.After(now)
}
