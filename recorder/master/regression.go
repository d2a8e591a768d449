package master

import (
	"math"
	"time"
)

const (
	fitWindow   = 20
	fitReady    = 4
	fitFloor    = 5 * time.Millisecond  // least deviation: reports of a picture track lie within 1 ms, one outlier is none
	fitAgree    = 30 * time.Millisecond // refused reports that agree this well are right, and the line is wrong
	fitMinSpan  = 20 * time.Second      // over a shorter time a slope would be noise: sound reports vary by 40 ms
	fitMaxSlope = 1e-3                  // no quartz is off by more
)

// regression is the line through the newest reports: how far the sender's wall clock is ahead of nominal RTP time.
type regression struct {
	x, y    [fitWindow]time.Duration // a ring
	n       int                      // points ever taken
	mean    [2]float64               // of x and y, ns
	slope   float64
	sigma   time.Duration
	refused bool
	odd     [2]time.Duration // the report refused last
}

func (r *regression) ready() bool { return r.n >= fitReady }

// at is the line's height at x.
func (r *regression) at(x time.Duration) time.Duration {
	return time.Duration(r.mean[1] + r.slope*(float64(x)-r.mean[0]))
}

// add takes a report or refuses it as an outlier. The second refused one in a row that tells the same begins a new
// line; then moved is how far the line moved.
func (r *regression) add(x, y time.Duration) (moved time.Duration) {
	if r.ready() {
		if d := y - r.at(x); d > 3*r.sigma || d < -3*r.sigma {
			again := r.refused && abs(y-r.odd[1]) <= fitAgree
			first := r.odd
			r.refused, r.odd = true, [2]time.Duration{x, y}
			if !again {
				return 0
			}
			*r = regression{}
			r.take(first[0], first[1])
			moved = d
		}
	}
	r.refused = false
	r.take(x, y)
	return moved
}

func (r *regression) take(x, y time.Duration) {
	r.x[r.n%fitWindow], r.y[r.n%fitWindow] = x, y
	r.n++
	k := min(r.n, fitWindow)
	// Sums over differences to the newest point keep the precision that hours in nanoseconds would lose.
	var sx, sy float64
	for i := range k {
		sx += float64(r.x[i] - x)
		sy += float64(r.y[i] - y)
	}
	mx, my := sx/float64(k), sy/float64(k)
	var xx, xy float64
	low, high := x, x
	for i := range k {
		dx, dy := float64(r.x[i]-x)-mx, float64(r.y[i]-y)-my
		xx += dx * dx
		xy += dx * dy
		low, high = min(low, r.x[i]), max(high, r.x[i])
	}
	r.slope = 0
	if high-low >= fitMinSpan {
		r.slope = min(max(xy/xx, -fitMaxSlope), fitMaxSlope)
	}
	r.mean = [2]float64{float64(x) + mx, float64(y) + my}
	var ss float64
	for i := range k {
		d := float64(r.y[i] - r.at(r.x[i]))
		ss += d * d
	}
	r.sigma = max(time.Duration(math.Sqrt(ss/float64(k))), fitFloor)
}

func abs(d time.Duration) time.Duration { return max(d, -d) }
