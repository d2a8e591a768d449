package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"plenum/recorder/blob"
)

// orphanAge is how old a spool file that nobody knows must be before it is deleted.
const orphanAge = time.Hour

// Erase removes everything of a segment: object, versions, unfinished uploads, spool file, row. The wish is durable
// first: from then on Open and Add refuse the segment, a running upload of it stops before its next request, and when
// the store does not obey now (ErrPending), Run goes on until it does. Once it returned nil nothing is remembered: the
// caller must not Add the segment again. Of a segment that was never added, the store alone is cleaned.
func (a *Archive) Erase(ctx context.Context, key string) error {
	_, segment, err := blob.ParseKey(key)
	if err != nil {
		return err
	}
	if r, ok, err := a.c.Rows.get(ctx, segment); err != nil {
		return err
	} else if ok && r.Key != key {
		return ErrNotFound
	}
	if err := a.c.Rows.erase(ctx, segment, key); err != nil {
		return err
	}
	a.halt(key)
	if err := a.work(ctx, segment, key); err != nil {
		a.wake()
		return fmt.Errorf("%w: %w", ErrPending, err)
	}
	return nil
}

// wipe removes what a row in the state erasing stands for; the row goes last. Only the holder of the key calls it.
func (a *Archive) wipe(ctx context.Context, r row) error {
	if err := a.removeSpool(r.Path); err != nil {
		return err
	}
	store, err := a.objects()
	if err != nil {
		return err
	}
	err = store.Delete(ctx, r.Key)
	if a.answered(ctx, err); err != nil {
		return err
	}
	if err := a.c.Rows.forget(ctx, r.Segment); err != nil {
		return err
	}
	a.c.Log.Info("archive: segment erased", "segment", r.Segment)
	return nil
}

// sweep removes what no row knows: unfinished uploads, and spool files and objects where the configuration can tell whose
// they are. An object is left over when a database was restored that knows nothing of it.
// It runs in Run's goroutine, so that no upload begins meanwhile. Its faults are logged; the next sweep tries again.
func (a *Archive) sweep(ctx context.Context) {
	parts, err := a.sweepUploads(ctx)
	files, ferr := a.sweepSpool(ctx)
	objects, oerr := a.sweepObjects(ctx)
	if err := errors.Join(err, ferr, oerr); err != nil && ctx.Err() == nil {
		a.c.Log.Warn("archive: sweep failed", "error", err)
	}
	if parts+files+objects > 0 {
		a.c.Log.Info("archive: orphans removed", "uploads", parts, "files", files, "objects", objects)
	}
}

// sweepObjects lets the queue erase what it finds, with all that an erasure does.
func (a *Archive) sweepObjects(ctx context.Context) (int, error) {
	if a.c.Ours == nil {
		return 0, nil
	}
	store, err := a.objects()
	if err != nil {
		return 0, err
	}
	n := 0
	err = store.Each(ctx, func(key string, stored time.Time) error {
		if time.Since(stored) < orphanAge {
			return nil
		}
		recording, segment, err := blob.ParseKey(key)
		if errors.Is(err, blob.ErrKey) {
			return nil // nothing that the archive has put there
		}
		if _, known, err := a.c.Rows.get(ctx, segment); err != nil || known {
			return err
		}
		if ours, err := a.c.Ours(ctx, recording); err != nil || !ours {
			return err
		}
		n++
		return a.c.Rows.erase(ctx, segment, key)
	})
	if err != nil {
		return n, fmt.Errorf("sweep objects: %w", err)
	}
	return n, nil
}

func (a *Archive) sweepUploads(ctx context.Context) (int, error) {
	known, err := a.c.Rows.uploads(ctx)
	if err != nil {
		return 0, err
	}
	store, err := a.objects()
	if err != nil {
		return 0, err
	}
	return store.Sweep(ctx, func(key, id string) bool { return known[id] == key })
}

// sweepSpool asks Live before it asks the database: a file is live until Add has returned, so one of the two knows it.
func (a *Archive) sweepSpool(ctx context.Context) (int, error) {
	if a.c.Live == nil {
		return 0, nil
	}
	var orphans []string
	err := fs.WalkDir(os.DirFS(a.c.Spool), ".", func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !e.Type().IsRegular() || blob.FormOf(path) == "" || a.c.Live(path) {
			return err
		}
		i, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || (err == nil && time.Since(i.ModTime()) < orphanAge) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, known, err := a.c.Rows.byPath(ctx, path); err != nil || known {
			return err
		}
		orphans = append(orphans, path)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweep spool: %w", err)
	}
	for i, path := range orphans {
		if err := a.removeSpool(path); err != nil {
			return i, err
		}
	}
	return len(orphans), nil
}
