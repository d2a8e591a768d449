package api

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pion/webrtc/v4"
)

func TestNewcomersWaitWhenThereIsNoRoom(t *testing.T) {
	var full atomic.Bool
	s := newSite(t, func(d *Deps) { d.Full = full.Load })
	host := s.account("host@example.org")
	w := s.webinar(host)
	attendee, _ := s.ticket(host, w, "attendee")
	speaker, _ := s.ticket(host, w, "speaker")
	receive := offerOf(t, webrtc.RTPTransceiverDirectionRecvonly)
	full.Store(true)
	got := s.want(s.do(asker{}, "join", in(w), `{}`), http.StatusServiceUnavailable, "full")
	if !strings.Contains(string(got.body), "at its limit") {
		t.Errorf("%s", got.body)
	}
	s.want(s.do(attendee, "watch", in(w), receive), http.StatusServiceUnavailable, "full")
	s.want(s.do(attendee, "events", in(w), ""), http.StatusServiceUnavailable, "full")
	s.want(s.do(attendee, "listPolls", in(w), ""), http.StatusOK, "")
	s.want(s.do(speaker, "watch", in(w), receive), http.StatusCreated, "")
	s.want(s.do(host, "goLive", in(w), ""), http.StatusOK, "")
	full.Store(false)
	s.want(s.do(asker{}, "join", in(w), `{}`), http.StatusOK, "")
	s.want(s.do(attendee, "watch", in(w), receive), http.StatusCreated, "")
}
