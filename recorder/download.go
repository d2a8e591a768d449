package recorder

import (
	"context"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Download is one time that an organizer took something of a recording.
type Download struct {
	ID     string
	Who    string // account, or seat of a host without one
	What   Taken
	Object string // id of the segment or program; empty: there is one
	How    Taking
	At     time.Time
	Task   time.Time // since when the copy is to be deleted, because somebody in it has withdrawn; zero: it is not
	Done   time.Time // when its owner said that it is
}

// Taken is what was taken.
type Taken string

// What can be taken.
const (
	TookSegment Taken = "segment"
	TookProgram Taken = "program"
	TookReport  Taken = "report"
	TookLedger  Taken = "ledger"

	TookTimeline  Taken = "timeline"
	TookMP4       Taken = "mp4"
	TookComposite Taken = "composite"
	TookCaptions  Taken = "captions"
)

// Taking is how it was taken: as a file that stays, or played.
type Taking string

// The ways to take it.
const (
	AsFile Taking = "download"
	AsPlay Taking = "play"
)

// sameDownload is the time in which requests for one object are one download: players and clients ask for parts.
const sameDownload = 10 * time.Minute

// Took writes down a download before the first byte goes. What cannot be written down must not go.
func (s *Service) Took(ctx context.Context, id RecordingID, d Download) error {
	d.ID, d.At = webinar.NewID(), time.Now()
	again := d.At.Add(-sameDownload)
	if d.What == TookReport { // nobody asks for parts of it, and each tells who had agreed by then
		again = d.At
	}
	return s.rows.addDownload(ctx, id, d, again)
}

// Downloads lists what was taken of a recording, the newest first.
func (s *Service) Downloads(ctx context.Context, w webinar.ID, id RecordingID) ([]Download, error) {
	if _, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w); err != nil {
		return nil, err
	}
	return s.rows.downloads(ctx, id)
}

// CopyDeleted notes that a copy which was to be deleted is. The ledger has it first. Saying so twice is saying it once.
func (s *Service) CopyDeleted(ctx context.Context, w webinar.ID, id RecordingID, download string, by webinar.SubjectID) error {
	list, err := s.Downloads(ctx, w, id)
	if err != nil {
		return err
	}
	for _, d := range list {
		switch {
		case d.ID != download || d.Task.IsZero():
			continue
		case !d.Done.IsZero():
			return nil
		}
		book, err := s.room(w).open(ctx)
		if err != nil {
			return err
		}
		if err := book.Note(ctx, id, consent.CopyDeleted, download, by); err != nil {
			return err
		}
		return s.rows.copyDeleted(ctx, download, time.Now())
	}
	return ErrNotFound
}
