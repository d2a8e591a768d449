package recorder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"plenum/recorder/consent"
	"plenum/recorder/journal"
	"plenum/webinar"
)

// erasure is what somebody's no asks for: what was recorded under the lost scopes goes. It is on disk before the ledger is asked,
// and crossed out when every row says so, so that a process that dies in between, or a database that fails, loses none.
type erasure struct {
	Recording RecordingID       `json:"recording"`
	Subject   webinar.SubjectID `json:"subject"`
	Had       consent.Scope     `json:"had"` // what they had allowed until then
	Lost      consent.Scope     `json:"lost"`
	Spared    []string          `json:"spared,omitempty"` // segments that began after the no, of what is allowed still or again
}

const erasuresOf = "erase/" // and the webinar: their names in the journal

// openOwed opens the journal of what counts and is not in the database yet.
func (s *Service) openOwed() (err error) {
	if s.c.owed != nil {
		s.owed, err = journal.New(s.c.owed)
		return err
	}
	if err := os.MkdirAll(s.c.Spool, 0o700); err != nil {
		return failed("spool", err)
	}
	s.owed, s.closer, err = journal.Open(filepath.Join(s.c.Spool, "owed.journal"))
	return err
}

func (s *Service) closeOwed() error {
	err := s.owed.Flush()
	if s.closer != nil {
		err = errors.Join(err, s.closer.Close())
	}
	return err
}

// restoreOwed does what the last process had promised: what was to be erased is marked so, and what the ledger is owed
// counts again. A room whose ledger cannot be read stays shut, and owes on.
func (s *Service) restoreOwed(ctx context.Context) {
	for _, w := range s.owed.Names(erasuresOf) {
		if err := s.room(webinar.ID(w)).restoreErasures(ctx); err != nil {
			s.c.Log.Error("recorder: erasure must be tried again", "webinar", w, "error", err)
		}
	}
	for _, w := range s.owed.Names(consent.DebtsOf) {
		book, err := s.room(webinar.ID(w)).open(ctx)
		if err == nil {
			err = book.Settle(ctx)
		}
		if err != nil {
			s.c.Log.Error("recorder: the ledger must be tried again", "webinar", w, "error", err)
		}
	}
}

func (r *room) restoreErasures(ctx context.Context) error {
	var left []*erasure
	if err := r.s.owed.Get(erasuresOf+string(r.id), &left); err != nil {
		return err
	}
	r.mu.Lock()
	r.erasures = slices.Clone(left)
	r.mu.Unlock()
	var err error
	for _, e := range left {
		err = errors.Join(err, r.again(ctx, r.erasing(e)))
	}
	return err
}

// owe notes an erasure. It is on disk at the journal's next flush. mu is held.
func (r *room) owe(e *erasure) {
	r.erasures = append(r.erasures, e)
	r.noteErasures()
}

// paid crosses an erasure out.
func (r *room) paid(e *erasure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erasures = slices.DeleteFunc(r.erasures, func(x *erasure) bool { return x == e })
	r.noteErasures()
}

// owes reports whether an erasure is not crossed out.
func (r *room) owes(e *erasure) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.erasures, e)
}

// spare keeps a take that begins now from what is still to be erased of its owner: all of that came before. mu is held.
func (r *room) spare(t *take) (changed bool) {
	for _, e := range r.erasures {
		if e.Recording == t.rec && e.Subject == t.subject {
			e.Spared, changed = append(e.Spared, t.id), true
		}
	}
	if changed {
		r.noteErasures()
	}
	return changed
}

// noteErasures tells the journal what is to be erased; mu is held.
func (r *room) noteErasures() {
	if err := r.s.owed.Set(erasuresOf+string(r.id), r.erasures); err != nil {
		r.s.c.Log.Error("recorder: not noted", "error", err)
	}
}

// doom has what was recorded of a person under the lost scopes erased: durably marked now, out of the store soon.
func (r *room) doom(ctx context.Context, e *erasure) error {
	r.s.void(e.Recording)
	run := r.erasing(e)
	r.mu.Lock()
	j := r.later(run)
	r.mu.Unlock()
	err := r.wait(ctx, j)
	if err != nil {
		r.mu.Lock()
		r.undone = append(r.undone, run)
		r.mu.Unlock()
	}
	r.s.bg.Go(func() { r.s.sweep(context.WithoutCancel(ctx)) })
	return err
}

// erasing marks what an erasure takes away. Once that is done it does nothing, however often it is called: what comes later
// was agreed to.
func (r *room) erasing(e *erasure) func(context.Context) error {
	rows, id, who := r.s.rows, e.Recording, e.Subject
	return func(ctx context.Context) error {
		if !r.owes(e) {
			return nil
		}
		var err error
		if e.Lost.Has(consent.Name) {
			err = errors.Join(rows.unlabel(ctx, id, who), r.s.recallReports(ctx, r.id, id, who))
		}
		if words := e.Lost & (consent.Name | consent.Chat); words != 0 {
			err = errors.Join(err, rows.recallWords(ctx, id, who, e.Had&words != 0, time.Now()))
		}
		if groups := groupsOf(e.Lost); len(groups) > 0 {
			err = errors.Join(err, rows.recall(ctx, id, who, groups, time.Now()), rows.doom(ctx, id, who, groups, e.Spared...), rows.silence(ctx, id))
		}
		if err = errors.Join(err, r.s.stale(ctx, id)); err != nil {
			return err
		}
		r.paid(e)
		r.s.flushOwed()
		return nil
	}
}

// flushOwed has the journal say at once what is erased and what is spared: the next process would erase again, and with it
// what was agreed to since.
func (s *Service) flushOwed() {
	if err := s.owed.Flush(); err != nil {
		s.c.Log.Error("recorder: the journal must be written again", "error", err)
	}
}

// retry tries again what the ledger or the database did not take.
func (s *Service) retry(ctx context.Context) {
	s.sweep(ctx)
	s.flushOwed()
	for _, r := range s.every() {
		r.mu.Lock()
		book, unsaved, undone := r.book, r.unsaved, r.undone
		r.undone = nil
		if unsaved {
			r.later(r.save)
		}
		for _, run := range undone {
			r.later(func(ctx context.Context) error { return r.again(ctx, run) })
		}
		r.mu.Unlock()
		if book == nil {
			continue
		}
		if err := book.Settle(ctx); err != nil && ctx.Err() == nil {
			s.c.Log.Error("recorder: the ledger must be tried again", "webinar", string(r.id), "error", err)
		}
	}
}

func (r *room) again(ctx context.Context, run func(context.Context) error) error {
	err := run(ctx)
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.undone = append(r.undone, run)
	}
	return err
}
