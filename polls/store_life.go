package polls

import (
	"context"
	"errors"
	"strings"
	"time"

	"plenum/webinar"
)

// lifeColumns are what [lifeRow] reads. Held and kept are looked up: other rows can change them.
const lifeColumns = `open_ms, survey_until, results, series, closes_at, counting_since, published_at, first_id, round,
	series <> '' AND EXISTS (SELECT 1 FROM polls q JOIN webinars w ON w.id = q.webinar_id WHERE q.webinar_id = polls.webinar_id
		AND q.series = polls.series AND (q.state = 'open' OR (q.state = 'draft' AND w.state <> 'ended'))),
	CASE polls.state WHEN 'draft' THEN (SELECT count(*) FROM ballots b WHERE b.poll_id = polls.id) ELSE 0 END`

type lifeRow struct {
	openMs, surveyUntil, closesAt, countingSince, publishedAt int64
	results, series, first                                    string
	round, kept                                               int
	held                                                      bool
}

func (r *lifeRow) targets() []any {
	return []any{&r.openMs, &r.surveyUntil, &r.results, &r.series, &r.closesAt, &r.countingSince, &r.publishedAt, &r.first, &r.round, &r.held, &r.kept}
}

func (r *lifeRow) into(p *Poll) {
	p.Plan = Plan{OpenFor: time.Duration(r.openMs) * time.Millisecond, SurveyUntil: timeOf(r.surveyUntil), Results: Results(r.results), Series: r.series}
	p.Life = Life{ClosesAt: timeOf(r.closesAt), CountingSince: timeOf(r.countingSince), PublishedAt: timeOf(r.publishedAt), First: PollID(r.first), Round: r.round, Held: r.held, Kept: r.kept}
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// plan writes what a draft lays down of its life.
func (t *txn) plan(p *Poll) error {
	return fault("plan poll", t.db.Exec("UPDATE polls SET open_ms = ?, survey_until = ?, results = ?, series = ?, first_id = ?, round = ? WHERE id = ?",
		p.OpenFor.Milliseconds(), milli(p.SurveyUntil), p.Results, p.Series, p.First, p.Round, p.ID).Error)
}

func (t *txn) closesAt(p *Poll, at time.Time) error {
	p.ClosesAt = timeOf(milli(at))
	return fault("set end of poll", t.db.Exec("UPDATE polls SET closes_at = ? WHERE id = ?", milli(at), p.ID).Error)
}

// checkEnd refuses an end that is past, or later than what the webinar keeps. Once the webinar has ended, its seats
// last as long as the surveys were to last then, so an end only comes nearer.
func (t *txn) checkEnd(p *Poll, at, now time.Time) error {
	if at.IsZero() {
		return nil
	}
	var state string
	var expires int64
	if err := t.db.Raw("SELECT state, expires_at FROM webinars WHERE id = ?", p.Webinar).Row().Scan(&state, &expires); err != nil {
		return fault("read webinar", err)
	}
	last := timeOf(expires)
	if state == string(webinar.Ended) && !p.ClosesAt.IsZero() && p.ClosesAt.Before(last) {
		last = p.ClosesAt
	}
	switch {
	case !at.After(now):
		return &webinar.InvalidError{Field: "survey_until", Reason: "past"}
	case at.After(last):
		return &webinar.InvalidError{Field: "closes_at", Reason: "too-late"}
	}
	return nil
}

// unopen makes a draft of an open poll. Its ballots stay.
func (t *txn) unopen(p *Poll) error {
	p.State, p.OpenedAt, p.ClosesAt = StateDraft, time.Time{}, time.Time{}
	if err := t.db.Raw("SELECT count(*) FROM ballots WHERE poll_id = ?", p.ID).Row().Scan(&p.Kept); err != nil {
		return fault("count ballots", err)
	}
	if p.Secrecy == Secret && p.Kept == 0 {
		if err := t.dropTokens(p.ID); err != nil {
			return err
		}
	}
	return fault("undo opening", t.db.Exec("UPDATE polls SET state = 'draft', opened_at = 0, closes_at = 0 WHERE id = ?", p.ID).Error)
}

// finish closes a poll and publishes its result unless that is hidden or held back. It returns the other polls of its
// series that are out with it.
func (t *txn) finish(p *stored, at time.Time) ([]stored, error) {
	if err := t.close(p, at); err != nil {
		return nil, err
	}
	if p.Series == "" {
		if p.Results == ResultsHidden {
			return nil, nil
		}
		p.PublishedAt = p.ClosedAt
		return nil, t.results(p.Poll)
	}
	out, err := t.release(p.Webinar, p.Series, at)
	if err != nil {
		return nil, err
	}
	var others []stored
	for _, o := range out {
		if o.ID == p.ID {
			p.Life = o.Life
		} else {
			others = append(others, o)
		}
	}
	return others, nil
}

// results writes who sees a result and since when it is out.
func (t *txn) results(p Poll) error {
	return fault("publish poll", t.db.Exec("UPDATE polls SET results = ?, published_at = ? WHERE id = ?", p.Results, milli(p.PublishedAt), p.ID).Error)
}

// release publishes what a series, or any if series is empty, held back and holds back no more, and returns it.
func (t *txn) release(w webinar.ID, series string, now time.Time) ([]stored, error) {
	found, err := t.find(context.Background(), `webinar_id = ? AND series <> '' AND (series = ? OR ? = '') AND polls.state = 'closed'
		AND published_at = 0 AND results <> 'hidden'`, w, series, series)
	if err != nil {
		return nil, err
	}
	var out []stored
	for _, p := range found {
		if p.Held {
			continue
		}
		p.PublishedAt = timeOf(now.UnixMilli())
		if err := t.results(p.Poll); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// orderStep is more than a run-sheet has polls: beyond it, places are free while they are given out anew.
const orderStep = 1 << 20

// order gives the polls of a run-sheet their places anew, from 1. A nil answer of arrange means that a poll is missing.
func (t *txn) order(w webinar.ID, arrange func([]PollID) []PollID) ([]PollID, error) {
	var ids []PollID
	if err := t.db.Raw("SELECT id FROM polls WHERE webinar_id = ? ORDER BY position", w).Scan(&ids).Error; err != nil {
		return nil, fault("read run-sheet", err)
	}
	if ids = arrange(ids); ids == nil {
		return nil, ErrNotFound
	}
	if err := t.db.Exec("UPDATE polls SET position = position + ? WHERE webinar_id = ?", orderStep, w).Error; err != nil {
		return nil, fault("write run-sheet", err)
	}
	for i, id := range ids {
		if err := t.db.Exec("UPDATE polls SET position = ? WHERE id = ?", i+1, id).Error; err != nil {
			return nil, fault("write run-sheet", err)
		}
	}
	return ids, nil
}

// room refuses more polls than a webinar holds.
func (t *txn) room(w webinar.ID, more int) error {
	var count int
	if err := t.db.Raw("SELECT count(*) FROM polls WHERE webinar_id = ?", w).Row().Scan(&count); err != nil {
		return fault("count polls", err)
	}
	if count+more > MaxPolls {
		return &webinar.InvalidError{Field: "polls", Reason: "too-many", Limit: MaxPolls}
	}
	return nil
}

// likePrefix takes a text literally in LIKE.
func likePrefix(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}
