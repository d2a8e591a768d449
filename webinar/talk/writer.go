package talk

import (
	"context"
	"log/slog"

	"plenum/webinar"
	"plenum/webinar/mailbox"
)

const (
	queueSize  = 1024 // jobs that wait; beyond, the callers wait
	flushEvery = 64   // jobs after which votes are told even though others wait
)

// job is one change, in a transaction of its own.
type job struct {
	ctx  context.Context
	do   func(*txn) error
	kept func() // after the commit, in the order of the jobs, in the writer's goroutine; may be nil
}

// writer is the only one who changes questions, so that all changes have one order, in which they are stored and told.
type writer struct {
	store store
	tell  func(webinar.ID) error // tells the votes of a webinar
	log   *slog.Logger

	voted map[webinar.ID]bool // whose votes are to be told; the writer's goroutine only

	box    *mailbox.Box[*job]
	served int // the writer's goroutine only
}

// start makes a writer and its goroutine; stop ends it.
func start(s store, tell func(webinar.ID) error, log *slog.Logger) *writer {
	w := &writer{store: s, tell: tell, log: log, voted: map[webinar.ID]bool{}}
	w.box = mailbox.Open(queueSize, ErrStopped, func(l *mailbox.Letter[*job]) {
		l.Answer(w.serve(l.Job))
		if w.served++; !w.box.Waiting() || w.served%flushEvery == 0 {
			w.flush()
		}
	})
	return w
}

// stop returns when the last commit is done; what still waits is refused with ErrStopped.
func (w *writer) stop() { w.box.Close() }

// submit returns when the job is on the disk or has been refused. When ctx ends first, it may still be done.
func (w *writer) submit(j *job) error { return w.box.Submit(j.ctx, j) }

func (w *writer) serve(j *job) error {
	if j.ctx.Err() != nil { // nobody waits for it
		return context.Cause(j.ctx)
	}
	if err := w.store.transaction(j.do); err != nil {
		return err
	}
	if j.kept != nil {
		j.kept()
	}
	return nil
}

func (w *writer) flush() {
	for id := range w.voted {
		delete(w.voted, id)
		if err := w.tell(id); err != nil { // the next vote tells again
			w.log.Warn("votes of questions not told", "webinar", id, "err", err)
		}
	}
}
