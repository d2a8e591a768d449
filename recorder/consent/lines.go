package consent

import (
	"context"
	"time"

	"plenum/webinar"
)

// Lines says which written lines may stand in a recording and in whatever is made of it (I21). Whoever stores a line
// of chat, a question or an answer to a poll beside a recording asks it for each, every time it is written anew, with
// Chat or Poll for the line and with Name for the name beside it.
// The zero value allows none.
type Lines struct{ spans map[lineKey][]span }

type lineKey struct {
	who   webinar.SubjectID
	scope Scope
}

// span is a time, open while to is zero.
type span struct{ from, to time.Time }

func (s span) has(at time.Time) bool { return !at.Before(s.from) && (s.to.IsZero() || at.Before(s.to)) }

// Allow reports whether the line that author wrote at a time may stand: the author had allowed the scope by then and
// has not taken it back since, and the recording ran. A line without an author may not.
func (l Lines) Allow(author webinar.SubjectID, s Scope, at time.Time) bool {
	if author == "" {
		return false
	}
	for _, span := range l.spans[lineKey{author, s}] {
		if span.has(at) {
			return true
		}
	}
	return false
}

// Lines reads from the ledger what may stand in a recording now. A no that the ledger has not taken yet counts.
func (b *Book) Lines(ctx context.Context, rec RecordingID) (Lines, error) {
	var story []Told
	err := b.log.each(ctx, b.webinar, func(e Entry) error {
		if e.Recording != rec || e.Erased() {
			return nil
		}
		ev, err := e.Event()
		story = append(story, Told{Kind: e.Kind, Event: ev})
		return err
	})
	if err != nil {
		return Lines{}, err
	}
	l := linesOf(story)
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.recs[rec]; r != nil {
		for who, p := range r.people {
			for _, taken := range p.pending {
				l.drop(who, taken.scopes)
			}
		}
	}
	return l, nil
}

// linesOf replays the life of one recording.
func linesOf(story []Told) Lines {
	l := Lines{spans: map[lineKey][]span{}}
	live := map[webinar.SubjectID]Scope{}
	running := false
	for _, told := range story {
		at := told.At.Truncate(time.Millisecond)
		switch told.Kind {
		case Start, Resume:
			running = true
			for who, scopes := range live {
				l.begin(who, scopes, at)
			}
		case Pause, Stop, Abort:
			running = false
			l.endAll(at)
		case Expire:
			clear(live)
			l.endAll(at)
		case Erase:
			return Lines{}
		case Grant:
			l.drop(told.Subject, All&^told.Scopes) // what an earlier yes had and this one lacks is taken back
			if running {
				l.begin(told.Subject, told.Scopes&^live[told.Subject], at)
			}
			live[told.Subject] = told.Scopes
		case Refuse, Withdraw:
			lost := told.Scopes
			if live[told.Subject] &^= lost; told.Kind == Refuse || live[told.Subject]&Media == 0 {
				lost = All // what is left of a grant without media is none
			}
			live[told.Subject] &^= lost
			if told.Kind == Withdraw && told.Reason == Kept {
				l.end(told.Subject, lost, at)
			} else {
				l.drop(told.Subject, lost)
			}
		default: // changes no consent
		}
	}
	return l
}

// lined lists the scopes of s that lines are judged by.
func lined(s Scope) []Scope {
	out := make([]Scope, 0, 3)
	for _, one := range []Scope{Name, Chat, Poll} {
		if s&one != 0 {
			out = append(out, one)
		}
	}
	return out
}

func (l Lines) begin(who webinar.SubjectID, scopes Scope, at time.Time) {
	for _, s := range lined(scopes) {
		k := lineKey{who, s}
		l.spans[k] = append(l.spans[k], span{from: at})
	}
}

func (l Lines) end(who webinar.SubjectID, scopes Scope, at time.Time) {
	for _, s := range lined(scopes) {
		l.shut(lineKey{who, s}, at)
	}
}

func (l Lines) endAll(at time.Time) {
	for k := range l.spans {
		l.shut(k, at)
	}
}

func (l Lines) shut(k lineKey, at time.Time) {
	if s := l.spans[k]; len(s) > 0 && s[len(s)-1].to.IsZero() {
		s[len(s)-1].to = at
	}
}

func (l Lines) drop(who webinar.SubjectID, scopes Scope) {
	for _, s := range lined(scopes) {
		delete(l.spans, lineKey{who, s})
	}
}
