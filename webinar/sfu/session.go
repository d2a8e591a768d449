package sfu

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

// session is one peer connection, publishing or watching.
type session struct {
	e       *Engine
	id      string
	room    string
	owner   string
	pc      *webrtc.PeerConnection
	cleanup func() // once, when the session ends; off all locks

	publishes bool
	turn      chan struct{} // of whoever negotiates; holds what follows
	offer     offer         // as it was answered last
	ice       string        // our side of the ICE session, as an SDP fragment
	past      []string      // the client's username fragments of before

	once  sync.Once
	ended atomic.Bool // the end has begun
	timer *time.Timer // ends a session that never connects
	done  chan struct{}
}

func (e *Engine) newSession(api *webrtc.API, room, owner string, o offer, publishes bool) (*session, error) {
	pc, err := api.NewPeerConnection(e.stack.config)
	if err != nil {
		return nil, err
	}
	return &session{
		e: e, id: rand.Text(), room: room, owner: owner, pc: pc, publishes: publishes, offer: o,
		turn: make(chan struct{}, 1), done: make(chan struct{}),
	}, nil
}

// negotiate answers o, the offer of the session or the same one for another ICE session.
func (s *session) negotiate(ctx context.Context, o offer, prepare func() error) (answer string, err error) {
	if answer, err = s.e.stack.negotiate(ctx, s.pc, o, s.publishes, prepare); err != nil {
		return "", err
	}
	s.offer = o
	s.ice, err = fragmentOf(answer)
	return answer, err
}

// watchState ends the session when its connection does, or never comes.
func (s *session) watchState(connected func()) {
	s.timer = time.AfterFunc(s.e.timing.connect, s.stop)
	s.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			s.timer.Stop()
			connected()
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			s.stop()
		default: // still on its way, or away for a moment
		}
	})
}

// stop begins the end of the session and returns at once; done is closed when nothing of it is left.
func (s *session) stop() {
	s.once.Do(func() {
		s.e.wg.Go(func() {
			defer close(s.done)
			s.ended.Store(true)
			s.timer.Stop()
			s.cleanup()
			s.e.log.Debug("session ended", "session", s.id)
		})
	})
}

// end stops the session and waits.
func (s *session) end() {
	s.stop()
	<-s.done
}
