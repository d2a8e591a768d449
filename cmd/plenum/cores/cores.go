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
	// Work below rest, in cores, leaves nothing to save: it has all processors, and is looked at each restInterval only,
	// because ten looks a second would cost as much as itself.
	rest         = 0.02
	restInterval = time.Second
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
	resting   int // looks in a row without work to speak of
}

// look takes the work since the last look, in cores, and returns when to look again.
func (g *governor) look(work float64) time.Duration {
	if work < rest {
		g.resting++
	} else {
		g.resting = 0
	}
	if g.resting >= calm {
		g.now, g.quiet = g.most, 0
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
