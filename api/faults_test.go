package api

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestBadInput tries what goes wrong on the way in; each is a problem with a sentence in the asker's language.
func TestBadInput(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	big := `{"title":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, try := range []struct {
		op, body string
		who      asker
		status   int
		code     string
		field    string
	}{
		{op: "createWebinar", who: host, body: big, status: http.StatusRequestEntityTooLarge, code: "too-large"},
		{op: "createWebinar", who: host, body: `{}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "title"},
		{op: "createWebinar", who: host, body: `{"title":"` + strings.Repeat("x", 201) + `"}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "title"},
		{op: "createWebinar", who: host, body: `{"title":"a\u202eb"}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "title"},
		{op: "createWebinar", who: host, body: `{"title":"x","lang":"fr"}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "lang"},
		{op: "createWebinar", who: host, body: `{"title":"x","starts_at":"9999-12-31T23:59:59Z"}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "starts_at"},
		{op: "createWebinar", who: host, body: `{"title":"x","owner":"me"}`, status: http.StatusBadRequest, code: "unknown-key", field: "owner"},
		{op: "createWebinar", who: host, body: `{"title":"x","title":"y"}`, status: http.StatusBadRequest, code: "duplicate-key", field: "title"},
		{op: "createWebinar", who: host, body: `title=x`, status: http.StatusBadRequest, code: "malformed-json"},
		{op: "createTicket", who: host, body: `{"role":"host"}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "role"},
		{op: "createTicket", who: host, body: `{"role":"speaker","name":"` + strings.Repeat("x", 65) + `"}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "name"},
		{op: "createPoll", who: host, body: `{"question":"?","options":["a"]}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "options"},
		{op: "createPoll", who: host, body: `{"question":"?","options":["a","a"]}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "options"},
		{op: "join", body: `{"ticket":"tk_wrong"}`, status: http.StatusUnauthorized, code: "ticket-invalid"},
		{op: "join", body: `{"name":"a\u0000b"}`, status: http.StatusUnprocessableEntity, code: "invalid", field: "name"},
		{op: "checkSetup", body: `{"token":"wrong"}`, status: http.StatusForbidden, code: "setup-done"},
		{op: "checkPassword", body: `{"token":"wrong"}`, status: http.StatusForbidden, code: "link-used"},
		{op: "newPassword", body: `{"token":"wrong","password":"long enough, this"}`, status: http.StatusForbidden, code: "link-used"},
		{op: "setup", body: `{"token":"wrong","email":"a@example.org","name":"A","password":"long enough, this"}`, status: http.StatusForbidden, code: "setup-done"},
		{op: "signIn", body: `{"email":"nobody@example.org","password":"x"}`, status: http.StatusUnauthorized, code: "bad-login"},
		{op: "signIn", body: `[]`, status: http.StatusBadRequest, code: "malformed-json"},
		{op: "resolveCode", body: `{"code":5}`, status: http.StatusBadRequest, code: "wrong-type", field: "code"},
	} {
		said := map[string]bool{}
		for _, lang := range []string{"de", "en"} {
			who := asker{bearer: try.who.bearer, header: http.Header{"Accept-Language": {lang}}}
			var p problem
			s.want(s.do(who, try.op, in(w), try.body), try.status, try.code).into(t, &p)
			if p.Field != try.field || p.Detail == "" || p.RequestID == "" || p.Status != try.status {
				t.Errorf("%s %.60s: %+v", try.op, try.body, p)
			}
			said[p.Detail] = true
		}
		if len(said) != 2 {
			t.Errorf("%s %.60s says the same in both languages: %v", try.op, try.body, said)
		}
	}
}

