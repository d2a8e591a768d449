package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"plenum/webinar/sfu/egress"
)

// shard forwards for a fixed set of viewers, alone in one goroutine. Jobs are done in the order in which they were
// posted, so whoever posted and waits with a barrier knows that all earlier writes are over.
type shard struct {
	mu     sync.Mutex
	queue  []job
	media  int // droppable jobs in queue
	closed bool
	wake   chan struct{}

	load     atomic.Int64  // viewers that are here or about to be
	dropped  atomic.Uint64 // packets that found the queue full
	unasked  atomic.Uint64 // requests that did
	shown    tally         // under mu: desk.tally as of late
	pressure pressure

	// Of the goroutine alone:
	out     *egress.Batch
	feeds   map[*layer]*feed
	viewers []*viewer // in the order in which they came
	desk    desk
	timer   *time.Timer
	alarm   time.Time // when timer fires
	turns   uint64    // of reports
	visits
	joins
}

// desk is where a packet is made ready, used again for every one.
type desk struct {
	header rtp.Header
	buf    []byte
	tally  tally
}

// job is a burst of one layer, or something to do.
type job struct {
	layer   *layer
	packets []*packet
	do      func(*shard)
	ordered bool // after everything that was posted before is sent
}

// shardFull is how many viewers one shard takes before the next gets any. A visit to so many takes about 2 ms.
const shardFull = 128

// maxQueued is how many bursts may wait in a shard: about a second of a full stage.
const maxQueued = 1024

// How often viewers get sender reports. A report costs as much as twenty packets, and a player needs them to begin
// with, then only to follow the clocks' drift.
const (
	reportEvery  = time.Second
	reportCalm   = 4                // in so many turns one report, to a viewer whose slots
	reportLively = 10 * time.Second // have not changed for so long
)

func newShard(st *stack) (*shard, error) {
	out, err := st.egress.Batch()
	if err != nil {
		return nil, err
	}
	return &shard{
		wake: make(chan struct{}, 1), out: out, feeds: map[*layer]*feed{},
		desk: desk{buf: make([]byte, 2048)},
	}, nil
}

// offer posts a job that may be dropped: media that waits too long is worth nothing.
func (sh *shard) offer(j job) {
	sh.mu.Lock()
	full := sh.closed || sh.media >= maxQueued
	if !full {
		sh.media++
		sh.queue = append(sh.queue, j)
	}
	sh.mu.Unlock()
	if full {
		sh.dropped.Add(uint64(len(j.packets)))
		if j.do != nil {
			sh.unasked.Add(1)
		}
		return
	}
	sh.kick()
}

// post adds a job that must be done. It reports false when the shard has ended.
func (sh *shard) post(do func(*shard)) bool {
	sh.mu.Lock()
	ok := !sh.closed
	if ok {
		sh.queue = append(sh.queue, job{do: do, ordered: true})
	}
	sh.mu.Unlock()
	sh.kick()
	return ok
}

// barrier returns when everything posted before is done.
func (sh *shard) barrier() {
	done := make(chan struct{})
	if sh.post(func(*shard) { close(done) }) {
		<-done
	}
}

func (sh *shard) kick() {
	select {
	case sh.wake <- struct{}{}:
	default:
	}
}

// close lets run end after what is queued.
func (sh *shard) close() {
	sh.mu.Lock()
	sh.closed = true
	sh.mu.Unlock()
	sh.kick()
}

func (sh *shard) run() {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	sh.timer = time.NewTimer(time.Hour)
	defer sh.timer.Stop()
	var work []job
	for {
		select {
		case <-sh.wake:
		case <-sh.timer.C:
			sh.alarm = time.Time{}
		case now := <-tick.C:
			sh.pressure.feel(now, sh.out.Stats())
			sh.turns++
			sh.tour.moved = sh.tour.moved || sh.turns%reportCalm == 0
			for _, v := range sh.viewers {
				if now.Sub(v.changed) < reportLively || (sh.turns+v.serial)%reportCalm == 0 {
					sh.report(v, now)
				}
				sh.tune(v, now)
			}
		}
		sh.mu.Lock()
		work, sh.queue = sh.queue, work[:0]
		sh.media = 0
		sh.shown = sh.desk.tally
		closed := sh.closed
		sh.mu.Unlock()
		for i, j := range work {
			sh.handle(j)
			work[i] = job{}
		}
		sh.keepTime(time.Now())
		if closed && len(work) == 0 {
			return
		}
		if closed {
			sh.kick()
		}
	}
}

// keepTime does what is due and sets the timer for what is not.
func (sh *shard) keepTime(now time.Time) {
	if sh.ripe || !sh.due.IsZero() && !now.Before(sh.due) {
		sh.visit()
	}
	if !sh.catchDue.IsZero() && !now.Before(sh.catchDue) {
		sh.catchUp(now)
	}
	sh.out.Flush() // what people on stage are told, and repeats
	next := sh.due
	if next.IsZero() || !sh.catchDue.IsZero() && sh.catchDue.Before(next) {
		next = sh.catchDue
	}
	if next.IsZero() || next.Equal(sh.alarm) {
		return
	}
	sh.alarm = next
	sh.timer.Reset(time.Until(next))
}

func (sh *shard) handle(j job) {
	switch {
	case j.do == nil:
		sh.gather(j)
	case j.ordered:
		sh.visit()
		sh.out.Flush() // who waits for a barrier wants it on its way
		j.do(sh)
	default:
		j.do(sh)
	}
}

// report sends v one compound of sender reports. A player needs them to align sound with picture.
func (sh *shard) report(v *viewer, now time.Time) {
	if !v.ready.Load() {
		return
	}
	var out []rtcp.Packet
	names := &rtcp.SourceDescription{}
	for _, s := range v.slots {
		r := s.report(now)
		if r == nil {
			continue
		}
		out = append(out, r)
		names.Chunks = append(names.Chunks, rtcp.SourceDescriptionChunk{
			Source: r.SSRC,
			Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.StreamID()}},
		})
	}
	if len(out) == 0 {
		return
	}
	if err := v.pc.WriteRTCP(append(out, names)); err != nil {
		v.failed.Add(1)
	}
}
