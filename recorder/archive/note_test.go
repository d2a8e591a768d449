package archive

import (
	"context"
	"errors"
	"testing"

	"plenum/recorder/blob"
)

// hasty is a store whose caller gives up while a request is on its way.
type hasty struct {
	blob.Store
	leave context.CancelFunc
	broke error // of the request
}

func (h *hasty) Put(ctx context.Context, u blob.Upload) error {
	h.leave()
	h.broke = ctx.Err()
	if u.Halted() {
		return blob.ErrHalted
	}
	return nil
}

// A caller who gives up ends a Put between two requests: one that is broken off might arrive behind the erasure that is next.
func TestPutIsNotBrokenOff(t *testing.T) {
	r := newRig(t)
	ctx, leave := context.WithCancel(t.Context())
	h := &hasty{Store: r.objects, leave: leave}
	r.c.Objects = h
	if err := r.Put(ctx, "rec/r1/timeline.json", []byte("{}")); err == nil || errors.Is(err, ErrErased) {
		t.Errorf("put: %v", err)
	}
	if h.broke != nil {
		t.Errorf("the request was broken off: %v", h.broke)
	}
}
