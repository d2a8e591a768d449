package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// elsewhere is what a browser adds to the requests of another site's page.
func elsewhere() http.Header {
	return http.Header{"Origin": {"https://player.example"}, "Sec-Fetch-Site": {"cross-site"}}
}

func TestPlayersOnOtherSites(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	attendee, _ := s.ticket(host, w, "attendee")
	speaker, _ := s.ticket(host, w, "speaker")
	for op, x := range map[string]struct {
		who asker
		way webrtc.RTPTransceiverDirection
		end string
	}{
		"watch":   {attendee, webrtc.RTPTransceiverDirectionRecvonly, "unwatch"},
		"publish": {speaker, webrtc.RTPTransceiverDirectionSendonly, "unpublish"},
	} {
		x.who.header = elsewhere()
		got := s.want(s.do(x.who, op, in(w), offerOf(t, x.way)), http.StatusCreated, "")
		exposed := got.header.Get("Access-Control-Expose-Headers")
		if got.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(exposed, "Location") || !strings.Contains(exposed, "ETag") {
			t.Errorf("%s: %v", op, got.header)
		}
		if got.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s allows cookies", op)
		}
		got = s.want(s.do(x.who, x.end, in(w, "session", session(got)), ""), http.StatusOK, "")
		if got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", x.end, got.header)
		}
	}
}

func TestPreflightOfPlayers(t *testing.T) {
	s := newSite(t)
	for path, methods := range map[string]string{"whip": "POST", "whep": "POST", "whip/x": "PATCH, DELETE", "whep/x": "PATCH, DELETE"} {
		got := s.send(asker{header: elsewhere()}, http.MethodOptions, "/api/webinars/w/"+path, "", "")
		h := got.header
		if got.status != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != methods ||
			!strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", path, got.status, h)
		}
	}
	for _, path := range []string{"/api/webinars", "/api/webinars/w/join", "/api/webinars/w/whip/x/mute", "/api/session", "/w/x"} {
		if got := s.send(asker{header: elsewhere()}, http.MethodOptions, path, "", ""); got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is open to other sites", path)
		}
	}
}

// Other sites get no further with cookies, with an API token, or on any other route.
func TestOtherSitesNeedATicket(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	attendee, _ := s.ticket(host, w, "attendee")
	offer := offerOf(t, webrtc.RTPTransceiverDirectionRecvonly)
	for name, x := range map[string]struct {
		who asker
		op  string
	}{
		"nobody":                {asker{header: elsewhere()}, "watch"},
		"an API token":          {asker{bearer: host.bearer, header: elsewhere()}, "watch"},
		"a ticket to leave":     {asker{bearer: attendee.bearer, header: elsewhere()}, "leave"},
		"a ticket to vote with": {asker{bearer: attendee.bearer, header: elsewhere()}, "vote"},
	} {
		got := s.want(s.do(x.who, x.op, in(w, "poll", "p"), offer), http.StatusForbidden, "foreign-origin")
		if got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: the answer is readable", name)
		}
	}
}
