package polls

import (
	"context"
	"errors"
	"maps"
	"slices"

	"plenum/webinar"
)

// Why a decision about a text was refused.
var (
	ErrNotModerated = errors.New("polls of this kind have no texts")
	ErrNoText       = errors.New("nobody has said that, or not any more")
)

// Text is what some people said, for hosts.
type Text struct {
	Text  string
	Votes int // ballots that say it
	State TextState
}

// public is what everybody may see of a result that is out.
func (p Poll) public(t Tally) Tally {
	if p.sealed() {
		return Tally{Poll: t.Poll, Total: t.Total}
	}
	if k, ok := kindOf(p.Kind).(texts); ok && t.States != nil { // without states it is public already
		return k.public(p, t)
	}
	return t
}

// Texts returns all that was said, in no order that would tell when. Errors: ErrNotFound, ErrNotOpen, ErrNotModerated.
func (s *Service) Texts(ctx context.Context, w webinar.ID, id PollID) ([]Text, error) {
	p, t, err := s.Results(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if _, ok := kindOf(p.Kind).(texts); !ok {
		return nil, ErrNotModerated
	}
	out := make([]Text, len(t.Texts))
	for i, text := range t.Texts {
		out[i] = Text{text, t.Votes[i], t.States[i]}
	}
	slices.SortFunc(out, func(a, b Text) int {
		if a.Votes != b.Votes {
			return b.Votes - a.Votes
		}
		if a.Text < b.Text {
			return -1
		}
		return 1
	})
	return out, nil
}

// Moderate shows or hides a text, whoever said it and whoever will say it again; TextHeld takes the decision back. It
// may go on after the closing. Errors: ErrNotFound, ErrNotOpen, ErrNotModerated, ErrNoText, *webinar.InvalidError.
func (s *Service) Moderate(ctx context.Context, w webinar.ID, id PollID, text string, to TextState) error {
	if to != TextHeld && to != TextShown && to != TextHidden {
		return &webinar.InvalidError{Field: "state", Reason: "unknown"}
	}
	return s.changeTexts(ctx, w, id, text, func(tx *txn, p *stored, key string) (*count, error) {
		return nil, tx.mark(&p.Poll, key, to)
	})
}

// RemoveText erases a text from every ballot that says it. The ballots stay and count. Errors: those of Moderate.
func (s *Service) RemoveText(ctx context.Context, w webinar.ID, id PollID, text string) error {
	return s.changeTexts(ctx, w, id, text, func(tx *txn, p *stored, key string) (*count, error) { return tx.removeText(p, key) })
}

// changeTexts changes what is decided about a text of a poll that was opened, and tells of it. Change returns a new count
// if the box has changed.
func (s *Service) changeTexts(ctx context.Context, w webinar.ID, id PollID, text string, change func(tx *txn, p *stored, key string) (*count, error)) error {
	var p stored
	var k texts
	var c *count
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if p, err = tx.get(context.Background(), w, id); err != nil {
			return err
		}
		var ok bool
		k, ok = kindOf(p.Kind).(texts)
		switch {
		case p.State == StateDraft:
			return ErrNotOpen
		case !ok:
			return ErrNotModerated
		}
		t := p.tally
		if p.State == StateOpen {
			t, _ = s.open.get(id)
		}
		key := k.key(text)
		if !slices.ContainsFunc(t.Texts, func(s string) bool { return k.key(s) == key }) {
			return ErrNoText
		}
		p.marks = maps.Clone(p.marks) // others may be reading it
		c, err = change(tx, &p, key)
		return err
	}, kept: func() {
		if c != nil {
			p.tally = c.tally()
			s.writer.untidy = true // what was removed is in the write-ahead log until then
		} else {
			p.tally = k.judge(p.Poll, p.tally)
		}
		switch {
		case p.State == StateClosed:
			s.publishTally(p.Poll, p.tally)
			s.publish(p.Poll, &p.tally)
		case c != nil:
			s.open.set(c)
		default:
			s.open.decide(id, p.marks)
		}
	}})
}
