package polls

import (
	"context"
	"errors"
	"log/slog"
	"sync"
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
	done chan error
}

// writer is the only one who changes polls: one goroutine, so that all changes have one order, and one commit for
// all that has come in while the previous one was on its way to the disk.
type writer struct {
	store  store
	log    *slog.Logger
	untidy bool   // a poll was closed; the writer's goroutine only
	after  func() // once a commit, after every kept and before the acknowledgements

	queue   chan *job
	quit    chan struct{}
	once    sync.Once
	stopped chan struct{}
}

// start makes a writer and its goroutine; stop ends it.
func start(s store, after func(), log *slog.Logger) *writer {
	w := &writer{store: s, log: log, after: after, queue: make(chan *job, queueSize),
		quit: make(chan struct{}), stopped: make(chan struct{})}
	go w.run()
	return w
}

// stop returns when the last commit is done; what still waits is refused with ErrStopped.
func (w *writer) stop() {
	w.once.Do(func() { close(w.quit) })
	<-w.stopped
}

// submit returns when the job is on the disk or has been refused. When ctx ends first, it may still be done.
func (w *writer) submit(j *job) error {
	j.done = make(chan error, 1)
	select {
	case <-w.quit:
		return ErrStopped
	case <-j.ctx.Done():
		return context.Cause(j.ctx)
	case w.queue <- j:
	}
	select {
	case err := <-j.done:
		return err
	case <-j.ctx.Done():
		return context.Cause(j.ctx)
	case <-w.stopped:
	}
	select {
	case err := <-j.done:
		return err
	default:
		return ErrStopped
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case <-w.quit:
			return
		default:
		}
		select {
		case <-w.quit:
			return
		case j := <-w.queue:
			w.serve(w.batch(j))
		}
	}
}

// batch adds what waits already.
func (w *writer) batch(first *job) []*job {
	jobs := append(make([]*job, 0, batchSize), first)
	for len(jobs) < batchSize {
		select {
		case j := <-w.queue:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

func (w *writer) serve(jobs []*job) {
	errs, err := w.commit(jobs)
	if err != nil && len(jobs) > 1 {
		if _, ok := errors.AsType[*jobError](err); ok { // one of them broke it; the others shall not suffer
			for _, j := range jobs {
				w.serve([]*job{j})
			}
			return
		}
	}
	for i, j := range jobs {
		if err != nil {
			errs[i] = err
		}
		if errs[i] == nil {
			j.kept()
		}
	}
	w.after()
	for i, j := range jobs {
		j.done <- errs[i]
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
func (w *writer) commit(jobs []*job) (refused []error, err error) {
	refused = make([]error, len(jobs))
	err = w.store.transaction(func(tx *txn) error {
		for i, j := range jobs {
			if j.ctx.Err() != nil { // nobody waits for it
				refused[i] = context.Cause(j.ctx)
				continue
			}
			refused[i] = j.do(tx)
			if f, ok := errors.AsType[*faultError](refused[i]); ok {
				return &jobError{f}
			}
		}
		return nil
	})
	return refused, err
}
