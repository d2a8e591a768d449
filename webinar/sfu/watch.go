package sfu

import (
	"context"
	"sync/atomic"
	"time"
)

// viewer is a WHEP session.
type viewer struct {
	*session
	onStage      bool
	audio, video []*slot
	slots        []*slot // both
	shard        *shard
	failed       atomic.Uint64 // writes that failed
	heard        heardViewer
	history      lineHistory // under the engine's lock
	began        time.Time   // when the offer came
	answered     atomic.Bool // with success
	intake       intake
	ration       ration
	ready        atomic.Bool // connected
	passage      passage

	// Of the shard:
	serial   uint64    // spreads the viewers' reports
	changed  time.Time // a slot began to carry something else
	downlink downlink
	poor     atomic.Bool // pictures are left out until the line carries them again; the room reads it, too
	tuned    int64       // Unix ms of the last look at the reports
}

// mainOnly tells players with a single picture, which get the main view.
func (v *viewer) mainOnly() bool { return len(v.video) == 1 }

// Watch answers a WHEP offer: its k-th audio and its k-th video line are slot k, for good. Errors: [OfferError],
// [ErrBusy], [ErrOverload], [ErrClosed], the context's.
func (e *Engine) Watch(ctx context.Context, room string, w Viewer, text string) (id, answer string, err error) {
	id, answer, err = e.watch(ctx, room, w, text)
	if err != nil {
		e.books.refused(err)
	}
	return id, answer, err
}

func (e *Engine) watch(ctx context.Context, room string, w Viewer, text string) (id, answer string, err error) {
	began := time.Now()
	if err := e.enter(); err != nil {
		return "", "", err
	}
	defer e.wg.Done()
	lines := maxLines
	if w.OnStage {
		lines = maxStageLines
	}
	o, err := checkOffer(text, false, lines)
	if err != nil {
		return "", "", err
	}
	if err := e.seatFree(room, w.Owner); err != nil {
		return "", "", err
	}
	v := &viewer{onStage: w.OnStage, began: began}
	v.shard, v.serial = e.nextShard()
	defer func() {
		if err != nil {
			v.shard.load.Add(-1)
		}
	}()
	s, err := e.newSession(e.stack.viewerAPI(v), room, w.Owner, o, false)
	if err != nil {
		return "", "", err
	}
	v.session, v.intake.stop = s, s.stop
	s.cleanup = v.cleanup
	s.watchState(v.connected)
	answer, err = s.negotiate(ctx, o, func() error { return v.addSlots(o) })
	if err == nil {
		err = e.addViewer(v)
	}
	if err != nil {
		s.end()
		return "", "", err
	}
	v.answered.Store(true)
	e.log.Debug("watching", "room", room, "session", s.id, "slots", len(v.slots))
	return s.id, answer, nil
}

// Unwatch ends a viewer's session.
func (e *Engine) Unwatch(room, session, owner string) error {
	v, err := e.viewer(room, session, owner)
	if err != nil {
		return err
	}
	v.end()
	return nil
}

// addSlots gives each m-line its track: pion takes the first free line of the kind.
func (v *viewer) addSlots(o offer) error {
	for i := range o.audio {
		v.audio = append(v.audio, &slot{viewer: v, index: i})
	}
	for i := range o.video {
		v.video = append(v.video, &slot{viewer: v, index: i, video: true})
	}
	v.slots = append(append(v.slots, v.audio...), v.video...)
	for i, s := range v.slots {
		sender, err := v.pc.AddTrack(s)
		if err != nil {
			return refuse("the media lines do not fit together")
		}
		if i == 0 {
			v.follow(sender.Transport().ICETransport())
		}
	}
	if len(v.pc.GetTransceivers()) != len(v.slots) {
		return refuse("the media lines do not fit together")
	}
	return nil
}

// connected starts the media.
func (v *viewer) connected() {
	if v.ready.Swap(true) {
		return
	}
	v.e.books.connected(time.Since(v.began))
	v.shard.post(func(sh *shard) {
		for _, s := range v.slots {
			sh.start(s)
		}
	})
}

// cleanup takes the viewer out of its shard before the connection closes.
func (v *viewer) cleanup() {
	if !v.ready.Swap(false) && v.answered.Load() {
		v.e.books.joins[JoinSilent].Add(1)
	}
	v.e.removeViewer(v)
	v.shard.barrier()
	if err := v.pc.GracefulClose(); err != nil {
		v.e.log.Debug("closing a connection", "session", v.id, "error", err)
	}
}
