// Package cores gives Go's scheduler as many processors as the work fills, and no more.
//
// A processor without work is woken each time that one goroutine hands something to another, looks for work, finds
// none and sleeps again: a futex and a change of context for nothing. A media server does that at every burst of
// packets. With one processor for work that fills a third of one, a forwarded packet costs a quarter less.
package cores

import (
	"context"
	"time"
)

const (
	// interval is how often the work is looked at; so long a sudden rush waits for its next processor.
	interval = 100 * time.Millisecond
	// full is the share of the processors that work may take before there are more of them.
	full = 0.6
	// idle is the share of half of the processors that work must stay below before there are fewer, for calm looks.
	idle = 0.4
	calm = 20
	// Work below rest on an average, in cores, has one processor and is looked at each restInterval only, because ten looks
	// a second would cost as much as itself. A rush, in cores, that breaks in on it has all processors at once.
	rest         = 0.02
	rush         = 0.3
	restInterval = 250 * time.Millisecond
	restLooks    = 4
)

// Govern keeps the number of processors between 1 and most until ctx ends, and leaves most of them. Spent is the CPU time
// of the process so far; set changes the number.
func Govern(ctx context.Context, most int, spent func() time.Duration, set func(int)) {
	if most < 2 {
		return
	}
	defer set(most)
	g := governor{now: most, most: most}
	at, before := time.Now(), spent()
	next := time.NewTimer(interval)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		since, total := time.Since(at), spent()
		was := g.now
		next.Reset(g.look(float64(total-before) / float64(since)))
		at, before = at.Add(since), total
		if g.now != was {
			set(g.now)
		}
	}
}

// governor is what Govern knows.
type governor struct {
	now, most int // processors
	quiet     int // looks in a row that would fit fewer
	resting   bool
	sum       float64 // of the work in so many looks, until they are calm
	looks     int
}

// look takes the work since the last look, in cores, and returns when to look again.
func (g *governor) look(work float64) time.Duration {
	if g.resting && work > rush {
		*g = governor{now: g.most, most: g.most}
		return interval
	}
	if g.rest(work) {
		g.now, g.quiet = 1, 0
		return restInterval
	}
	fewer := (g.now + 1) / 2
	if work < idle*float64(fewer) {
		g.quiet++
	} else {
		g.quiet = 0
	}
	switch {
	case work > full*float64(g.now):
		g.now, g.quiet = min(g.most, 2*g.now), 0
	case g.quiet >= calm && g.now > fewer:
		g.now, g.quiet = fewer, 0
	}
	return interval
}

// rest says whether the work of the last second or two is below rest. One look alone does not tell: what is done once a
// second and takes a moment is rest, too.
func (g *governor) rest(work float64) bool {
	g.sum, g.looks = g.sum+work, g.looks+1
	if g.looks >= calm || g.resting && g.looks >= restLooks {
		g.resting = g.sum < rest*float64(g.looks)
		g.sum, g.looks = 0, 0
	}
	return g.resting
}
