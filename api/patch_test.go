package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"plenum/webinar/sfu"
)

func TestPatchRestartsICE(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	speaker, _ := s.ticket(host, w, "speaker")
	other, _ := s.ticket(host, w, "speaker")
	matching := func(who asker, values ...string) asker {
		who.header = http.Header{"If-Match": values}
		return who
	}
	const restart = "a=ice-ufrag:nextnext\r\na=ice-pwd:nextnextnextnextnextnext\r\n"
	const trickle = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.7 9 typ host\r\n"
	for begin, op := range map[string]string{"publish": "patchPublication", "watch": "patchView"} {
		way := webrtc.RTPTransceiverDirectionSendonly
		if begin == "watch" {
			way = webrtc.RTPTransceiverDirectionRecvonly
		}
		answer := s.want(s.do(speaker, begin, in(w), offerOf(t, way)), http.StatusCreated, "")
		ids := in(w, "session", session(answer))
		first := answer.header.Get("ETag")
		if first != `"`+sfu.ICETag(string(answer.body))+`"` || len(first) < 10 || answer.header.Get("Accept-Patch") != fragmentType {
			t.Fatalf("%s: ETag %s, Accept-Patch %s", begin, first, answer.header.Get("Accept-Patch"))
		}
		s.want(s.do(speaker, op, ids, trickle), http.StatusPreconditionRequired, "if-match-missing")
		for _, stale := range []string{"", `"other"`, "W/" + first, strings.Trim(first, `"`), `"*"`} {
			s.want(s.do(matching(speaker, stale), op, ids, trickle), http.StatusPreconditionFailed, "other-connection")
		}
		s.want(s.do(matching(speaker, `"other"`, first), op, ids, trickle), http.StatusNoContent, "")
		s.want(s.do(matching(other, "*"), op, ids, restart), http.StatusNotFound, "not-found")

		got := s.want(s.do(matching(speaker, "*"), op, ids, restart), http.StatusOK, "")
		second := got.header.Get("ETag")
		if second == first || second != `"`+sfu.ICETag(string(got.body))+`"` || !strings.Contains(string(got.body), "a=candidate:") {
			t.Errorf("%s: ETag %s after %s, %s", op, second, first, got.body)
		}
		s.want(s.do(matching(speaker, first), op, ids, trickle), http.StatusPreconditionFailed, "other-connection")
		s.want(s.do(matching(speaker, second), op, ids, trickle), http.StatusNoContent, "")
		if again := s.want(s.do(matching(speaker, "*"), op, ids, restart), http.StatusOK, ""); again.header.Get("ETag") != second {
			t.Errorf("%s: asked again, %s became %s", op, second, again.header.Get("ETag"))
		}

		for _, bad := range []string{"x", restart + "v=0\r\n", "a=ice-ufrag:canary\r\n"} {
			if got := s.want(s.do(matching(speaker, "*"), op, ids, bad), http.StatusBadRequest, "bad-fragment"); strings.Contains(string(got.body), "canary") {
				t.Errorf("the answer quotes the fragment: %s", got.body)
			}
		}
		r := routeOf(t, op)
		path := strings.NewReplacer("{webinar}", w, "{session}", session(answer)).Replace(r.path)
		s.want(s.send(matching(speaker, "*"), r.method, path, "application/sdp", restart), http.StatusUnsupportedMediaType, "wrong-content-type")
		s.want(s.send(matching(speaker, "*"), r.method, path, fragmentType, strings.Repeat("x", 1<<20)), http.StatusRequestEntityTooLarge, "too-large")
	}
}

// fixedRelay is a relay whose words are known.
type fixedRelay struct{}

func (fixedRelay) URLs(host string) []string {
	return []string{"turn:" + host + ":3478?transport=udp", "turns:" + host + ":5349?transport=tcp"}
}
func (fixedRelay) Credentials(seat string) (string, string) { return "user of " + seat, "password" }

func TestAnswersNameTheRelay(t *testing.T) {
	for configured, want := range map[string]string{"": "127.0.0.1", "media.example.org": "media.example.org"} {
		s := newSite(t, func(d *Deps) { d.Relay, d.RelayHost = fixedRelay{}, configured })
		host := s.account("host@example.org")
		w := s.webinar(host)
		speaker, ticket := s.ticket(host, w, "speaker")
		answer := s.want(s.do(speaker, "watch", in(w), offerOf(t, webrtc.RTPTransceiverDirectionRecvonly)), http.StatusCreated, "")
		speaker.header = http.Header{"If-Match": {"*"}}
		restart := s.want(s.do(speaker, "patchView", in(w, "session", session(answer)), "a=ice-ufrag:nextnext\r\na=ice-pwd:nextnextnextnextnextnext\r\n"), http.StatusOK, "")
		for _, got := range []reply{answer, restart} {
			links := got.header.Values("Link")
			if len(links) != 2 || links[0] != `<turn:`+want+`:3478?transport=udp>; rel="ice-server"; username="user of `+ticket.ID+`"; credential="password"; credential-type="password"` {
				t.Errorf("%q", links)
			}
		}
	}
	s := &server{}
	for asked, want := range map[string]string{"example.org": "example.org", "[::1]:8080": "::1", "10.0.0.1:80": "10.0.0.1", `a">;rel=x`: "", "": ""} {
		if got := s.relayHost(asked); got != want {
			t.Errorf("%q: %q", asked, got)
		}
	}
}
