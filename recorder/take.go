package recorder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/recorder/master"
	"plenum/webinar"
	"plenum/webinar/media"
)

// take is one segment while it is written: what one publication sends between two closings.
type take struct {
	id      string
	rec     RecordingID
	session string
	subject webinar.SubjectID
	group   Group
	out     writer
	room    *room
	once    sync.Once
	closing bool // under the room's lock: no gate may join
}

// newTake makes the row of a segment and its writer. Nothing is on disk until a packet has passed a gate.
func (r *room) newTake(ctx context.Context, g *gate) (*take, error) {
	rec := r.current()
	t := &take{id: webinar.NewID(), rec: rec.ID, session: g.track.Session, subject: webinar.SubjectID(g.track.Subject), group: groupOf(g.track.Kind), room: r}
	row := segmentRow{ID: t.id, RecordingID: t.rec, SubjectID: string(t.subject), Grp: string(t.group), Label: t.label()}
	if err := r.s.rows.begin(ctx, row); err != nil {
		return nil, err
	}
	r.s.setLive(t.id, true)
	t.out = r.s.c.newWriter(master.Config{Dir: r.s.c.Spool, ID: t.id, Origin: rec.StartedAt, KeyFrame: t.keyFrame, Log: r.s.c.Log, Sync: r.s.disk.Sync, OnError: t.failed})
	return t, nil
}

// label is the name as shown if its owner agrees to that now.
func (t *take) label() string {
	t.room.mu.Lock()
	name, book := t.room.person(t.subject).name, t.room.book
	t.room.mu.Unlock()
	if book.Allowed(t.rec, t.subject).Has(consent.Name) {
		return name
	}
	return ""
}

func (t *take) keyFrame(k media.Kind) {
	t.room.mu.Lock()
	var src media.Source
	for _, g := range t.room.gates {
		if g.take == t && g.track.Kind == k {
			src = g.src
		}
	}
	t.room.mu.Unlock()
	if src != nil {
		src.RequestKeyFrame()
	}
}

// failed is called by the writer when the disk fails it.
func (t *take) failed(err error) {
	why := ByStorage
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		why = ByDisk
	}
	t.room.s.c.Log.Error("recorder: the spool failed", "webinar", string(t.room.id), "segment", t.id, "error", err)
	t.room.mu.Lock()
	if t.room.rec.ID == t.rec {
		t.room.later(func(context.Context) error { t.room.fail(why); return nil })
	}
	t.room.mu.Unlock()
}

// shut throws away what is not on disk and has the rest sealed. All callers wait until nothing more is written.
func (t *take) shut() {
	t.once.Do(func() {
		t.out.Discard()
		t.room.mu.Lock()
		delete(t.room.takes, t)
		t.room.mu.Unlock()
		t.room.s.bg.Go(func() { t.seal(context.Background()) })
	})
}

// seal finishes the file and hands it to the archive, or erases it if its owner has withdrawn. What does not succeed, on
// a full disk for example, is tried again until it does.
func (t *take) seal(ctx context.Context) {
	s := t.room.s
	info, err := t.out.Seal()
	if err != nil {
		s.c.Log.Error("recorder: sealing failed, trying to repair", "segment", t.id, "error", err)
		if info, err = s.c.repair(filepath.Join(s.c.Spool, t.id+".webm")); errors.Is(err, os.ErrNotExist) {
			info, err = master.Info{Empty: true}, nil
		}
	}
	if err == nil {
		err = s.settle(ctx, t.rec, t.id, t.label(), info)
	}
	if err != nil {
		s.c.Log.Error("recorder: segment not sealed, will be tried again", "segment", t.id, "error", err)
		t.room.mu.Lock()
		t.room.undone = append(t.room.undone, t.mend)
		t.room.mu.Unlock()
		return
	}
	t.finish(ctx)
}

// mend does what seal could not, with what is on disk and in the row.
func (t *take) mend(ctx context.Context) error {
	s := t.room.s
	rows, err := s.rows.segments(ctx, `id = ?`, t.id)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := s.repairOne(ctx, row); err != nil {
			return err
		}
	}
	t.finish(ctx)
	return nil
}

// finish follows a settled take. Who withdrew while it was being sealed had the segment marked only: erasing leaves alone
// what somebody still holds.
func (t *take) finish(ctx context.Context) {
	s := t.room.s
	s.setLive(t.id, false)
	s.sweep(ctx)
	t.room.finish(ctx, t.rec)
}

// settle does with a finished file what its row says.
func (s *Service) settle(ctx context.Context, rec RecordingID, id, label string, info master.Info) error {
	if info.Empty {
		return s.rows.forget(ctx, id)
	}
	kept, err := s.rows.sealed(ctx, id, label, info)
	if err != nil {
		return err
	}
	if !kept {
		if err := os.Remove(info.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return failed("erase segment", err)
		}
		return s.erase(ctx, segmentRow{ID: id, RecordingID: rec})
	}
	err = s.c.Archive.Add(ctx, id, objectKey(rec, id), info)
	if errors.Is(err, archive.ErrErased) {
		return s.rows.forget(ctx, id)
	}
	return err
}

// erase removes a doomed segment from the archive, then its row. An erasure that the archive has on its list is done.
func (s *Service) erase(ctx context.Context, row segmentRow) error {
	err := s.c.Archive.Erase(ctx, row.key())
	if err != nil && !errors.Is(err, archive.ErrPending) && !errors.Is(err, archive.ErrNotFound) {
		return failed("erase segment", err)
	}
	return s.rows.forget(ctx, row.ID)
}

// Archived tells the recorder what became of a segment; it is archive.Config.Done.
func (s *Service) Archived(ctx context.Context, res archive.Result) error {
	rows, err := s.rows.segments(ctx, `id = ?`, res.Segment)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return s.derivedArchived(ctx, res)
	}
	if res.Err != nil {
		s.c.Log.Error("recorder: a segment is lost", "segment", res.Segment, "error", res.Err)
		err = s.rows.forget(ctx, res.Segment)
	} else {
		err = s.rows.stored(ctx, res.Segment, res.Size)
	}
	if err != nil {
		return err
	}
	rec, err := s.rows.one(ctx, `id = ?`, rows[0].RecordingID)
	if err != nil {
		return err
	}
	s.room(rec.Webinar).finish(ctx, rec.ID)
	return nil
}

// finish makes a stopped recording available once all its segments are in the store.
func (r *room) finish(ctx context.Context, id RecordingID) {
	rec, err := r.find(ctx, id)
	if err != nil || rec.State != Stopped && rec.State != Available {
		return
	}
	r.s.wanted(ctx, id)
	if rec.State == Available {
		return
	}
	n, err := r.s.rows.open(ctx, id)
	if err != nil || n > 0 {
		return
	}
	r.mu.Lock()
	rec.State = Available
	last := r.rec.ID == id
	if last {
		if r.rec.State != Stopped {
			r.mu.Unlock()
			return
		}
		r.rec.State = Available
	}
	r.mu.Unlock()
	if err := r.s.rows.save(ctx, rec); err != nil {
		r.s.c.Log.Error("recorder: not written down", "recording", id, "error", err)
		r.mu.Lock()
		if last && r.rec.ID == id {
			r.unsaved = true
		}
		r.mu.Unlock()
		return
	}
	r.s.wanted(ctx, id) // the row may not have said before that it has ended
	if last {
		r.tell()
	}
}
