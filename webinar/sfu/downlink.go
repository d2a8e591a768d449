package sfu

import "time"

// downlink guesses what a viewer's line carries, from what the viewer reports. It errs on the small side: a picture
// that is a little less sharp is not noticed, one that stutters is.
//
// Loss and growing delay make it smaller at once. Only a time without either makes it larger, and each time that this
// turns out to have been too much, the next try waits twice as long.
type downlink struct {
	budget   int64 // bit/s for all pictures and sound of the viewer; 0: nothing is known yet
	strained bool  // the line has shown a limit
	bad      int   // reports in a row that told of much loss; one of more than half counts twice
	low      int   // estimates in a row far below what is sent
	good     time.Time
	raised   time.Time
	patience time.Duration
	least    time.Duration // round trip of the empty line
}

// reception is one round of reports.
type reception struct {
	sent     int64         // bit/s that go out to the viewer
	want     int64         // bit/s that the best of all would need
	loss     float64       // 0 to 1, of the stream that has most
	rtt      time.Duration // 0: unknown
	estimate int64         // bit/s (REMB), 0: none
}

const (
	firstBudget = 1_200_000
	leastBudget = 64_000
	mostBudget  = 30_000_000
	minPatience = 2 * time.Second
	maxPatience = 2 * time.Minute
	regret      = 10 * time.Second // trouble so soon after a raise was the raise
)

// limit is the budget now.
func (d *downlink) limit() int64 {
	if d.budget == 0 {
		return firstBudget
	}
	return d.budget
}

// exhausted reports that the line has lost so much for so long that a picture is too much for it.
func (d *downlink) exhausted() bool { return d.bad >= 3 }

// hear takes a round of reports.
func (d *downlink) hear(now time.Time, r reception) {
	if d.patience == 0 {
		d.patience, d.budget = minPatience, firstBudget
	}
	var queue time.Duration
	if r.rtt > 0 {
		if d.least == 0 || r.rtt < d.least {
			d.least = r.rtt
		}
		queue = r.rtt - d.least
		d.least += (r.rtt - d.least) / 64 // a line may become longer for good
	}
	// An estimate alone proves nothing: browsers begin with a small one, and lower it when they or we are short of
	// processor time.
	if d.low++; r.estimate == 0 || r.estimate > r.sent/2 || r.loss < 0.02 && queue < 150*time.Millisecond {
		d.low = 0
	}
	switch {
	case r.loss > 0.10, r.loss > 0.03 && queue > 250*time.Millisecond, queue > 600*time.Millisecond, d.low >= 3:
		d.lower(now, r)
	case r.loss < 0.02 && queue < 150*time.Millisecond:
		d.raise(now, r)
	default: // as it is
		d.bad, d.good = 0, time.Time{}
	}
}

func (d *downlink) lower(now time.Time, r reception) {
	switch {
	case r.loss < 0.10:
		d.bad = 0 // slow is no reason to take the picture away
	case r.loss > 0.5:
		d.bad += 2 // every second word is lost with it
	default:
		d.bad++
	}
	d.good = time.Time{}
	if !d.raised.IsZero() && now.Sub(d.raised) < regret {
		d.patience = min(2*d.patience, maxPatience)
		d.raised = time.Time{}
	}
	d.strained = true
	carried := int64(float64(min(d.budget, r.sent)) * (1 - r.loss) * 0.9)
	if r.estimate > 0 {
		carried = min(carried, r.estimate)
	}
	d.budget = max(carried, leastBudget)
}

func (d *downlink) raise(now time.Time, r reception) {
	d.bad = 0
	if d.good.IsZero() {
		d.good = now
	}
	if !d.strained && r.estimate > d.budget {
		d.budget = min(r.estimate, mostBudget)
	}
	if now.Sub(d.good) < d.patience {
		return
	}
	// Growth is tried out only as far as there is something to be had for it.
	if d.budget < max(r.want, firstBudget) {
		d.budget = min(2*d.budget, mostBudget)
		d.raised = now
	} else if now.Sub(d.good) > time.Minute {
		d.patience = max(d.patience/2, minPatience)
	}
	if d.raised.Equal(now) || now.Sub(d.good) > time.Minute {
		d.good = now
	}
}
