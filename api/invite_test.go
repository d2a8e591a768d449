package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"plenum/webinar"
)

// guest is an attendee on stage, in a webinar that is live from now on.
func (s *site) guest(host asker, w string) asker {
	s.t.Helper()
	who, ticket := s.ticket(host, w, "attendee")
	live, err := s.webinars.GoLive(s.t.Context(), webinar.ID(w))
	must(s.t, err)
	must(s.t, s.webinars.Invite(s.t.Context(), live, webinar.TicketID(ticket.ID), 10))
	_, err = s.webinars.Come(s.t.Context(), live, webinar.TicketID(ticket.ID), 10)
	must(s.t, err)
	return who
}

func (s *site) hears(e *eventStream, step, id string) {
	s.t.Helper()
	var got invitationJSON
	s.decode(e.wait("invitation"), &got)
	if got.Step != step || got.Person.ID != id {
		s.t.Errorf("the host hears %+v, want %s of %s", got, step, id)
	}
}

func (s *site) isNow(e *eventStream, role string, invited bool) {
	s.t.Helper()
	var me meJSON
	s.decode(e.wait("me"), &me)
	if me.Role != role || me.Invited != invited {
		s.t.Errorf("%+v, want %s, invited %v", me, role, invited)
	}
}

func TestInvitation(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ada, ticket := s.ticket(host, w, "attendee")
	seat := in(w, "ticket", ticket.ID)
	send := offerOf(t, webrtc.RTPTransceiverDirectionSendonly)
	cockpit, room := s.open(host, w, ""), s.open(ada, w, "")

	s.want(s.do(host, "invite", seat, ""), http.StatusConflict, "not-live")
	s.want(s.do(host, "goLive", in(w), ""), http.StatusOK, "")
	s.want(s.do(ada, "answerInvitation", in(w), `{"come":true}`), http.StatusConflict, "not-invited")
	s.want(s.do(host, "invite", seat, ""), http.StatusNoContent, "")
	s.isNow(room, "attendee", true)
	s.hears(cockpit, "invited", ticket.ID)
	s.want(s.do(host, "invite", seat, ""), http.StatusConflict, "invited")
	s.want(s.do(ada, "publish", in(w), send), http.StatusForbidden, "forbidden")

	// A reload keeps the question.
	var snap snapshotJSON
	s.decode(s.open(ada, w, "").wait("snapshot"), &snap)
	if !snap.Me.Invited || snap.Me.Role != "attendee" {
		t.Errorf("the invited attendee's snapshot: %+v", snap.Me)
	}

	s.want(s.do(ada, "answerInvitation", in(w), `{}`), http.StatusUnprocessableEntity, "invalid")
	s.want(s.do(ada, "answerInvitation", in(w), `{"come":false}`), http.StatusOK, "")
	s.isNow(room, "attendee", false)
	s.hears(cockpit, "declined", ticket.ID)
	s.want(s.do(ada, "answerInvitation", in(w), `{"come":true}`), http.StatusConflict, "not-invited")

	s.want(s.do(host, "invite", seat, ""), http.StatusNoContent, "")
	s.want(s.do(host, "sendBack", seat, ""), http.StatusNoContent, "")
	s.want(s.do(host, "sendBack", seat, ""), http.StatusConflict, "not-invited")
	s.want(s.do(ada, "answerInvitation", in(w), `{"come":true}`), http.StatusConflict, "not-invited")

	s.want(s.do(host, "invite", seat, ""), http.StatusNoContent, "")
	for range 2 { // a second tab, or a second click
		s.want(s.do(ada, "answerInvitation", in(w), `{"come":true}`), http.StatusOK, "")
	}
	s.want(s.do(ada, "answerInvitation", in(w), `{"come":false}`), http.StatusConflict, "on-stage")
	s.want(s.do(host, "invite", seat, ""), http.StatusConflict, "on-stage")
	for range 4 {
		room.wait("me") // invited, back, invited, guest
	}
	published := s.want(s.do(ada, "publish", in(w), send), http.StatusCreated, "")
	s.want(s.do(ada, "mute", in(w, "session", session(published)), `{"mic":true}`), http.StatusNoContent, "")

	s.want(s.do(host, "sendBack", seat, ""), http.StatusNoContent, "")
	s.isNow(room, "attendee", false)
	if err := s.media.Unpublish(w, session(published), ticket.ID); err == nil {
		t.Error("who was sent back still publishes")
	}
	s.want(s.do(ada, "publish", in(w), send), http.StatusForbidden, "forbidden")
}

func TestGuestLeaves(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ada := s.guest(host, w)
	stream := s.open(ada, w, "")
	send := offerOf(t, webrtc.RTPTransceiverDirectionSendonly)
	published := session(s.want(s.do(ada, "publish", in(w), send), http.StatusCreated, ""))
	s.want(s.do(ada, "leaveStage", in(w), ""), http.StatusOK, "")
	s.isNow(stream, "attendee", false)
	s.want(s.do(ada, "unpublish", in(w, "session", published), ""), http.StatusForbidden, "forbidden")
	s.want(s.do(ada, "listPolls", in(w), ""), http.StatusOK, "") // still in the room

	bert := s.guest(host, w)
	s.want(s.do(bert, "leave", in(w), ""), http.StatusNoContent, "")
	s.want(s.do(bert, "publish", in(w), send), http.StatusForbidden, "forbidden")
	s.want(s.do(host, "leaveStage", in(w), ""), http.StatusConflict, "not-invited")
}

