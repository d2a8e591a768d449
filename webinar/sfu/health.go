package sfu

import "time"

// Health sums up how the audience of a room is reached, out of what its viewers report. It names nobody: viewers
// never hear of each other. People on stage are not counted.
type Health struct {
	Connected int // viewers with a connection
	Poor      int // of these, with a poor line: pictures are left out for it, or two of its last three reports told so
	Sound     int // of these, who are sent sound, for long enough to have reported on it
	SoundOK   int // of those, with whom it arrives: the newest report on it is fresh and tells of at most 5 % lost
}

// What makes a line poor.
const (
	poorLoss = 0.05 // part of the packets
	poorRTT  = 600 * time.Millisecond
)

const healthEvery = 2 * time.Second

// reading is what a viewer said of its line at one time.
type reading struct {
	at   time.Time // zero: there is none
	loss float64   // of the worst stream, 0 to 1
	rtt  time.Duration
}

func (r reading) bad() bool { return !r.at.IsZero() && (r.loss > poorLoss || r.rtt > poorRTT) }

// lineHistory is what the room remembers of a viewer's reports. Under the engine's lock.
type lineHistory struct {
	last  [3]reading // the newest first
	sound time.Time  // since when sound is sent; zero: it is not
}

// note takes a report. One that is not newer than the last is no report.
func (l *lineHistory) note(r reading) bool {
	if !r.at.After(l.last[0].at) {
		return false
	}
	l.last = [3]reading{r, l.last[0], l.last[1]}
	return true
}

// poor says that two of the last three reports were bad. Whoever has not reported for long is not known to be poor.
func (l *lineHistory) poor(now time.Time) bool {
	bad := 0
	for _, r := range l.last {
		if r.bad() {
			bad++
		}
	}
	return bad >= 2 && now.Sub(l.last[0].at) <= reportFresh
}

// poorLine says that v's line is poor: so much that it has no room for pictures, or by what v reports.
func (v *viewer) poorLine(now time.Time) bool { return v.poor.Load() || v.history.poor(now) }

// heardSound judges what a viewer says about its sound: due tells whether it counts at all, ok whether it arrives.
// Losses are those that were reported lately, of each stream that was.
func heardSound(sent time.Duration, losses []float64) (due, ok bool) {
	for _, loss := range losses {
		if loss > poorLoss {
			return true, false
		}
	}
	return len(losses) > 0 || sent > reportFresh, len(losses) > 0
}

// survey reads what the viewers reported since the last survey and sums it up. Under the lock.
func (r *room) survey(now time.Time, l *books) Health {
	var h Health
	losses := make([]float64, 0, audienceAudio)
	for _, v := range r.viewers {
		if !v.ready.Load() {
			continue
		}
		if rep := v.newest(now); v.history.note(rep) {
			l.loss.observe(rep.loss)
			if rep.rtt > 0 {
				l.rtt.observe(rep.rtt.Seconds())
			}
		}
		if v.onStage {
			continue
		}
		h.Connected++
		if v.poorLine(now) {
			h.Poor++
		}
		losses = v.soundLosses(losses[:0], now)
		if v.history.sound.IsZero() {
			continue
		}
		due, ok := heardSound(now.Sub(v.history.sound), losses)
		if due {
			h.Sound++
		}
		if ok {
			h.SoundOK++
		}
	}
	return h
}

// newest puts together what v said of its streams since its last report; the worst stream counts.
func (v *viewer) newest(now time.Time) reading {
	rep := reading{rtt: time.Duration(v.heard.rtt.Load())}
	for _, s := range v.slots {
		at := time.UnixMilli(s.heard.at.Load())
		loss, fresh := s.lossNow(now)
		if !fresh || !at.After(v.history.last[0].at) {
			continue
		}
		rep.loss = max(rep.loss, loss)
		if at.After(rep.at) {
			rep.at = at
		}
	}
	return rep
}

// soundLosses appends what v lately said of the sound that it is sent, and notes since when it is sent any.
func (v *viewer) soundLosses(losses []float64, now time.Time) []float64 {
	sent := false
	for _, s := range v.audio {
		if s.want == nil || s.want.shownMuted {
			continue
		}
		sent = true
		if loss, ok := s.lossNow(now); ok {
			losses = append(losses, loss)
		}
	}
	switch {
	case !sent:
		v.history.sound = time.Time{}
	case v.history.sound.IsZero():
		v.history.sound = now
	}
	return losses
}

// Health tells how the audience of a room is reached, at most [healthEvery] ago.
func (e *Engine) Health(name string) Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[name]; r != nil {
		return r.health
	}
	return Health{}
}
