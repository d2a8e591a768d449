package polls

import (
	"context"
	"fmt"
	"strconv"

	"plenum/webinar"
)

// DraftError says which of several drafts was refused.
type DraftError struct {
	Index int // from 0
	Err   error
}

func (e *DraftError) Error() string { return fmt.Sprintf("draft %d: %v", e.Index+1, e.Err) }
func (e *DraftError) Unwrap() error { return e.Err }

// AddAll adds drafts at the end of the run-sheet: all of them, or none. A key that was used in this webinar before returns
// what it made then, as far as that is still there. Errors: as of Create, of one draft within a *DraftError.
func (s *Service) AddAll(ctx context.Context, w webinar.ID, drafts []Draft, key string) ([]Poll, error) {
	for i := range drafts {
		drafts[i].Key = ""
		if err := drafts[i].Validate(); err != nil {
			return nil, &DraftError{i, err}
		}
	}
	key, err := webinar.CleanText("key", key, MaxKey, false)
	if err != nil {
		return nil, err
	}
	var out []Poll
	var made bool
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		out, made = nil, false
		if err := tx.running(w); err != nil {
			return err
		}
		if key != "" {
			before, err := tx.find(context.Background(), "webinar_id = ? AND create_key LIKE ? ESCAPE '\\'", w, likePrefix(key)+"/%")
			if err != nil {
				return err
			}
			for _, p := range before {
				out = append(out, p.Poll)
			}
			if len(out) > 0 {
				return nil
			}
		}
		if err := tx.room(w, len(drafts)); err != nil {
			return err
		}
		made = true
		for i, d := range drafts {
			p := newPoll(w, d)
			each := ""
			if key != "" {
				each = key + "/" + strconv.Itoa(i+1)
			}
			if err := tx.insert(&p, each); err != nil {
				return err
			}
			out = append(out, p)
		}
		return nil
	}, kept: func() {
		if made {
			for _, p := range out {
				s.publish(p, nil)
			}
		}
	}})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Copy adds polls of another webinar, or of the same one, as drafts. Without ids it copies the whole run-sheet, but each
// question once, whatever rounds it had. Whether the asker may read them is for the caller to know. Errors: as of AddAll,
// and ErrNotFound.
func (s *Service) Copy(ctx context.Context, w, from webinar.ID, ids []PollID, key string) ([]Poll, error) {
	drafts, err := s.Drafts(ctx, from, ids)
	if err != nil {
		return nil, err
	}
	return s.AddAll(ctx, w, drafts, key)
}

// Drafts returns what would make polls like those of a webinar, in the order of the run-sheet; without ids of all of them,
// each question once. A survey's date is left out where it is past. Errors: ErrNotFound.
func (s *Service) Drafts(ctx context.Context, w webinar.ID, ids []PollID) ([]Draft, error) {
	found, err := s.store.find(ctx, "webinar_id = ?", w)
	if err != nil {
		return nil, err
	}
	wanted := make(map[PollID]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	var out []Draft
	for _, p := range found {
		if len(ids) > 0 && !wanted[p.ID] || len(ids) == 0 && p.Round > 1 {
			continue
		}
		delete(wanted, p.ID)
		d := p.draft()
		if p.survey() && !p.SurveyUntil.After(s.wall()) {
			d.SurveyUntil = timeOf(0)
		}
		out = append(out, d)
	}
	if len(wanted) > 0 {
		return nil, ErrNotFound
	}
	return out, nil
}