func TestSeats(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w, elsewhere := s.webinar(host), s.webinar(host)
	var first, again, fresh, personal meJSON
	joined := s.want(s.do(asker{}, "join", in(w), `{"name":"Ada"}`), http.StatusOK, "")
	joined.into(t, &first)
	seat := asker{cookies: joined.cookie}
	s.want(s.do(seat, "join", in(w), `{"name":"Ada L."}`), http.StatusOK, "").into(t, &again)
	if again.ID != first.ID || again.Name != "Ada L." || again.Role != "attendee" {
		t.Errorf("the cookie %+v was seated as %+v", first, again)
	}
	s.want(s.do(asker{}, "join", in(w), `{}`), http.StatusOK, "").into(t, &fresh)
	if fresh.ID == first.ID {
		t.Error("two people sit on one seat")
	}
	s.want(s.do(seat, "listPolls", in(w), ""), http.StatusOK, "")
	s.want(s.do(seat, "listPolls", in(elsewhere), ""), http.StatusUnauthorized, "unauthenticated")

	_, ticket := s.ticket(host, w, "speaker")
	if want := "http://plenum.test/s/" + w + "#t=" + ticket.Secret; ticket.Link != want {
		t.Errorf("link %s, want %s", ticket.Link, want)
	}
	promoted := s.want(s.do(seat, "join", in(w), `{"ticket":"`+ticket.Secret+`"}`), http.StatusOK, "")
	promoted.into(t, &personal)
	if personal.Role != "speaker" || personal.ID != ticket.ID || len(promoted.cookie) != 1 {
		t.Errorf("the ticket was seated as %+v", personal)
	}
	var me meJSON
	sat := s.want(s.do(host, "join", in(w), `{"name":"Somebody"}`), http.StatusOK, "")
	sat.into(t, &me)
	if me.Role != "host" || me.Name != "Name of host@example.org" || len(sat.cookie) != 0 {
		t.Errorf("the host sits as %+v with %v", me, sat.cookie)
	}
	var arrival arrivalJSON
	s.want(s.do(seat, "getWebinar", in(w), ""), http.StatusOK, "").into(t, &arrival)
	if arrival.Me == nil || arrival.Me.ID != first.ID || arrival.Webinar.Code+arrival.Webinar.Link != "" {
		t.Errorf("%+v", arrival)
	}
	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	s.want(s.do(asker{}, "join", in(w), `{}`), http.StatusGone, "ended")
	s.want(s.do(host, "goLive", in(w), ""), http.StatusGone, "ended")
	s.want(s.do(host, "createPoll", in(w), `{"question":"?","options":["a","b"]}`), http.StatusGone, "ended")
	s.want(s.do(host, "createTicket", in(w), `{"role":"speaker"}`), http.StatusGone, "ended")
	s.want(s.do(host, "announce", in(w), `{}`), http.StatusGone, "ended")
}

// TestDoubleSubmit sends everything that a person may send twice by accident twice, at once.
func TestDoubleSubmit(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	twice := func(who asker, op string, params map[string]string, body string) [2]reply {
		var both [2]reply
		var wg sync.WaitGroup
		for i := range both {
			wg.Go(func() { both[i] = s.do(who, op, params, body) })
		}
		wg.Wait()
		return both
	}
	var ids [2]struct{ ID string }
	for i, r := range twice(host, "createWebinar", nil, `{"title":"x","key":"k1"}`) {
		s.want(r, http.StatusCreated, "").into(t, &ids[i])
	}
	if ids[0] != ids[1] {
		t.Errorf("two webinars: %v", ids)
	}
	w := ids[0].ID
	for i, r := range twice(host, "createPoll", in(w), `{"question":"?","options":["a","b"],"key":"k2"}`) {
		s.want(r, http.StatusCreated, "").into(t, &ids[i])
	}
	if ids[0] != ids[1] {
		t.Errorf("two polls: %v", ids)
	}
	poll := in(w, "poll", ids[0].ID)
	var p pollJSON
	for _, r := range twice(host, "openPoll", poll, "") {
		s.want(r, http.StatusOK, "").into(t, &p)
	}
	attendee, _ := s.ticket(host, w, "attendee")
	counted := 0
	for _, r := range twice(attendee, "vote", poll, `{"answer":{"options":["`+p.Options[0].ID+`"]},"receipt":"`+strings.Repeat("0f", 32)+`"}`) {
		if r.status == http.StatusCreated {
			counted++
		} else {
			s.want(r, http.StatusConflict, "already-voted")
		}
	}
	for _, op := range []string{"closePoll", "goLive", "endWebinar"} {
		for _, r := range twice(host, op, poll, "") {
			s.want(r, http.StatusOK, "")
		}
	}
	var list []pollJSON
	s.want(s.do(host, "listPolls", in(w), ""), http.StatusOK, "").into(t, &list)
	if counted != 1 || len(list) != 1 || list[0].Tally == nil || list[0].Tally.Total != 1 {
		t.Errorf("%d votes counted, %+v", counted, list)
	}
	csv := s.want(s.do(host, "pollResults", poll, ""), http.StatusOK, "")
	if !strings.Contains(string(csv.body), "a,1,100.0") || !strings.HasPrefix(csv.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%s", csv.body)
	}
	s.want(s.do(attendee, "listReceipts", poll, ""), http.StatusOK, "")
	s.want(s.do(attendee, "vote", poll, `{"answer":{"options":["x"]},"receipt":"`+strings.Repeat("0f", 32)+`"}`), http.StatusConflict, "already-voted")
}
