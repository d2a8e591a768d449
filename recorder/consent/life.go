package consent

import (
	"context"
	"maps"
	"time"

	"plenum/webinar"
)

// Announce opens a recording in the ledger with its frozen notice. It fails with ErrLedger when the entry is not durable.
func (b *Book) Announce(ctx context.Context, rec RecordingID, n Notice, by webinar.SubjectID, key string) error {
	n.Texts = maps.Clone(n.Texts)
	ev := Event{At: time.Now(), Actor: by, Key: key, Text: &n}
	err := b.write(ctx, draft{kind: Announce, rec: rec, ev: ev}, func() (bool, error) {
		if b.recs[rec] != nil {
			return false, ErrState
		}
		return false, nil
	})
	return err
}

// Mark writes an entry of a recording's life. Start and Resume make Run possible, unless Halt was called meanwhile;
// the others halt first and stay in force if the ledger fails: then the entry is owed, and written by a later act.
func (b *Book) Mark(ctx context.Context, rec RecordingID, k Kind, reason string, by webinar.SubjectID) error {
	var halts uint64
	if k == Expire {
		if err := b.expire(rec); err != nil {
			return err
		}
	}
	if k.closes() {
		b.Halt(rec)
	}
	ev := Event{At: time.Now(), Actor: by, Reason: reason}
	err := b.write(ctx, draft{kind: k, rec: rec, ev: ev}, func() (bool, error) {
		r := b.recs[rec]
		if r == nil {
			return false, ErrUnknown
		}
		halts = r.halts
		if k == Expire { // judged when it took effect; what came into the ledger since does not undo it
			return false, nil
		}
		return false, r.follows(k)
	})
	if err != nil || k.closes() {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	r.ready = r.halts == halts && (r.phase == Start || r.phase == Resume)
	return nil
}

// Note writes an entry that changes nothing, for the evidence.
func (b *Book) Note(ctx context.Context, rec RecordingID, k Kind, reason string, by webinar.SubjectID) error {
	return b.write(ctx, draft{kind: k, rec: rec, ev: Event{At: time.Now(), Actor: by, Reason: reason}}, func() (bool, error) {
		if b.recs[rec] == nil {
			return false, ErrUnknown
		}
		return false, nil
	})
}

// follows reports whether an entry of kind k may come now. Abort, Stop and Erase are final.
func (r *record) follows(k Kind) error {
	var ok bool
	switch r.phase {
	case Announce:
		ok = k == Start || k == Abort
	case Start, Resume:
		ok = k == Pause || k == Stop
	case Pause:
		ok = k == Resume || k == Stop || k == Expire
	case Stop, Abort:
		ok = k == Erase
	default: // nothing follows
	}
	if !ok {
		return ErrState
	}
	return nil
}

// Run lets permits be made for a recording whose start or resume is durable and undisturbed. It reports whether it does.
func (b *Book) Run(rec RecordingID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	if r == nil || !r.ready {
		return false
	}
	r.on = true
	return true
}

// Halt voids every permit of a recording at once. Only another durable Start or Resume lets Run succeed again.
func (b *Book) Halt(rec RecordingID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.recs[rec]; r != nil {
		r.halt()
	}
}

func (r *record) halt() {
	r.on, r.ready = false, false
	r.halts++
	r.run.end()
}

// expire ends every grant of a paused recording in memory, before the ledger has the entry. A pause or an end that the
// ledger is owed counts, as it is in force and comes first in the replay.
func (b *Book) expire(rec RecordingID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	if r == nil {
		return ErrUnknown
	}
	ahead := b.ahead(rec, r)
	if err := ahead.follows(Expire); err != nil {
		return err
	}
	for _, p := range r.people {
		p.expire()
	}
	return nil
}

// ahead is where the life of a recording stands once the ledger has what it is owed; mu is held.
func (b *Book) ahead(rec RecordingID, r *record) record {
	ahead := record{phase: r.phase, at: r.at, why: r.why}
	for _, d := range b.owed {
		if d.rec == rec && d.ev.Subject == "" && d.kind != Expire && ahead.follows(d.kind) == nil {
			ahead.phase, ahead.at, ahead.why = d.kind, d.ev.At, d.ev.Reason
		}
	}
	return ahead
}

// Permit makes the right to write what a subject sends under one scope. The recording must run and the grant live,
// else the permit is the zero one, which denies.
func (b *Book) Permit(rec RecordingID, who webinar.SubjectID, s Scope) Permit {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	if r == nil || !r.on {
		return Permit{}
	}
	p := r.people[who]
	if p == nil || p.state != Granted || p.scopes&Media&s == 0 || !p.scopes.Has(s) {
		return Permit{}
	}
	for i, g := range p.grant {
		if s == 1<<i {
			return Permit{grant: g, grantAt: g.n.Load(), run: r.run, runAt: r.run.n.Load()}
		}
	}
	return Permit{}
}

// Phase returns the last entry of a recording's life, and whether the recording is known.
func (b *Book) Phase(rec RecordingID) (Kind, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.recs[rec]; r != nil {
		return r.phase, true
	}
	return "", false
}

// Last returns the last entry of a recording's life, or what the ledger is owed behind it; zero if the recording is not known.
func (b *Book) Last(rec RecordingID) Turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	if r == nil {
		return Turn{}
	}
	ahead := b.ahead(rec, r)
	return Turn{Kind: ahead.phase, At: ahead.at, Reason: ahead.why}
}

// Notice returns the frozen notice of a recording.
func (b *Book) Notice(rec RecordingID) (Notice, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	if r == nil {
		return Notice{}, ErrUnknown
	}
	return Notice{Strict: r.notice.Strict, Asks: r.notice.Asks, Texts: maps.Clone(r.notice.Texts)}, nil
}

// Allowed returns the scopes of a subject's live grant, none without one. It says nothing about the recording's state.
func (b *Book) Allowed(rec RecordingID, who webinar.SubjectID) Scope {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.recs[rec]; r != nil {
		if p := r.people[who]; p != nil && p.state == Granted {
			return p.scopes
		}
	}
	return 0
}

// Counts says how many people were shown the notice, how many have a live grant and how many answered at all.
func (b *Book) Counts(rec RecordingID) (shown, granted, answered int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	if r == nil {
		return 0, 0, 0
	}
	for _, p := range r.people {
		switch p.state {
		case None:
			continue
		case Granted:
			granted++
			answered++
		case Refused, Withdrawn:
			answered++
		case WasShown:
		}
		shown++
	}
	return shown, granted, answered
}
