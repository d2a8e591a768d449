package consent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"plenum/webinar"
)

// DebtsOf is the name, but for the webinar at its end, under which a Book keeps what the ledger is owed.
const DebtsOf = "ledger/"

// draft is an entry that the ledger does not have yet.
type draft struct {
	kind Kind
	rec  RecordingID
	ev   Event

	salt  []byte // of a closing, which it tells from any other; nil: its entry gets one
	after uint64 // the end of the ledger when the closing was made
}

func (d draft) no() no { return no{kind: d.kind, key: d.ev.Key, scopes: d.ev.Scopes} }

// debt is the stored form of a draft.
type debt struct {
	Kind      Kind            `json:"kind"`
	Recording RecordingID     `json:"recording"`
	Payload   json.RawMessage `json:"payload"` // as the ledger would have it
	Salt      []byte          `json:"salt"`
	After     uint64          `json:"after"`
}

func (d draft) debt() (debt, error) {
	body, err := json.Marshal(newPayload(d.ev))
	if err != nil {
		return debt{}, fmt.Errorf("encode payload: %w", err)
	}
	return debt{Kind: d.kind, Recording: d.rec, Payload: body, Salt: d.salt, After: d.after}, nil
}

func (d debt) draft() (draft, error) {
	var p payload
	if err := json.Unmarshal(d.Payload, &p); err != nil {
		return draft{}, fmt.Errorf("read what the ledger is owed: %w", err)
	}
	ev, err := p.event()
	return draft{kind: d.Kind, rec: d.Recording, ev: ev, salt: d.Salt, after: d.After}, err
}

// said reports whether an entry says what was owed: it is the same one, which the process did not live to cross out, or a
// grant that leaves those scopes out.
func (d debt) said(e Entry, ev Event) bool {
	if bytes.Equal(d.Salt, e.Salt) {
		return true
	}
	if e.Seq <= d.After || d.Recording != e.Recording {
		return false
	}
	o, err := d.draft()
	return err == nil && d.Kind == Withdraw && e.Kind == Grant && o.ev.Subject == ev.Subject && o.ev.Scopes&ev.Scopes == 0
}

// impose puts in force what an earlier process had promised and the ledger does not say.
func (b *Book) impose(left []debt) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range left {
		d, err := l.draft()
		if err != nil {
			return err
		}
		r := b.recs[d.rec]
		if !b.needed(d) || d.ev.Subject != "" && r.person(d.ev.Subject).promised(d.kind, d.ev.Key) != 0 {
			continue // what is said twice under one key is written once
		}
		b.owed = append(b.owed, d)
		switch d.kind {
		case Refuse, Withdraw:
			r.person(d.ev.Subject).hold(d)
		case Expire:
			for _, p := range r.people {
				p.expire()
			}
		default: // every permit is void after a replay
		}
	}
	return nil
}

// to is the state of a person after a no.
func (k Kind) to() State {
	if k == Refuse {
		return Refused
	}
	return Withdrawn
}

// date makes a closing one of its own.
func (b *Book) date(d *draft) { d.salt, d.after = newSalt(), b.Head().Seq }

// promise has a no that counts already on disk before the ledger is asked, which may hang or die with the process. What
// the disk says is asked again by release.
func (b *Book) promise(d *draft) {
	b.mu.Lock()
	b.asked = append(b.asked, d)
	b.mu.Unlock()
	if b.note() == nil {
		_ = b.debts.Flush()
	}
}

// release ends a promise: it is kept, or the ledger did not take it and is owed it. The error says that not even the debt
// is on disk.
func (b *Book) release(d *draft, failed bool) error {
	b.mu.Lock()
	b.asked = slices.DeleteFunc(b.asked, func(e *draft) bool { return e == d })
	if failed {
		b.owed = append(b.owed, *d)
	}
	b.mu.Unlock()
	if err := b.note(); err != nil || !failed {
		return err // what the ledger has may stand among the debts until they are written the next time
	}
	return b.debts.Flush()
}

// note tells the debts what they must hold at their next Flush.
func (b *Book) note() error {
	b.noting.Lock()
	defer b.noting.Unlock()
	b.mu.Lock()
	drafts := slices.Clone(b.owed)
	for _, d := range b.asked {
		drafts = append(drafts, *d)
	}
	b.mu.Unlock()
	list := make([]debt, 0, len(drafts))
	for _, d := range drafts {
		l, err := d.debt()
		if err != nil {
			return err
		}
		list = append(list, l)
	}
	return b.debts.Set(DebtsOf+string(b.webinar), list)
}

// settle writes the owed closings; the turn is held.
func (b *Book) settle(ctx context.Context) error {
	for {
		b.mu.Lock()
		if len(b.owed) == 0 {
			b.mu.Unlock()
			return nil
		}
		d := b.owed[0]
		needed := b.needed(d)
		if !needed {
			b.owed = b.owed[1:]
		}
		b.mu.Unlock()
		if needed {
			e, err := b.log.append(ctx, b.webinar, d)
			if err != nil {
				return err
			}
			b.mu.Lock()
			b.owed = b.owed[1:]
			b.take(e, d.ev)
			told := b.told
			b.mu.Unlock()
			if told != nil {
				told(d.rec, d.ev.Subject)
			}
		}
		if err := b.note(); err != nil {
			return err
		}
	}
}

// needed reports whether an owed entry still says something: its place in a recording's life may have passed, or the
// same key been written.
func (b *Book) needed(d draft) bool {
	r := b.recs[d.rec]
	if r == nil {
		return false
	}
	if d.ev.Subject == "" {
		return d.kind == Expire || r.follows(d.kind) == nil // an expiry has ended the grants: the replay must end them too
	}
	if _, used := r.keys[keyID{d.ev.Subject, d.kind, d.ev.Key}]; used && d.ev.Key != "" {
		r.person(d.ev.Subject).settled(d.no())
		return false
	}
	return true
}

// OnSettled has f called when the ledger has taken an owed closing, of one person or, where who is empty, of all: where they
// stand may have changed, or they have a receipt. It may ask the book but not have it write.
func (b *Book) OnSettled(f func(rec RecordingID, who webinar.SubjectID)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = f
}

// Settle tries again to write closings that the ledger did not take. It returns nil when nothing is owed.
func (b *Book) Settle(ctx context.Context) error {
	b.mu.Lock()
	none := len(b.owed) == 0
	b.mu.Unlock()
	if none {
		return nil
	}
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-b.turn }()
	return b.settle(ctx)
}

// hold has a no count that follows in the ledger. mu is held.
func (p *person) hold(d draft) {
	p.close(d.kind.to(), d.ev.Scopes)
	p.pending = append(p.pending, d.no())
}
