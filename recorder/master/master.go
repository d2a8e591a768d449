// Package master writes what one person sends, as one WebM file in the spool. It takes RTP from behind the consent
// gate, puts it in order, maps it to session time and muxes it. No permit, no byte: the permit comes with each packet
// and is asked again right before the packet joins a cluster and before the cluster goes to disk.
package master

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"plenum/recorder/consent"
	"plenum/webinar/media"
)

const (
	queueSize = 4096                   // packets; about four seconds of a large picture
	tickEvery = 900 * time.Millisecond // how often samples are released when nothing is missing
)

// Config of a Writer.
type Config struct {
	Dir    string    // spool folder, absolute
	ID     string    // segment id; the file is Dir/ID.webm
	Origin time.Time // session time zero
	// KeyFrame asks the source for a key frame, at most every 500 ms. It must not block and may be nil.
	KeyFrame func(media.Kind)
	Log      *slog.Logger
	// Sync returns when a file is on the disk; nil: fsync(2), in which a thread waits.
	Sync func(*os.File) error
	// OnError hears once that the disk failed; the writer has stopped by itself then. It comes from the writer's
	// goroutine: it may Discard, but not wait for Seal. It may be nil.
	OnError func(error)
}

// Writer records one subject and source group. Its methods may be called from any goroutine.
type Writer struct {
	cfg   Config
	queue queue
	stop  chan struct{}
	done  chan struct{}
	drain chan chan struct{} // see Drain
	shut  atomic.Bool
	once  sync.Once // closes stop
	spool spool
	line  line // of the writer's goroutine, as is reel
	reel  reel

	begun  time.Time     // with a monotonic reading, which an Origin out of the database has not
	offset time.Duration // of begun to Origin

	sealing sync.Mutex
	sealed  bool
	info    Info
	err     error
}

// New starts a writer. Nothing is on disk until the first admitted cluster is complete. Seal ends it.
func New(cfg Config) *Writer {
	w := prepare(cfg)
	go w.run()
	return w
}

func prepare(cfg Config) *Writer {
	w := &Writer{cfg: cfg, queue: queue{hurry: make(chan struct{}, 1)}, stop: make(chan struct{}), done: make(chan struct{}),
		drain: make(chan chan struct{}), begun: time.Now()}
	w.offset = w.begun.Sub(cfg.Origin)
	w.spool.path = filepath.Join(cfg.Dir, cfg.ID+".webm")
	if w.spool.sync = cfg.Sync; w.spool.sync == nil {
		w.spool.sync = (*os.File).Sync
	}
	w.reel.file = &w.spool
	w.line.out = w.put
	w.line.ask = func(k media.Kind) {
		if cfg.KeyFrame != nil {
			cfg.KeyFrame(k)
		}
	}
	return w
}

// Write takes a packet of one of the group's tracks that arrived at the given time. It copies what it keeps and never
// blocks: when the disk does not keep up, packets are lost and counted. Codecs that no file can hold are ignored.
func (w *Writer) Write(permit consent.Permit, t media.Track, pkt *rtp.Packet, at time.Time) {
	if w.shut.Load() || !permit.Holds() {
		return
	}
	w.queue.put(&t, item{ssrc: pkt.SSRC, seq: pkt.SequenceNumber, packet: packet{ts: pkt.Timestamp, marker: pkt.Marker,
		payload: pkt.Payload, permit: permit, at: w.session(at)}})
}

// Report takes a sender report of one of the group's tracks.
func (w *Writer) Report(t media.Track, r media.SenderReport) {
	if !w.shut.Load() {
		w.queue.put(&t, item{report: &r})
	}
}

// put hands a sample to the muxer, which copies it: the room of its packets can be used again.
func (w *Writer) put(x sample) (bool, error) {
	written, err := w.reel.write(x)
	w.line.spare.give(x.data)
	return written, err
}

// session is the session time of an instant; a wall clock that is set meanwhile does not move it.
func (w *Writer) session(at time.Time) time.Duration { return w.offset + at.Sub(w.begun) }

// Drain writes what has come so far without waiting for it to ripen, as far as its permits hold, and returns when that is
// on disk, when ctx ends, or when the writer is shut meanwhile. What is missing in between is given up.
func (w *Writer) Drain(ctx context.Context) {
	drained := make(chan struct{})
	select {
	case w.drain <- drained:
	case <-w.done:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-drained:
	case <-w.done:
	case <-ctx.Done():
	}
}

// Discard throws away whatever is not on disk yet. Once it has returned no byte of media is added to the file; a
// write under way has ended by then or never happens. Later Writes are ignored.
func (w *Writer) Discard() {
	w.shut.Store(true)
	w.spool.shut()
	w.once.Do(func() { close(w.stop) })
}

// Seal discards, waits for the writer's goroutine and finishes the file. Info is of what is on disk, also with an
// error: then the file is not finished, and Repair can do that when there is room again. Calling it again returns the
// same.
func (w *Writer) Seal() (Info, error) {
	w.Discard()
	<-w.done
	w.sealing.Lock()
	defer w.sealing.Unlock()
	if !w.sealed {
		w.sealed = true
		w.info, w.err = w.seal()
	}
	return w.info, w.err
}

func (w *Writer) seal() (Info, error) {
	if n := w.queue.losses(); n > 0 {
		w.cfg.Log.Warn("recorder lost packets before the disk", "segment", w.cfg.ID, "packets", n)
	}
	mux := w.reel.mux
	if mux == nil || mux.Stats().Clusters == 0 {
		return Info{Path: w.spool.path, Empty: true}, w.spool.close(false)
	}
	mux.Drop()
	w.spool.finish()
	st, err := mux.Finalize()
	return newInfo(w.spool.path, st), errors.Join(err, w.spool.close(true))
}

// run wakes when something is due, once or twice a second if all goes well. Waking for each packet would cost several
// times what the recording itself does.
func (w *Writer) run() {
	defer close(w.done)
	t := time.NewTimer(tickEvery)
	defer t.Stop()
	for !w.shut.Load() {
		var drained chan struct{}
		select {
		case <-w.stop:
			continue
		case <-w.queue.hurry:
		case drained = <-w.drain:
		case <-t.C:
		}
		next, err := w.work(w.session(time.Now()))
		if err == nil && drained != nil {
			err = w.empty(w.session(time.Now()))
		}
		if err != nil {
			w.fail(err)
		}
		if drained != nil {
			close(drained)
		}
		t.Reset(next)
	}
	w.queue.drop()
	w.reel.drop()
	w.line = line{}
}

// work takes what has come, writes what is ripe at session time now, and says when to come back.
func (w *Writer) work(now time.Duration) (next time.Duration, err error) {
	for _, it := range w.queue.take() {
		if it.report != nil {
			w.line.report(it.lane, *it.report)
		} else {
			w.line.push(it.lane, it.ssrc, it.seq, it.packet)
		}
	}
	if err := w.line.tick(now); err != nil {
		return tickEvery, err
	}
	next = w.line.due(now)
	return next, w.reel.age(now-depth, next)
}

// empty writes all that is left, ripe or not.
func (w *Writer) empty(now time.Duration) error {
	if err := w.line.end(now); err != nil {
		return err
	}
	return w.reel.flush()
}

// fail stops the writer; what is on disk stays for Seal.
func (w *Writer) fail(err error) {
	w.Discard()
	if errors.Is(err, errShut) {
		return
	}
	w.cfg.Log.Error("recorder cannot write", "segment", w.cfg.ID, "err", err)
	if w.cfg.OnError != nil {
		w.cfg.OnError(err)
	}
}
