package consent

import (
	"context"
	"errors"
	"time"

	"plenum/webinar"
)

// Answer is what one person says about being recorded. Subject and Actor must be the same. A seat has one subject and
// one cookie, so the subject stands for the session in which the notice was shown.
type Answer struct {
	Recording RecordingID
	Subject   webinar.SubjectID
	Actor     webinar.SubjectID
	Scopes    Scope // of a withdrawal, 0: all; of a grant, 0: what the notice asks for
	Publish   bool
	Hash      string // of the notice that was on the screen
	Lang      webinar.Lang
	Surface   string
	Keep      bool   // of a withdrawal: what was recorded until now stays
	Key       string // idempotency key
}

// Standing is where a person stands after an answer.
type Standing struct {
	Recording RecordingID
	State     State
	Scopes    Scope
	Publish   bool
	Receipt   *Receipt // nil before the first answer
}

// Untold is the standing of somebody of whom nothing is known.
func (s Standing) Untold() bool { return s.State == None && s.Receipt == nil }

const (
	maxKey     = 64
	maxSurface = 16
)

// Kept is the reason of a withdrawal that leaves alone what was recorded until then.
const Kept = "keep"

func (a *Answer) event() Event {
	reason := ""
	if a.Keep {
		reason = Kept
	}
	return Event{Reason: reason, At: time.Now(), Subject: a.Subject, Actor: a.Actor, Scopes: a.Scopes, Publish: a.Publish,
		Notice: a.Hash, Lang: a.Lang, Surface: a.Surface, Key: a.Key}
}

// lacks is the withdrawal of what a grant leaves out.
func (a Answer) lacks(lost Scope) Event {
	a.Scopes, a.Publish, a.Key = lost, false, ""
	return a.event()
}

func (a *Answer) valid() error {
	switch {
	case a.Subject == "" || a.Actor != a.Subject:
		return ErrActor
	case len(a.Key) > maxKey || len(a.Surface) > maxSurface || a.Scopes&^All != 0:
		return ErrAnswer
	}
	return nil
}

// Show records that the notice with a.Hash was rendered. It opens nothing. It fails with ErrNotice for another text.
func (b *Book) Show(ctx context.Context, a Answer) (Standing, error) {
	a.Scopes, a.Publish = 0, false
	return b.answer(ctx, Shown, a, func(r *record, _ *person) (bool, error) {
		if !r.asking() {
			return false, ErrState
		}
		if !r.notice.accepts(a.Hash, a.Lang) {
			return false, ErrNotice
		}
		return false, nil
	})
}

// Grant records a yes, which counts once this returns. It needs a Show of the same text since the last answer
// (ErrNotShown), and the announced text (ErrNotice). A grant without media is ErrNoMedia, one beyond what the
// notice asks for ErrAnswer, one that says what holds already adds nothing. Scopes that an earlier grant had and this one lacks end at once: shut is called when their
// permits are void and before the ledger is written; it must close their gates.
func (b *Book) Grant(ctx context.Context, a Answer, shut func(lost Scope)) (Standing, error) {
	if a.Scopes == 0 {
		a.Scopes = b.asks(a.Recording)
	}
	switch {
	case a.Scopes&^b.asks(a.Recording) != 0:
		return Standing{}, ErrAnswer
	case a.Scopes&Media == 0:
		return Standing{}, ErrNoMedia
	}
	lost, err := b.narrow(a)
	if err != nil {
		return Standing{}, err
	}
	less := &draft{kind: Withdraw, rec: a.Recording, ev: a.lacks(lost)} // owed if the grant fails
	if lost != 0 {
		shut(lost)
		b.date(less)
		b.promise(less)
	}
	st, err := b.answer(ctx, Grant, a, func(r *record, p *person) (bool, error) {
		if lost == 0 && p.same(a) && r.notice.accepts(a.Hash, a.Lang) {
			return true, nil
		}
		return false, r.mayGrant(p, a)
	})
	if lost != 0 {
		if err != nil {
			b.mu.Lock()
			b.recs[a.Recording].person(a.Subject).hold(*less)
			b.mu.Unlock()
		}
		err = errors.Join(err, b.release(less, err != nil))
	}
	if err == nil && st.State != Granted {
		return st, ErrKeyUsed // overtaken by a no
	}
	return st, err
}

// asks is what the notice of a recording asks for; of an unknown one everything, and then nothing is granted.
func (b *Book) asks(rec RecordingID) Scope {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.recs[rec]; r != nil {
		return r.notice.asks()
	}
	return All
}

func (r *record) mayGrant(p *person, a Answer) error {
	switch {
	case !r.asking():
		return ErrState
	case !r.notice.accepts(a.Hash, a.Lang):
		return ErrNotice
	case p.fresh != a.Hash:
		return ErrNotShown
	}
	return nil
}

func (p *person) same(a Answer) bool {
	return p.state == Granted && p.scopes == a.Scopes && p.publish == a.Publish
}

