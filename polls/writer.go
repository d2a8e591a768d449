package polls

import (
	"context"
	"errors"
	"log/slog"

	"plenum/webinar/mailbox"
)

const (
	batchSize = 256  // jobs in one commit
	queueSize = 1024 // jobs that wait; beyond, the callers wait
)

// job is one change. The writer runs it together with others in one transaction.
type job struct {
	ctx context.Context
	// do checks first and writes then: unless it returns a *faultError, an error means that it wrote nothing. It may
	// run a second time, when the transaction of the first had to be undone.
	do   func(*txn) error
	kept func() // after the commit, in the order of the jobs, in the writer's goroutine
}

// writer is the only one who changes polls: one goroutine, so that all changes have one order, and one commit for
// all that has come in while the previous one was on its way to the disk.
type writer struct {
	store  store
	log    *slog.Logger
	untidy bool   // a poll was closed; the writer's goroutine only
	after  func() // once a commit, after every kept and before the acknowledgements

	box *mailbox.Box[*job]
}

type letter = mailbox.Letter[*job]

// start makes a writer and its goroutine; stop ends it.
func start(s store, after func(), log *slog.Logger) *writer {
	w := &writer{store: s, log: log, after: after}
	w.box = mailbox.Open(queueSize, ErrStopped, func(first *letter) { w.serve(w.batch(first)) })
	return w
}

// stop returns when the last commit is done; what still waits is refused with ErrStopped.
func (w *writer) stop() { w.box.Close() }

// submit returns when the job is on the disk or has been refused. When ctx ends first, it may still be done.
func (w *writer) submit(j *job) error { return w.box.Submit(j.ctx, j) }

// batch adds what waits already.
func (w *writer) batch(first *letter) []*letter {
	letters := append(make([]*letter, 0, batchSize), first)
	for len(letters) < batchSize {
		l, ok := w.box.Next()
		if !ok {
			break
		}
		letters = append(letters, l)
	}
	return letters
}

func (w *writer) serve(letters []*letter) {
	errs, err := w.commit(letters)
	if err != nil && len(letters) > 1 {
		if _, ok := errors.AsType[*jobError](err); ok { // one of them broke it; the others shall not suffer
			for _, l := range letters {
				w.serve([]*letter{l})
			}
			return
		}
	}
	for i, l := range letters {
		if err != nil {
			errs[i] = err
		}
		if errs[i] == nil {
			l.Job.kept()
		}
	}
	w.after()
	for i, l := range letters {
		l.Answer(errs[i])
	}
	if w.untidy {
		w.untidy = false
		if err := w.store.tidy(); err != nil {
			w.log.Warn("database not tidied after a poll", "err", err)
		}
	}
}

// jobError is a fault inside a job, as opposed to one of the transaction itself.
type jobError struct{ error }

func (e *jobError) Unwrap() error { return e.error }

// commit runs the jobs in one transaction. With err set, none of them has happened.
func (w *writer) commit(letters []*letter) (refused []error, err error) {
	refused = make([]error, len(letters))
	err = w.store.transaction(func(tx *txn) error {
		for i, l := range letters {
			if l.Ctx.Err() != nil { // nobody waits for it
				refused[i] = context.Cause(l.Ctx)
				continue
			}
			refused[i] = l.Job.do(tx)
			if f, ok := errors.AsType[*faultError](refused[i]); ok {
				return &jobError{f}
			}
		}
		return nil
	})
	return refused, err
}
