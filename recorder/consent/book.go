// Package consent knows who agreed to be recorded: the notice that was shown, the answers of people, and the
// append-only, hash-chained ledger in which each answer is an entry. A Book answers from memory what the ledger of one
// webinar says and makes the permits without which nothing is written.
package consent

import (
	"context"
	"fmt"
	"sync"

	"plenum/webinar"
)

// State is where one person stands towards one recording.
type State string

// The states of a person.
const (
	None      State = "none"
	WasShown  State = "shown"
	Granted   State = "granted"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
)

// appender is what a Book needs of the ledger.
type appender interface {
	append(ctx context.Context, w webinar.ID, k Kind, rec RecordingID, ev Event) (Entry, error)
	each(ctx context.Context, w webinar.ID, f func(Entry) error) error
	attest(r *Receipt)
}

// Book is the consent state of one webinar, rebuilt from the ledger with every permit void. Closing acts (Halt,
// Revoke) take effect in memory at once; opening ones only after the ledger has the entry.
type Book struct {
	webinar webinar.ID
	log     appender
	turn    chan struct{} // one writer of the ledger at a time; a channel, so that waiting ends with the context

	mu   sync.Mutex
	recs map[RecordingID]*record
	head Head
	owed []draft // closings that took effect and that the ledger has not taken yet
}

// Head is the end of a chain.
type Head struct {
	Seq  uint64
	Hash [32]byte
}

type record struct {
	notice Notice
	phase  Kind // the last entry of its life
	halts  uint64
	ready  bool // a start or resume is durable and nothing halted since
	run    *epoch
	on     bool
	people map[webinar.SubjectID]*person
	keys   map[keyID]uint64 // to the sequence number
}

type keyID struct {
	who  webinar.SubjectID
	kind Kind
	key  string
}

type person struct {
	state   State
	scopes  Scope
	publish bool
	fresh   string // hash of the notice shown since the last answer; empty: none
	pending []no   // in force and not in the ledger yet
	grant   [4]*epoch
	last    Entry // of the last answer
	lastEv  Event
}

// no is a refusal or withdrawal.
type no struct {
	kind   Kind
	key    string
	scopes Scope
}

type draft struct {
	kind Kind
	rec  RecordingID
	ev   Event
}

// NewBook opens the book of a webinar and replays its ledger.
func NewBook(ctx context.Context, l *Ledger, w webinar.ID) (*Book, error) { return newBook(ctx, l, w) }

func newBook(ctx context.Context, log appender, w webinar.ID) (*Book, error) {
	b := &Book{webinar: w, log: log, turn: make(chan struct{}, 1), recs: map[RecordingID]*record{}}
	err := log.each(ctx, w, func(e Entry) error {
		if e.Prev != b.head.Hash || e.Seq != b.head.Seq+1 || e.Hash != e.sum() {
			return fmt.Errorf("%w: entry %d", ErrTampered, e.Seq)
		}
		b.head = Head{Seq: e.Seq, Hash: e.Hash}
		if e.Erased() {
			return nil
		}
		if commit(e.Salt, e.Payload) != e.Commitment {
			return fmt.Errorf("%w: payload %d", ErrTampered, e.Seq)
		}
		ev, err := e.Event()
		if err != nil {
			return err
		}
		b.apply(e, ev)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, r := range b.recs { // whatever was open before this process is closed
		r.ready = false
	}
	return b, nil
}

// write takes the turn, lets the ledger have what it is owed, asks check, appends and applies. A closing that the
// ledger did not take is owed.
func (b *Book) write(ctx context.Context, d draft, check func() (done bool, err error)) (err error) {
	failed := true // of a cause other than check
	defer func() {
		if failed && d.kind.closes() {
			b.mu.Lock()
			b.owed = append(b.owed, d)
			b.mu.Unlock()
		}
	}()
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrLedger, ctx.Err())
	}
	defer func() { <-b.turn }()
	if err := b.settle(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	done, err := check()
	b.mu.Unlock()
	if done || err != nil {
		failed = false
		return err
	}
	e, err := b.log.append(ctx, b.webinar, d.kind, d.rec, d.ev)
	if err != nil {
		return err
	}
	failed = false
	b.mu.Lock()
	defer b.mu.Unlock()
	b.take(e, d.ev)
	return nil
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
		if !needed {
			continue
		}
		e, err := b.log.append(ctx, b.webinar, d.kind, d.rec, d.ev)
		if err != nil {
			return err
		}
		b.mu.Lock()
		b.owed = b.owed[1:]
		b.take(e, d.ev)
		b.mu.Unlock()
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

func (b *Book) take(e Entry, ev Event) {
	b.head = Head{Seq: e.Seq, Hash: e.Hash}
	b.apply(e, ev)
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

func (b *Book) owe(d draft) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owed = append(b.owed, d)
	if r := b.recs[d.rec]; r != nil && d.ev.Subject != "" {
		p := r.person(d.ev.Subject)
		p.pending = append(p.pending, d.no())
	}
}

func (d draft) no() no { return no{kind: d.kind, key: d.ev.Key, scopes: d.ev.Scopes} }

// Head returns the end of the chain.
func (b *Book) Head() Head {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.head
}

// closes reports whether an entry of this kind only ever takes rights away.
func (k Kind) closes() bool {
	switch k {
	case Pause, Stop, Abort, Expire, Refuse, Withdraw, Erase:
		return true
	default:
		return false
	}
}
