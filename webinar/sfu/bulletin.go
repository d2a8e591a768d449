package sfu

import (
	"slices"
	"time"
)

const (
	// pulse is how often a room looks at who speaks; nobody is told of it more often.
	pulse = 500 * time.Millisecond
	// speakingHold is how long somebody counts as speaking after the last word, so that a breath is no end.
	speakingHold = time.Second
)

// bulletin is what the notifier of a room has told about what changes by itself.
type bulletin struct {
	speaking   []string
	speakingAt time.Time
	health     Health
	healthAt   time.Time
}

// tell tells what has changed and is due.
func (b *bulletin) tell(e *Engine, r *room, now time.Time) {
	if now.Sub(b.speakingAt) >= pulse {
		e.mu.Lock()
		speaking := r.speaking(now)
		e.mu.Unlock()
		if !slices.Equal(speaking, b.speaking) {
			b.speaking, b.speakingAt = speaking, now
			e.screens.SpeakingChanged(r.name, speaking)
		}
	}
	if now.Sub(b.healthAt) < healthEvery {
		return
	}
	b.healthAt = now
	e.mu.Lock()
	h := r.survey(now, e.books)
	r.health = h
	e.mu.Unlock()
	if h != b.health {
		b.health = h
		e.screens.HealthChanged(r.name, h)
	}
}

// end takes back what was told, for a room that is removed.
func (b *bulletin) end(e *Engine, r *room) {
	if len(b.speaking) > 0 {
		e.screens.SpeakingChanged(r.name, nil)
	}
	if b.health != (Health{}) {
		e.screens.HealthChanged(r.name, Health{})
	}
}

// speaking lists who speaks, each once, in the order of their sources. Under the lock.
func (r *room) speaking(now time.Time) []string {
	var owners []string
	for _, s := range r.sources {
		if !s.shownMuted && now.Sub(s.spokeAt) <= speakingHold && !slices.Contains(owners, s.track.Owner) {
			owners = append(owners, s.track.Owner)
		}
	}
	return owners
}

// Speaking lists who speaks in the room.
func (e *Engine) Speaking(name string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[name]; r != nil {
		return r.speaking(time.Now())
	}
	return nil
}
