package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"plenum/recorder/blob"
)

// Put stores something small at once, over what was there under the key, and returns when it is verified and durable. A
// failure leaves the old or the new; the caller tries again. Erase takes it away like a segment. ErrErased: it is being
// erased.
func (a *Archive) Put(ctx context.Context, key string, body []byte) error {
	_, segment, err := blob.ParseKey(key)
	if err != nil {
		return fmt.Errorf("store note: %w", err)
	}
	w, release, err := a.claim(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	// The row comes first: an object without one is an orphan.
	if err := a.c.Rows.note(ctx, row{Segment: segment, Key: key, Size: int64(len(body))}); err != nil {
		if errors.Is(err, errErasing) {
			return ErrErased
		}
		return err
	}
	store, err := a.objects()
	if err != nil {
		return err
	}
	// A request that is broken off may still reach the store, behind an erasure: between two is time enough.
	err = store.Put(context.WithoutCancel(ctx), blob.Upload{Key: key, Body: bytes.NewReader(body), Size: int64(len(body)),
		Halted: func() bool { return w.halted.Load() || ctx.Err() != nil }})
	if errors.Is(err, blob.ErrHalted) && w.halted.Load() {
		return ErrErased
	}
	a.answered(ctx, err)
	return err
}
