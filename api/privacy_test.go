package api

import (
	"net/http"
	"strconv"
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
	for _, want := range []string{"route=/api/webinars/:webinar/polls/:poll/open", "status=201", "request_id=", "method=other"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %s", want)
		}
	}
	if strings.Contains(log, "/votes") {
		t.Error("the log tells the moments of the votes")
	}
}

// TestBallotsLeaveNoTrace casts ballots of every level and reads all that is logged and measured meanwhile.
func TestBallotsLeaveNoTrace(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	private := []string{}
	for i, level := range []string{"named", "anonymous", "secret"} {
		voter, issued := s.ticket(host, w, "attendee")
		var p pollJSON
		s.want(s.do(host, "createPoll", in(w), `{"question":"Which?","options":["a","b"],"secrecy":"`+level+`"}`), http.StatusCreated, "").into(t, &p)
		poll := in(w, "poll", p.ID)
		s.want(s.do(host, "openPoll", poll, ""), http.StatusOK, "")
		receipt := strings.Repeat(strconv.Itoa(i+1), 64)
		vote := `{"answer":{"options":["` + p.Options[0].ID + `"]},"receipt":"` + receipt + `"`
		if level == "secret" {
			s.want(s.do(voter, "vote", poll, vote+"}"), http.StatusConflict, "needs-token")
			s.want(s.do(asker{}, "castBallot", poll, vote+`,"token":"AAAA"}`), http.StatusForbidden, "bad-token")
		} else {
			s.want(s.do(voter, "vote", poll, vote+"}"), http.StatusCreated, "")
			if again := s.do(voter, "vote", poll, vote+"}"); level == "named" { // who knows whose ballot it is can tell that it is this one
				s.want(again, http.StatusCreated, "")
			} else {
				s.want(again, http.StatusConflict, "already-voted")
			}
			s.want(s.do(voter, "changeVote", poll, `{"secret":"`+receipt+`","answer":{"options":["`+p.Options[1].ID+`"]},"receipt":"`+receipt+`"}`), http.StatusConflict, "vote-final")
		}
		s.want(s.do(host, "closePoll", poll, ""), http.StatusOK, "")
		private = append(private, receipt, p.ID, p.Options[0].ID, p.Options[1].ID, issued.ID, issued.Secret)
	}
	token, err := s.accounts.NewToken(t.Context(), "host@example.org", webinar.ScopeMetrics)
	must(t, err)
	numbers := s.want(s.do(bearer(token), "metrics", nil, ""), http.StatusOK, "").body
	for _, word := range private {
		if strings.Contains(s.log.String(), word) || strings.Contains(string(numbers), word) {
			t.Errorf("%q is in the log or in the numbers", word)
		}
	}
	for _, ballot := range []string{"/votes", "/token", "/ballots"} {
		if strings.Contains(s.log.String(), ":poll"+ballot) {
			t.Errorf("the log has the moments of %s", ballot)
		}
	}
	if !strings.Contains(s.log.String(), ":poll/close") || len(numbers) == 0 {
		t.Error("the test read nothing")
	}
}
