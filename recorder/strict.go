package recorder

import (
	"context"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// strictRest is how long the last source without a grant must have been quiet before the recording goes on by itself.
const strictRest = 2 * time.Second

// offended reports whether a live source on stage lacks a grant. mu is held.
func (r *room) offended() bool {
	for _, g := range r.gates {
		if g.muted {
			continue
		}
		s := scopeOf(g.track.Kind)
		if s == 0 || !r.book.Allowed(r.rec.ID, webinar.SubjectID(g.track.Subject)).Has(s) {
			return true
		}
	}
	return false
}

// strict applies the rule after something has changed: everything closes at once while it is broken, and the time to go
// on is set when it no longer is. mu is held; the caller shuts and, if changed, tells.
func (r *room) strict() (x shutting, changed bool) {
	if !r.rec.Strict || r.book == nil {
		return x, false
	}
	switch {
	case r.rec.State == Running && r.offended():
		x, _ = r.halt(Paused, ByStrict, "")
		return x, true
	case r.rec.State == Paused && r.rec.Reason == ByStrict && r.offended():
		r.resumeAt = time.Time{}
	case r.rec.State == Paused && r.rec.Reason == ByStrict && r.resumeAt.IsZero():
		r.resumeAt = time.Now().Add(strictRest)
		r.s.wake()
	}
	return x, false
}

// unstrict goes on by itself, if the rule is still satisfied.
func (r *room) unstrict(ctx context.Context) error {
	r.mu.Lock()
	book := r.book
	due := r.rec.State == Paused && r.rec.Reason == ByStrict && !r.resumeAt.IsZero() && !time.Now().Before(r.resumeAt)
	r.mu.Unlock()
	if !due {
		return nil
	}
	_, err := r.begin(ctx, book, consent.Resume, string(ByStrict), "")
	return err
}
