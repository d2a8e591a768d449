package sfu

import (
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

	once  sync.Once
	ended atomic.Bool // the end has begun
	timer *time.Timer // ends a session that never connects
	done  chan struct{}
}

func (e *Engine) newSession(api *webrtc.API, room, owner string) (*session, error) {
	pc, err := api.NewPeerConnection(e.stack.config)
	if err != nil {
		return nil, err
	}
	return &session{e: e, id: rand.Text(), room: room, owner: owner, pc: pc, done: make(chan struct{})}, nil
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
