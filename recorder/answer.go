package recorder

import (
	"context"
	"errors"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Answer takes what a person on stage says about being recorded, for nobody but that person; who is only invited there
// can be shown the question, and a no counts from everybody. A grant is durable when it returns. A refusal or withdrawal has its gates closed, also when an error says that the ledger did not take it; what
// was recorded of the scopes is erased. Errors: ErrNotFound, webinar.ErrForbidden and those of consent.Book.
func (s *Service) Answer(ctx context.Context, w webinar.ID, id RecordingID, who webinar.Ticket, a Answer) (consent.Standing, error) {
	no := a.Act == consent.Refuse || a.Act == consent.Withdraw
	if no {
		ctx = context.WithoutCancel(ctx) // who says no and hangs up has said no
	}
	asked := a.Act == consent.Shown && who.Invited // the question comes before the stage
	if who.Webinar != w || who.Subject == "" || !no && !asked && !who.Role.OnStage() {
		return consent.Standing{}, webinar.ErrForbidden
	}
	r := s.room(w)
	book, err := r.open(ctx)
	if err != nil {
		return consent.Standing{}, err
	}
	if _, ok := book.Phase(id); !ok {
		return consent.Standing{}, ErrNotFound
	}
	r.mu.Lock()
	r.seats[who.Subject] = who.ID
	if who.Role.OnStage() {
		r.hear(who, a.EpochMS, a.RTTMS)
	}
	r.mu.Unlock()
	ca := consent.Answer{Recording: id, Subject: who.Subject, Actor: who.Subject, Scopes: a.Scopes, Publish: a.Publish,
		Hash: a.Hash, Lang: a.Lang, Surface: "room", Key: a.Key}
	var st consent.Standing
	switch a.Act {
	case consent.Shown:
		st, err = book.Show(ctx, ca)
	case consent.Grant:
		st, err = r.grant(ctx, book, who, ca, a.ClickMS)
	case consent.Refuse, consent.Withdraw:
		st, err = r.no(ctx, book, ca, a.Act)
	default:
		return consent.Standing{}, consent.ErrAnswer
	}
	// The link leads somewhere when the pages hear of it. That it cannot be had is told to who asks for it.
	_, _ = s.ReceiptLink(context.WithoutCancel(ctx), w, who.Subject, st)
	if r.current().ID == id {
		r.tellCounts()
		r.tellStanding(id, who.Subject)
	}
	return st, err
}

// grant is durable first; then the gates are armed.
func (r *room) grant(ctx context.Context, book *consent.Book, who webinar.Ticket, ca consent.Answer, clickMS float64) (consent.Standing, error) {
	var less *erasure
	r.asking(ca.Subject, 1)
	st, err := book.Grant(ctx, ca, func(lost consent.Scope) {
		less = &erasure{Recording: ca.Recording, Subject: ca.Subject, Had: lost, Lost: lost}
		r.shutPerson(ca.Recording, ca.Subject, lost, less)
	})
	r.asking(ca.Subject, -1)
	if less != nil {
		if derr := r.doom(ctx, less); derr != nil {
			return st, errors.Join(err, derr)
		}
	}
	if err != nil {
		return st, err
	}
	r.mu.Lock()
	if r.rec.ID != ca.Recording {
		r.mu.Unlock()
		return st, nil
	}
	r.person(ca.Subject).name = who.Name
	x, changed := r.strict()
	j := r.later(func(ctx context.Context) error { return r.rearm(ctx, &click{who: ca.Subject, ms: clickMS}) })
	r.mu.Unlock()
	x.shut()
	if changed {
		r.tell()
	}
	_ = r.wait(ctx, j) // what goes wrong there ends the recording, not the consent
	return st, nil
}

// asking marks the beginning (1) and the end (-1) of a grant. In between, and for every source that came before the end,
// whatever arms a gate must set a barrier: another job may do so as soon as the ledger has the grant.
func (r *room) asking(who webinar.SubjectID, step int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.person(who)
	p.asking += step
	p.granted = r.moment()
}

// no closes first; then the ledger is written, then what was recorded is erased unless it is to be kept.
func (r *room) no(ctx context.Context, book *consent.Book, ca consent.Answer, act consent.Kind) (consent.Standing, error) {
	had := book.Allowed(ca.Recording, ca.Subject)
	lost := ca.Scopes
	if lost == 0 || act == consent.Refuse {
		lost = consent.All
	}
	say := book.Withdraw
	if act == consent.Refuse && had == 0 {
		say = book.Refuse
	} else if act == consent.Refuse { // a no after a yes takes the yes back
		ca.Scopes = consent.All
	}
	var e *erasure // nil: it is kept
	if !ca.Keep {
		e = &erasure{Recording: ca.Recording, Subject: ca.Subject, Had: had, Lost: lost}
	}
	st, err := say(ctx, ca, func() { r.shutPerson(ca.Recording, ca.Subject, lost, e) })
	if err != nil && !errors.Is(err, ErrLedger) {
		r.paid(e)
		return st, err
	}
	if e != nil {
		err = errors.Join(err, r.doom(ctx, e))
	}
	if ledgerFailed(err) && r.current().ID == ca.Recording {
		r.fail(ByLedger)
		r.drain(ctx)
	}
	return st, err
}
