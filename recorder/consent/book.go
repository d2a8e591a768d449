// Package consent knows who agreed to be recorded: the notice that was shown, the answers of people, and the
// append-only, hash-chained ledger in which each answer is an entry. A Book answers from memory what the ledger of one
// webinar says and makes the permits without which nothing is written.
package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

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
	append(ctx context.Context, w webinar.ID, d draft) (Entry, error)
	each(ctx context.Context, w webinar.ID, f func(Entry) error) error
	attest(r *Receipt)
}

// Debts keeps lists by name where they outlive the process although the ledger's database fails: journal.Journal does.
type Debts interface {
	Set(name string, v any) error
	Get(name string, v any) error
	Flush() error
}

// Book is the consent state of one webinar, rebuilt from the ledger with every permit void. Closing acts (Halt,
// Revoke) take effect in memory at once; opening ones only after the ledger has the entry.
type Book struct {
	webinar webinar.ID
	log     appender
	debts   Debts
	turn    chan struct{} // one writer of the ledger at a time; a channel, so that waiting ends with the context

	mu    sync.Mutex
	recs  map[RecordingID]*record
	head  Head
	owed  []draft                              // closings that took effect and that the ledger has not taken yet
	asked []*draft                             // answers that took effect and with which the ledger is being asked
	told  func(RecordingID, webinar.SubjectID) // see OnSettled; nil: nobody hears

	noting sync.Mutex // so that the debts hear the newest last
}

// Head is the end of a chain.
type Head struct {
	Seq  uint64
	Hash [32]byte
}

type record struct {
	notice Notice
	phase  Kind // the last entry of its life
	at     time.Time
	why    string
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

// NewBook opens the book of a webinar and replays its ledger, then imposes what an earlier process left in debts.
func NewBook(ctx context.Context, l *Ledger, debts Debts, w webinar.ID) (*Book, error) {
	return newBook(ctx, l, debts, w)
}

func newBook(ctx context.Context, log appender, debts Debts, w webinar.ID) (*Book, error) {
	b := &Book{webinar: w, log: log, debts: debts, turn: make(chan struct{}, 1), recs: map[RecordingID]*record{}}
	var left []debt
	if err := debts.Get(DebtsOf+string(w), &left); err != nil {
		return nil, err
	}
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
		if i := slices.IndexFunc(left, func(d debt) bool { return d.said(e, ev) }); i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, r := range b.recs { // whatever was open before this process is closed
		r.ready = false
	}
	return b, b.impose(left)
}

// write takes the turn, lets the ledger have what it is owed, asks check, appends and applies. A closing that the
// ledger did not take is owed; a person's is in the debts before the ledger is asked, since it counts already.
func (b *Book) write(ctx context.Context, d draft, check func() (done bool, err error)) (err error) {
	failed := true // of a cause other than check
	if d.kind.closes() {
		b.date(&d)
		if d.ev.Subject != "" {
			b.promise(&d)
		}
		defer func() { err = errors.Join(err, b.release(&d, failed)) }()
	}
	if err := b.enter(ctx, d.kind); err != nil {
		return err
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
	e, err := b.log.append(ctx, b.webinar, d)
	if err != nil {
		return err
	}
	failed = false
	b.mu.Lock()
	defer b.mu.Unlock()
	b.take(e, d.ev)
	return nil
}

// enter takes the turn, or fails with ErrTurn. What counts already, and what a host has decided, does not depend on who hangs up:
// it waits for as long as an append may take.
func (b *Book) enter(ctx context.Context, k Kind) error {
	if k.closes() || k == Start || k == Resume {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(context.WithoutCancel(ctx), appendTimeout)
		defer stop()
	}
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrTurn, ctx.Err())
	}
}

func (b *Book) take(e Entry, ev Event) {
	b.head = Head{Seq: e.Seq, Hash: e.Hash}
	b.apply(e, ev)
}

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
