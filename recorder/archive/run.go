package archive

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"plenum/recorder/blob"
)

const (
	sweepEvery = time.Hour
	lookEvery  = time.Minute
)

// Run uploads and erases, one segment at a time, until ctx ends; it returns nil then. What fails is tried again after
// 1 to 60 s, the least tried first, so that one bad segment does not hold up the others. Orphans are swept at the start
// and hourly. All that begins when the store was examined. Run must not be called twice at once.
func (a *Archive) Run(ctx context.Context) error {
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	if a.await(ctx); ctx.Err() != nil {
		return nil
	}
	a.sweep(ctx)
	for failures := 0; ctx.Err() == nil; {
		pause, kick, glance := sweepEvery, a.kick, a.glance
		worked, err := a.step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			failures++
			pause, kick, glance = a.backoff(failures), nil, nil // a new segment is no reason to ask a dead store sooner
			a.c.Log.Warn("archive: will try again", "failures", failures, "pause", pause, "error", err)
		case worked:
			failures = 0
			continue
		default:
			failures = 0
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-kick:
		case <-sweep.C:
			a.sweep(ctx)
		case <-look.C:
			if failures == 0 { // else what is sent tells more
				a.look(ctx)
			}
		case <-glance:
			a.look(ctx)
		}
		timer.Stop()
	}
	return nil
}

// look asks the store for something that nobody has put there, while somebody wants to know whether it answers, and until
// it does again: without anything to send, nothing else would tell.
func (a *Archive) look(ctx context.Context) {
	if a.c.Watched == nil || a.State().Health == Ok && !a.c.Watched() {
		return
	}
	_, err := a.c.Objects.Stat(ctx, lookedFor)
	if errors.Is(err, blob.ErrNotFound) {
		err = nil
	}
	a.answered(ctx, err)
}

// lookedFor is the key of no recording, whose ids are longer.
const lookedFor = "rec/none/none.webm"

// step does the next piece of work; false if there is none.
func (a *Archive) step(ctx context.Context) (bool, error) {
	r, ok, err := a.c.Rows.next(ctx)
	if err != nil || !ok {
		return false, err
	}
	if err := a.work(ctx, r.Segment, r.Key); err != nil {
		if ctx.Err() != nil {
			return true, err
		}
		return true, errors.Join(err, a.c.Rows.tried(ctx, r.Segment))
	}
	return true, nil
}

// work brings a segment one state further, with the key to itself. The row is read again under that hold: an erasure
// marks the row first and halts the holder then, so that none of the two can miss the other.
func (a *Archive) work(ctx context.Context, segment, key string) error {
	w, release, err := a.claim(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	r, ok, err := a.c.Rows.get(ctx, segment)
	if err != nil || !ok {
		return err
	}
	switch r.State {
	case queued:
		err = a.upload(ctx, w, r)
	case stored:
		err = a.finish(ctx, r)
	case erasing:
		err = a.wipe(ctx, r)
	}
	if errors.Is(err, errErasing) || errors.Is(err, blob.ErrHalted) {
		return nil // the erasure has the row now
	}
	return err
}

// claim waits until no other goroutine works on the key.
func (a *Archive) claim(ctx context.Context, key string) (*work, func(), error) {
	for {
		a.mu.Lock()
		other := a.busy[key]
		if other == nil {
			w := &work{ended: make(chan struct{})}
			a.busy[key] = w
			a.mu.Unlock()
			return w, func() { a.release(key, w) }, nil
		}
		a.mu.Unlock()
		select {
		case <-other.ended:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

func (a *Archive) release(key string, w *work) {
	a.mu.Lock()
	delete(a.busy, key)
	a.mu.Unlock()
	close(w.ended)
}

// halt has whoever works on the key stop before its next request.
func (a *Archive) halt(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.busy[key]; w != nil {
		w.halted.Store(true)
	}
}

func (a *Archive) upload(ctx context.Context, w *work, r row) error {
	f, err := a.openSpool(r)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrSpool) {
		return a.lose(ctx, r, err)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	store, err := a.objects()
	if err != nil {
		return err
	}
	err = store.Put(ctx, blob.Upload{
		Key: r.Key, Body: f, Size: r.Size, UploadID: r.UploadID, Halted: w.halted.Load,
		Started: func(id string) error { return a.c.Rows.began(ctx, r.Segment, id) },
	})
	if a.answered(ctx, err); err != nil {
		return err
	}
	if err := a.c.Rows.stored(ctx, r.Segment); err != nil {
		return err
	}
	return a.finish(ctx, r)
}

// finish follows a verified upload: the spool file goes, Done is told, the row is done. A crash repeats all of it.
func (a *Archive) finish(ctx context.Context, r row) error {
	if err := a.removeSpool(r.Path); err != nil {
		return err
	}
	if err := a.tell(ctx, Result{Segment: r.Segment, Key: r.Key, Size: r.Size}); err != nil {
		return err
	}
	a.c.Log.Info("archive: segment stored", "segment", r.Segment, "bytes", r.Size)
	return a.c.Rows.end(ctx, r.Segment, done)
}

// lose gives up a segment whose file is gone or changed.
func (a *Archive) lose(ctx context.Context, r row, cause error) error {
	a.c.Log.Error("archive: segment lost", "segment", r.Segment, "error", cause)
	if err := a.tell(ctx, Result{Segment: r.Segment, Key: r.Key, Err: errors.Join(ErrSpool, cause)}); err != nil {
		return err
	}
	return a.c.Rows.end(ctx, r.Segment, lost)
}

func (a *Archive) tell(ctx context.Context, r Result) error {
	if a.c.Done == nil {
		return nil
	}
	return a.c.Done(ctx, r)
}
