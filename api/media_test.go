package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// offerOf is what a browser would send: one audio and one video line in that direction.
func offerOf(t testing.TB, way webrtc.RTPTransceiverDirection) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(func() { must(t, pc.Close()) })
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: way})
		must(t, err)
	}
	offer, err := pc.CreateOffer(nil)
	must(t, err)
	return offer.SDP
}

func session(r reply) string {
	at := r.header.Get("Location")
	return at[strings.LastIndex(at, "/")+1:]
}

func TestPublishAndWatch(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	speaker, _ := s.ticket(host, w, "speaker")
	other, _ := s.ticket(host, w, "speaker")
	attendee, _ := s.ticket(host, w, "attendee")
	send, receive := offerOf(t, webrtc.RTPTransceiverDirectionSendonly), offerOf(t, webrtc.RTPTransceiverDirectionRecvonly)

	params := in(w)
	params["?"] = "group=camera&muted=mic"
	got := s.want(s.do(speaker, "publish", params, send), http.StatusCreated, "")
	if at := got.header.Get("Location"); at != "/api/webinars/"+w+"/whip/"+session(got) || !strings.HasPrefix(string(got.body), "v=0") {
		t.Errorf("Location %q, answer %.20q", at, got.body)
	}
	id := session(got)
	s.want(s.do(speaker, "mute", in(w, "session", id), `{"mic":false,"camera":true}`), http.StatusNoContent, "")
	for _, op := range []string{"mute", "unpublish"} {
		s.want(s.do(other, op, in(w, "session", id), `{}`), http.StatusNotFound, "not-found")
	}
	s.want(s.do(attendee, "publish", in(w), send), http.StatusForbidden, "forbidden")
	s.want(s.do(speaker, "unpublish", in(w, "session", id), ""), http.StatusOK, "")
	s.want(s.do(speaker, "unpublish", in(w, "session", id), ""), http.StatusNotFound, "not-found")

	watch := s.want(s.do(attendee, "watch", in(w), receive), http.StatusCreated, "") // before it is live
	s.want(s.do(other, "unwatch", in(w, "session", session(watch)), ""), http.StatusNotFound, "not-found")
	s.want(s.do(attendee, "unwatch", in(w, "session", session(watch)), ""), http.StatusOK, "")
	s.want(s.do(attendee, "unwatch", in(w, "session", session(watch)), ""), http.StatusNotFound, "not-found")
}

func TestMediaEndsWithTheSeatAndTheWebinar(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	speaker, ticket := s.ticket(host, w, "speaker")
	attendee, _ := s.ticket(host, w, "attendee")
	send, receive := offerOf(t, webrtc.RTPTransceiverDirectionSendonly), offerOf(t, webrtc.RTPTransceiverDirectionRecvonly)

	published := s.want(s.do(speaker, "publish", in(w), send), http.StatusCreated, "")
	s.want(s.do(host, "revokeTicket", in(w, "ticket", ticket.ID), ""), http.StatusNoContent, "")
	s.want(s.do(speaker, "publish", in(w), send), http.StatusUnauthorized, "ticket-invalid")
	if err := s.media.Unpublish(w, session(published), ticket.ID); err == nil {
		t.Error("a revoked speaker still publishes")
	}
	watch := s.want(s.do(attendee, "watch", in(w), receive), http.StatusCreated, "")
	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	s.want(s.do(attendee, "unwatch", in(w, "session", session(watch)), ""), http.StatusNotFound, "not-found")
	s.want(s.do(attendee, "watch", in(w), receive), http.StatusGone, "ended")
	s.want(s.do(host, "publish", in(w), send), http.StatusGone, "ended")
}

func TestMalformedOffers(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	for _, op := range []string{"publish", "watch"} {
		for _, sdp := range []string{"hello", "v=0", "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", strings.Repeat("a=x\r\n", 1000)} {
			got := s.want(s.do(host, op, in(w), sdp), http.StatusBadRequest, "bad-offer")
			if strings.Contains(string(got.body), "a=x") {
				t.Errorf("the answer quotes the offer: %s", got.body)
			}
		}
		s.want(s.do(host, op, in(w), strings.Repeat("x", 1<<20)), http.StatusRequestEntityTooLarge, "too-large")
		r := routeOf(t, op)
		s.want(s.send(host, r.method, strings.ReplaceAll(r.path, "{webinar}", w), "application/json", "{}"), http.StatusUnsupportedMediaType, "wrong-content-type")
	}
	for query, field := range map[string]string{"group=hall": "group", "muted=mic,nose": "muted"} {
		params := in(w)
		params["?"] = query
		got := s.want(s.do(host, "publish", params, offerOf(t, webrtc.RTPTransceiverDirectionSendonly)), http.StatusUnprocessableEntity, "invalid")
		if !strings.Contains(string(got.body), `"field":"`+field+`"`) {
			t.Errorf("%s: %s", query, got.body)
		}
	}
}
