package polls

import (
	"cmp"
	"time"

	"plenum/webinar"
)

// Results says who sees the result of a poll. Hosts always do, but while it is sealed.
type Results string

// Who sees a result. A series (see [Plan.Series]) holds it back from all of them.
const (
	ResultsVoted  Results = "voted"  // who has voted; everybody from the close on
	ResultsClosed Results = "closed" // everybody, from the close on
	ResultsShown  Results = "shown"  // everybody, at once
	ResultsHidden Results = "hidden" // nobody, until a host shows it
)

// The limits of a plan.
const (
	MaxSeries  = 60 // in runes
	MinOpenFor = 5 * time.Second
	MaxOpenFor = 24 * time.Hour
)

// Plan is what a host lays down of a poll's life before it opens.
type Plan struct {
	OpenFor     time.Duration // closes so long after its opening; 0: when a host closes it or the webinar ends
	SurveyUntil time.Time     // a survey: open until then, also after the end of the webinar; zero: none
	Results     Results       // empty: what is usual for the kind
	Series      string        // polls of one name show their results when the last of them has closed; empty: none
}

func (p *Plan) validate(k Kind) error {
	series, err := webinar.CleanText("series", p.Series, MaxSeries, false)
	if err != nil {
		return err
	}
	p.Series = series
	p.Results = cmp.Or(p.Results, usualResults(k))
	p.SurveyUntil = timeOf(milli(p.SurveyUntil))
	switch {
	case p.OpenFor != 0 && p.OpenFor < MinOpenFor:
		return &webinar.InvalidError{Field: "open_for_ms", Reason: "too-short-a-time", Limit: int(MinOpenFor / time.Second)}
	case p.OpenFor > MaxOpenFor:
		return &webinar.InvalidError{Field: "open_for_ms", Reason: "too-long-a-time", Limit: int(MaxOpenFor / time.Hour)}
	case p.OpenFor != 0 && !p.SurveyUntil.IsZero():
		return &webinar.InvalidError{Field: "survey_until", Reason: "two-ends"}
	}
	return p.Results.validate()
}

func (r Results) validate() error {
	switch r {
	case ResultsVoted, ResultsClosed, ResultsShown, ResultsHidden:
		return nil
	}
	return &webinar.InvalidError{Field: "results", Reason: "unknown"}
}

// usualResults is who sees the result where the host did not say.
func usualResults(k Kind) Results {
	if k == Quiz {
		return ResultsClosed
	}
	return ResultsVoted
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Life is where a poll has got to.
type Life struct {
	ClosesAt time.Time // while open: when it closes by itself; zero: never
	// CountingSince: a motion that took no vote any more from then on, and waited for its ballots on paper; zero: it did not.
	CountingSince time.Time
	PublishedAt   time.Time // closed: since when its result is out; zero: it is not
	First         PollID    // of the first round, which is the poll itself if there was none before
	Round         int       // from 1; a round is a poll of its own, with a ballot box of its own
	Held          bool      // its series holds the result back: another poll of it has not closed yet
	Kept          int       // draft: ballots that were cast before its opening was undone
}

// SeenBy reports whether somebody who is no host may see the result.
func (p Poll) SeenBy(voted bool) bool {
	switch p.State {
	case StateClosed:
		return !p.PublishedAt.IsZero()
	case StateOpen:
		return p.Series == "" && p.Kind != Quiz && !p.IsMotion() && (p.Results == ResultsShown || (p.Results == ResultsVoted && voted))
	case StateDraft:
	}
	return false
}

// audience is who gets the tallies. The page of who has not voted yet keeps them to itself until then.
func (p Poll) audience() webinar.Audience {
	if p.SeenBy(true) {
		return webinar.Everyone()
	}
	return webinar.Hosts()
}

// survey reports whether the poll outlives its webinar.
func (p Poll) survey() bool { return !p.SurveyUntil.IsZero() }

// ends is when the poll would close by itself if it opened now; zero: never.
func (p Poll) ends(now time.Time) time.Time {
	switch {
	case p.survey():
		return p.SurveyUntil
	case p.OpenFor > 0:
		return timeOf(now.Add(p.OpenFor).UnixMilli())
	}
	return time.Time{}
}