// narrow voids the permits of the scopes that a grant no longer has, if that grant may be given.
func (b *Book) narrow(a Answer) (Scope, error) {
	if err := a.valid(); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[a.Recording]
	if r == nil {
		return 0, ErrUnknown
	}
	p := r.person(a.Subject)
	lost := p.scopes &^ a.Scopes
	if _, used := r.keys[keyID{a.Subject, Grant, a.Key}]; lost == 0 || p.state != Granted || (used && a.Key != "") {
		return 0, nil
	}
	if err := r.mayGrant(p, a); err != nil {
		return 0, err
	}
	p.drop(lost)
	return lost, nil
}

// Lapse voids the permits of a person without touching the consent: who is out of sight is not recorded.
func (b *Book) Lapse(rec RecordingID, who webinar.SubjectID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.recs[rec]; r != nil {
		if p := r.people[who]; p != nil {
			for _, g := range p.grant {
				g.end()
			}
		}
	}
}

// Refuse records a no, whatever was shown. See Withdraw for shut and failures.
func (b *Book) Refuse(ctx context.Context, a Answer, shut func()) (Standing, error) {
	a.Scopes = All
	return b.no(ctx, Refuse, a, shut)
}

// Withdraw takes a grant back, in whole (Scopes 0) or in part, as long as the recording is known. The permits are void
// before shut is called, which must close the gates; then the ledger is written. If that fails the withdrawal holds
// nevertheless, the error is ErrLedger, and the entry is written by a later act or by Settle.
func (b *Book) Withdraw(ctx context.Context, a Answer, shut func()) (Standing, error) {
	if a.Scopes == 0 {
		a.Scopes = All
	}
	return b.no(ctx, Withdraw, a, shut)
}

func (b *Book) no(ctx context.Context, k Kind, a Answer, shut func()) (Standing, error) {
	a.Publish = false
	if err := a.valid(); err != nil {
		return Standing{}, err
	}
	b.mu.Lock()
	r := b.recs[a.Recording]
	if r == nil {
		b.mu.Unlock()
		return Standing{}, ErrUnknown
	}
	if !r.notice.accepts(a.Hash, a.Lang) {
		a.Hash, a.Lang = "", "" // nobody is kept from saying no by a text
	}
	p := r.person(a.Subject)
	if _, used := r.keys[keyID{a.Subject, k, a.Key}]; used && a.Key != "" {
		defer b.mu.Unlock()
		if p.scopes&a.Scopes != 0 {
			return b.standing(a.Recording, r, a.Subject), ErrKeyUsed
		}
		return b.standing(a.Recording, r, a.Subject), nil
	}
	first := p.promised(k, a.Key)
	if first != 0 && !first.Has(a.Scopes) {
		a.Key = "" // it says more than the one under its key, so it is an answer of its own
	}
	if first == 0 || a.Key == "" {
		p.hold(draft{kind: k, ev: Event{Key: a.Key, Scopes: a.Scopes}})
	}
	b.mu.Unlock()
	shut()
	wrote := false
	st, err := b.answer(ctx, k, a, func(*record, *person) (bool, error) { wrote = true; return false, nil })
	if err == nil && !wrote && st.Scopes&a.Scopes != 0 { // its key was written meanwhile, and a yes after it
		err = ErrKeyUsed
	}
	return st, err
}

// answer writes one answer, once for each key, and returns the standing after it.
func (b *Book) answer(ctx context.Context, k Kind, a Answer, check func(*record, *person) (done bool, err error)) (Standing, error) {
	if err := a.valid(); err != nil {
		return Standing{}, err
	}
	err := b.write(ctx, draft{kind: k, rec: a.Recording, ev: a.event()}, func() (bool, error) {
		r := b.recs[a.Recording]
		if r == nil {
			return false, ErrUnknown
		}
		if _, used := r.keys[keyID{a.Subject, k, a.Key}]; used && a.Key != "" {
			return true, nil
		}
		return check(r, r.person(a.Subject))
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[a.Recording]
	if r == nil {
		return Standing{}, err
	}
	return b.standing(a.Recording, r, a.Subject), err
}

// Standing returns where a person stands towards a recording.
func (b *Book) Standing(rec RecordingID, who webinar.SubjectID) (Standing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recs[rec]
	if r == nil {
		return Standing{}, ErrUnknown
	}
	return b.standing(rec, r, who), nil
}

func (b *Book) standing(rec RecordingID, r *record, who webinar.SubjectID) Standing {
	p := r.people[who]
	if p == nil {
		return Standing{Recording: rec, State: None}
	}
	st := Standing{Recording: rec, State: p.state, Scopes: p.scopes, Publish: p.publish}
	if p.last.Seq > 0 {
		st.Receipt = newReceipt(p.last, p.lastEv, b.head)
		b.log.attest(st.Receipt)
	}
	return st
}

// asking reports whether answers that open something are taken.
func (r *record) asking() bool {
	switch r.phase {
	case Announce, Start, Pause, Resume:
		return true
	default:
		return false
	}
}
