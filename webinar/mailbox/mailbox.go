// Package mailbox leads many callers to one goroutine that does what they ask for, in the order in which it comes.
package mailbox

import (
	"context"
	"sync"
)

// Letter is what one caller asks for.
type Letter[J any] struct {
	Ctx    context.Context //nolint:containedctx // the caller's, as in an http.Request; when it has ended, nobody waits any more
	Job    J
	answer chan error // holds one
}

// Answer tells the caller. It is called once for each letter, and never blocks.
func (l *Letter[J]) Answer(err error) { l.answer <- err }

// Box is the way to the goroutine. Its methods but Next and Waiting may be called from any goroutine.
type Box[J any] struct {
	letters chan *Letter[J]
	refusal error
	quit    chan struct{}
	once    sync.Once // closes quit
	ended   chan struct{}
}

// Open starts the goroutine, which calls serve with one letter after the other; Close ends it. Up to size letters wait,
// beyond that their callers do. Who comes too late is refused with refusal.
func Open[J any](size int, refusal error, serve func(*Letter[J])) *Box[J] {
	b := &Box[J]{letters: make(chan *Letter[J], size), refusal: refusal, quit: make(chan struct{}), ended: make(chan struct{})}
	go b.run(serve)
	return b
}

func (b *Box[J]) run(serve func(*Letter[J])) {
	defer close(b.ended)
	for {
		select {
		case <-b.quit:
			return
		default:
		}
		select {
		case <-b.quit:
			return
		case l := <-b.letters:
			serve(l)
		}
	}
}

// Close returns when the last letter that was begun has been served; what still waits is refused.
func (b *Box[J]) Close() {
	b.once.Do(func() { close(b.quit) })
	<-b.ended
}

// Submit returns when the job was answered or refused. When ctx ends first, it may still be done.
func (b *Box[J]) Submit(ctx context.Context, job J) error {
	l := &Letter[J]{Ctx: ctx, Job: job, answer: make(chan error, 1)}
	select {
	case <-b.quit:
		return b.refusal
	case <-ctx.Done():
		return context.Cause(ctx)
	case b.letters <- l:
	}
	select {
	case err := <-l.answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-b.ended:
	}
	select {
	case err := <-l.answer:
		return err
	default:
		return b.refusal
	}
}

// Next takes one more letter, if one waits. It is for serve alone.
func (b *Box[J]) Next() (*Letter[J], bool) {
	select {
	case l := <-b.letters:
		return l, true
	default:
		return nil, false
	}
}

// Waiting reports whether a letter waits. It is for serve alone.
func (b *Box[J]) Waiting() bool { return len(b.letters) > 0 }
