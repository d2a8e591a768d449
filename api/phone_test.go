package api

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestPhoneTakesTheSameSeat hands a seat over to a second screen: both are one voter.
func TestPhoneTakesTheSameSeat(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	room := asker{cookies: s.want(s.do(asker{}, "join", in(w), `{"name":"Ada"}`), http.StatusOK, "").cookie}
	link := s.phoneLink(room, w)
	page, token, _ := strings.Cut(link, "#t=")
	if page != "http://plenum.test/vote/"+w || strings.Contains(link, room.cookies[0].Value) {
		t.Fatalf("link %s", link)
	}
	got := s.want(s.do(asker{}, "join", in(w), `{"ticket":"`+token+`"}`), http.StatusOK, "")
	var before, after meJSON
	got.into(t, &after)
	s.want(s.do(room, "join", in(w), `{}`), http.StatusOK, "").into(t, &before)
	if before != after {
		t.Fatalf("the room has seat %+v, the phone %+v", before, after)
	}
	phone := asker{cookies: got.cookie}
	p := s.openedPoll(host, w)
	ballot := func(receipt string) string {
		return `{"answer":{"options":["` + p.Options[0].ID + `"]},"receipt":"` + strings.Repeat(receipt, 64) + `"}`
	}
	s.want(s.do(phone, "vote", in(w, "poll", p.ID), ballot("a")), http.StatusCreated, "")
	s.want(s.do(room, "vote", in(w, "poll", p.ID), ballot("b")), http.StatusConflict, "already-voted")
	if log := s.log.String(); strings.Contains(log, token) {
		t.Error("the log knows the code")
	}
}

func TestPhoneCodesEnd(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w, other := s.webinar(host), s.webinar(host)
	room := asker{cookies: s.want(s.do(asker{}, "join", in(w), `{}`), http.StatusOK, "").cookie}
	come := func(w, link string) reply {
		_, token, _ := strings.Cut(link, "#t=")
		return s.do(asker{}, "join", in(w), `{"ticket":"`+token+`"}`)
	}
	first, second := s.phoneLink(room, w), s.phoneLink(room, w)
	s.want(come(w, first), http.StatusUnauthorized, "ticket-invalid") // another one was made
	s.want(come(w, second), http.StatusOK, "")
	s.want(come(w, second), http.StatusUnauthorized, "ticket-invalid") // once
	s.want(come(other, s.phoneLink(room, w)), http.StatusUnauthorized, "ticket-invalid")
	s.want(s.do(bearer("go_aaaaaaaaaaaaaaaaaaaaaaaaaa"), "listPolls", in(w), ""), http.StatusUnauthorized, "unauthenticated")

	speaker, _ := s.ticket(host, w, "speaker")
	s.want(s.do(speaker, "handOver", in(w), ""), http.StatusConflict, "one-screen")
	s.want(s.do(host, "handOver", in(w), ""), http.StatusConflict, "one-screen")
}

func TestPhoneCodesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhones()
		late, _ := p.offer("a", "tk_a", time.Now())
		p.offer("b", "tk_b", time.Now())
		time.Sleep(phoneFor)
		if _, ok := p.take(late, time.Now()); ok {
			t.Error("a code works after its time")
		}
		p.offer("c", "tk_c", time.Now())
		if len(p.open) != 1 || len(p.seats) != 1 {
			t.Errorf("%d codes and %d seats are kept", len(p.open), len(p.seats))
		}
	})
}

func (s *site) phoneLink(who asker, w string) string {
	s.t.Helper()
	var link phoneLinkJSON
	s.want(s.do(who, "handOver", in(w), ""), http.StatusCreated, "").into(s.t, &link)
	return link.Link
}

// openedPoll makes and opens a poll with two answers.
func (s *site) openedPoll(host asker, w string) pollJSON {
	s.t.Helper()
	var p pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"Which?","options":["a","b"]}`), http.StatusCreated, "").into(s.t, &p)
	s.want(s.do(host, "openPoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	return p
}
