package api

import (
	"net/http"
	"strings"
	"testing"

	"plenum/webinar"
)

// TestLogsKnowNobody plants marks in everything that people type or carry, and in addresses, and looks for them in the log.
func TestLogsKnowNobody(t *testing.T) {
	s := newSite(t, func(d *Deps) { d.TrustedProxies = []string{"127.0.0.1"} })
	const mark = "canary"
	host := s.account(mark + "host@example.org")
	host.header = http.Header{"X-Forwarded-For": {"203.0.113.77"}, "User-Agent": {mark + "agent"}, "Referer": {"http://" + mark + ".example"}}
	var w webinarJSON
	s.want(s.do(host, "createWebinar", nil, `{"title":"canarytitle"}`), http.StatusCreated, "").into(t, &w)
	_, ticket := s.ticket(host, w.ID, "speaker")
	joined := s.want(s.do(asker{}, "join", in(w.ID), `{"name":"canaryname"}`), http.StatusOK, "")
	seat := asker{cookies: joined.cookie}
	var p pollJSON
	s.want(s.do(host, "createPoll", in(w.ID), `{"question":"canaryquestion","options":["canaryone","canarytwo"]}`), http.StatusCreated, "").into(t, &p)
	s.want(s.do(host, "openPoll", in(w.ID, "poll", p.ID), ""), http.StatusOK, "")
	receipt := strings.Repeat("ca", 32)
	s.want(s.do(seat, "vote", in(w.ID, "poll", p.ID), `{"answer":{"options":["`+p.Options[0].ID+`"]},"receipt":"`+receipt+`"}`), http.StatusCreated, "")
	asked := s.asked(seat, w.ID, "canaryask", "canaryname", 1)
	s.do(seat, "withdrawQuestion", in(w.ID, "question", asked.ID), `{"secret":"canary"}`)
	s.do(asker{}, "signIn", nil, `{"email":"canary@example.org","password":"canarypassword"}`)
	s.do(asker{}, "resolveCode", nil, `{"code":"canary12"}`)
	s.do(bearer("tk_canary"), "join", in(w.ID), `{"name":"canaryname","ticket":"tk_canary"}`)
	s.do(bearer("pat_canary"), "listWebinars", nil, "")
	s.do(host, "publish", in(w.ID), "v=0 canary")
	s.do(host, "createWebinar", nil, `{"canarykey":1}`)
	for _, path := range []string{"/canary?canary=1", "/api/canary", "/api/webinars/canary/polls?canary", "/api/webinars/" + w.ID + "/whip/canary?canary"} {
		for _, method := range []string{http.MethodGet, "CANARY"} {
			s.send(host, method, path, "text/canary", "")
		}
	}
	stream := s.open(seat, w.ID, mark+"-1")
	stream.wait("snapshot")
	stream.close()

	log := s.log.String()
	secret := joined.cookie[0].Value
	for _, private := range []string{
		mark, "CANARY", "203.0.113.77", "127.0.0.1", ticket.Secret, secret, host.bearer, receipt, w.Code, asked.ID, strings.Repeat("a", 26), string(webinar.HashSecret(secret)), p.Options[0].ID, "example.org",
	} {
		if strings.Contains(log, private) {
			for line := range strings.Lines(log) {
				if strings.Contains(line, private) {
					t.Errorf("the log knows %q: %s", private, line)
				}
			}
		}
	}
	for _, want := range []string{"route=/api/webinars/:webinar/polls/:poll/votes", "status=201", "request_id=", "method=other"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %s", want)
		}
	}
}
