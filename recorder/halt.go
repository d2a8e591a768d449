package recorder

import (
	"context"
	"errors"
	"sync"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// shutting is what must be closed before the caller may return.
type shutting struct {
	gates []*gate
	takes []*take
}

// shut closes the gates, then throws away what their writers have not on disk. It returns once nothing more is written,
// also when another closer began it.
func (x shutting) shut() {
	for _, g := range x.gates {
		g.close()
	}
	for _, t := range x.takes {
		t.shut()
	}
}

// halt pauses or ends the recording in memory, voids every permit and queues what must be written down. mu is held; the
// caller shuts what is returned, without mu, before it returns itself.
func (r *room) halt(to State, why Reason, by webinar.SubjectID) (shutting, *job) {
	id, was := r.rec.ID, r.rec.State
	r.rec.State, r.rec.Reason = to, why
	r.resumeAt = time.Time{}
	now := time.Now()
	switch to {
	case Paused:
		if was != Paused {
			r.pausedAt = now
		}
	case Stopped:
		r.rec.StoppedAt, r.rec.ExpiresAt = now, now.Add(r.rec.kept(r.s.c.Retention))
	case Aborted:
		r.rec.StoppedAt = now
	default: // nothing halts into these
	}
	r.book.Halt(id)
	x := r.shutting(func(*gate) bool { return true })
	return x, r.later(func(ctx context.Context) error { return r.record(ctx, id, to, why, by) })
}

// shutting takes the gates that match, and with each the whole take that it writes to, and every other gate of that
// take. mu is held.
func (r *room) shutting(match func(*gate) bool) shutting {
	var x shutting
	doomed := map[*take]bool{}
	for _, g := range r.gates {
		if match(g) && g.take != nil {
			doomed[g.take] = true
		}
	}
	for _, g := range r.gates {
		if match(g) || g.take != nil && doomed[g.take] {
			g.take = nil
			x.gates = append(x.gates, g)
		}
	}
	for t := range r.takes {
		if doomed[t] || t.closing {
			t.closing = true
			x.takes = append(x.takes, t)
		}
	}
	return x
}

// wringFor is how long a stop waits for what the writers hold.
const wringFor = 200 * time.Millisecond

// wring has the writers of a running recording put down what they hold: without it a host who stops would lose the last
// two seconds, in which people say goodbye. Nothing is halted yet, so every permit holds or is asked in vain, and whatever
// closes a gate meanwhile does so at once. For a pause and for whoever takes a consent back there is no such thing: what
// they do not want is thrown away.
func (r *room) wring(ctx context.Context, id RecordingID) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), wringFor)
	defer stop()
	var wg sync.WaitGroup
	r.mu.Lock()
	if r.rec.ID == id && r.rec.State == Running {
		for t := range r.takes {
			wg.Go(func() { t.out.Drain(ctx) })
		}
	}
	r.mu.Unlock()
	wg.Wait()
}

// record writes a pause or an end into the ledger and the row. A ledger that fails ends the recording: what it cannot
// witness must not go on.
func (r *room) record(ctx context.Context, id RecordingID, to State, why Reason, by webinar.SubjectID) error {
	phase, _ := r.book.Phase(id)
	kind := consent.Pause
	switch {
	case to != Paused && phase == consent.Announce:
		kind = consent.Abort
	case to != Paused:
		kind = consent.Stop
	}
	var err error
	if kind != consent.Pause || phase != consent.Pause {
		err = r.book.Mark(ctx, id, kind, string(why), by)
	}
	if ledgerFailed(err) && to == Paused {
		r.fail(ByLedger)
	}
	return errors.Join(err, r.save(ctx))
}

// ledgerFailed reports whether the ledger refused an entry. One whose turn did not come in time is owed and follows.
func ledgerFailed(err error) bool {
	return errors.Is(err, ErrLedger) && !errors.Is(err, consent.ErrTurn)
}

// fail ends the recording because something does not work.
func (r *room) fail(why Reason) {
	r.mu.Lock()
	if !r.rec.active() || r.rec.State == Announced {
		r.mu.Unlock()
		return
	}
	x, j := r.halt(Stopped, why, "")
	id := r.rec.ID
	next := r.later(func(ctx context.Context) error { r.finish(ctx, id); return nil })
	r.mu.Unlock()
	_, _ = j, next // nobody waits: the worker has them
	x.shut()
	r.tell()
}

// suspend pauses what runs because the server ends.
func (r *room) suspend() {
	r.mu.Lock()
	if r.rec.State != Running && (r.rec.State != Paused || r.rec.Reason != ByStrict) {
		x := r.shutting(func(*gate) bool { return true })
		r.mu.Unlock()
		x.shut()
		return
	}
	x, _ := r.halt(Paused, ByRestart, "")
	r.mu.Unlock()
	x.shut()
}
