package archive

import (
	"context"
	"errors"
	"time"

	"plenum/recorder/blob"
)

// objects returns the store once it may be used; until then ErrAway or ErrUnfit.
func (a *Archive) objects() (blob.Store, error) {
	switch a.State().Health {
	case Awaited:
		return nil, ErrAway
	case Unfit:
		return nil, ErrUnfit
	case Ok, Retrying:
	}
	return a.c.Objects, nil
}

// await returns when the store may be used, or ctx ends. What only the operator can mend is asked for again, too: it may be
// mended while webinars go on.
func (a *Archive) await(ctx context.Context) {
	if a.c.Examine == nil {
		return
	}
	said := ""
	for failures := 1; ; failures++ {
		err := a.c.Examine(ctx)
		if ctx.Err() != nil {
			return
		}
		a.examined(err)
		switch {
		case err == nil:
			a.c.Log.Info("archive: the object store has answered and may hold recordings")
			return
		case errors.Is(err, blob.ErrAway):
			a.c.Log.Debug("archive: the object store does not answer yet", "failures", failures, "error", err)
		case err.Error() != said: // once each
			said = err.Error()
			a.c.Log.Error("archive: nothing can be recorded until the object store is mended", "error", err)
		}
		timer := time.NewTimer(a.backoff(failures))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// examined keeps what an examination has shown. A store that was unfit and is silent now may have been mended.
func (a *Archive) examined(err error) {
	h := Unfit
	switch {
	case err == nil:
		h = Ok
	case errors.Is(err, blob.ErrAway):
		h = Awaited
	}
	a.stand(h, err)
}