func TestWhoCanBeInvited(t *testing.T) {
	s := newSite(t) // three on stage at most
	host, other := s.account("host@example.org"), s.account("other@example.org")
	w, foreign := s.webinar(host), s.webinar(other)
	s.want(s.do(host, "goLive", in(w), ""), http.StatusOK, "")
	_, stranger := s.ticket(other, foreign, "attendee")
	s.want(s.do(host, "invite", in(w, "ticket", stranger.ID), ""), http.StatusNotFound, "not-found")
	s.want(s.do(host, "sendBack", in(w, "ticket", stranger.ID), ""), http.StatusNotFound, "not-found")
	_, away := s.ticket(host, w, "attendee")
	s.want(s.do(host, "invite", in(w, "ticket", away.ID), ""), http.StatusConflict, "not-here")
	speaker, st := s.ticket(host, w, "speaker")
	s.open(speaker, w, "").wait("snapshot")
	s.want(s.do(host, "invite", in(w, "ticket", st.ID), ""), http.StatusConflict, "on-stage")

	// One speaker sends, two are invited: no place is left, until one declines.
	send := offerOf(t, webrtc.RTPTransceiverDirectionSendonly)
	s.want(s.do(speaker, "publish", in(w), send), http.StatusCreated, "")
	var guests []asker
	var seats []map[string]string
	for range 3 {
		who, ticket := s.ticket(host, w, "attendee")
		s.open(who, w, "").wait("snapshot")
		guests, seats = append(guests, who), append(seats, in(w, "ticket", ticket.ID))
	}
	s.want(s.do(host, "invite", seats[0], ""), http.StatusNoContent, "")
	s.want(s.do(host, "invite", seats[1], ""), http.StatusNoContent, "")
	s.want(s.do(host, "invite", seats[2], ""), http.StatusConflict, "stage-full")
	s.want(s.do(guests[0], "answerInvitation", in(w), `{"come":false}`), http.StatusOK, "")
	s.want(s.do(host, "invite", seats[2], ""), http.StatusNoContent, "")
	s.want(s.do(guests[1], "answerInvitation", in(w), `{"come":true}`), http.StatusOK, "")
	s.want(s.do(guests[2], "answerInvitation", in(w), `{"come":true}`), http.StatusOK, "")

	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	s.want(s.do(guests[0], "answerInvitation", in(w), `{"come":true}`), http.StatusGone, "ended")
	s.want(s.do(host, "invite", seats[0], ""), http.StatusGone, "ended")
}

func TestPeopleHere(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	for _, name := range []string{"", "bert", "Ada"} {
		var n newTicketJSON
		s.want(s.do(host, "createTicket", in(w), `{"role":"attendee","name":"`+name+`"}`), http.StatusCreated, "").into(t, &n)
		s.open(bearer(n.Secret), w, "").wait("snapshot")
	}
	s.ticket(host, w, "attendee") // not in the room
	list := func(query string) string {
		params := in(w)
		params["?"] = query
		var got peopleJSON
		s.want(s.do(host, "listPeople", params, ""), http.StatusOK, "").into(t, &got)
		names := make([]string, len(got.People))
		for i, p := range got.People {
			names[i] = p.Name
		}
		if got.Total != 3 {
			t.Errorf("%d in the room", got.Total)
		}
		return strings.Join(names, "|")
	}
	if got := list(""); got != "Ada|bert|" {
		t.Errorf("in the room: %q", got)
	}
	if got := list("name=B"); got != "bert" {
		t.Errorf("of the name: %q", got)
	}
}

// I15 for who is promoted: the question is on the screen before anything of them is taken.
func TestI15GuestIsAskedBeforeTheyAreHeard(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ada, ticket := s.ticket(host, w, "attendee")
	seat := in(w, "ticket", ticket.ID)
	s.open(ada, w, "").wait("snapshot")
	s.want(s.do(host, "goLive", in(w), ""), http.StatusOK, "")
	var rec recordingJSON
	s.want(s.do(host, "announce", in(w), `{"key":"k"}`), http.StatusCreated, "").into(t, &rec)
	one := in(w, "recording", rec.ID)
	var n noticeJSON
	s.want(s.do(ada, "notice", one, ""), http.StatusOK, "").into(t, &n)
	say := func(act string) reply {
		return s.do(ada, "answer", one, `{"act":"`+act+`","hash":"`+n.Hash+`","lang":"`+n.Lang+`"}`)
	}
	s.want(say("shown"), http.StatusForbidden, "forbidden") // nobody has asked her on stage
	s.want(s.do(host, "invite", seat, ""), http.StatusNoContent, "")
	s.want(say("grant"), http.StatusForbidden, "forbidden") // an answer is for the stage
	s.want(s.do(ada, "answerInvitation", in(w), `{"come":true}`), http.StatusOK, "")
	send := offerOf(t, webrtc.RTPTransceiverDirectionSendonly)
	s.want(s.do(ada, "publish", in(w), send), http.StatusConflict, "not-shown")
	s.want(say("shown"), http.StatusOK, "")
	s.want(s.do(ada, "publish", in(w), send), http.StatusCreated, "") // an answer is optional
	s.want(say("grant"), http.StatusOK, "")

	// Back among the attendees the yes can still be taken back, and the page knows of it.
	s.want(s.do(host, "sendBack", seat, ""), http.StatusNoContent, "")
	var snap snapshotJSON
	s.decode(s.open(ada, w, "").wait("snapshot"), &snap)
	if snap.MyConsent == nil || snap.MyConsent.State != "granted" {
		t.Errorf("who was on stage: %+v", snap.MyConsent)
	}
	s.want(say("withdraw"), http.StatusOK, "")
	s.want(say("grant"), http.StatusForbidden, "forbidden")
}
