package api

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWhoComesAfterTheEndIsToldOfTheRecording(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	speaker, _ := s.ticket(host, w, "speaker")
	arrival := func() (a arrivalJSON) {
		t.Helper()
		s.want(s.do(asker{}, "getWebinar", in(w), ""), http.StatusOK, "").into(t, &a)
		return a
	}
	var rec recordingJSON
	s.want(s.do(host, "announce", in(w), `{"key":"k"}`), http.StatusCreated, "").into(t, &rec)
	one := in(w, "recording", rec.ID)
	s.agree(speaker, one)
	s.want(s.do(host, "startRecording", one, ""), http.StatusOK, "")
	s.want(s.do(host, "stopRecording", one, ""), http.StatusOK, "")
	if got := arrival(); got.Recording != nil {
		t.Errorf("stopped, and not ended yet: %+v", got.Recording)
	}
	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	if got := arrival(); got.Recording == nil || got.Recording.ID != rec.ID || got.Recording.ExpiresAt == nil {
		t.Errorf("%+v", got.Recording)
	}
	s.want(s.do(host, "deleteRecording", one, ""), http.StatusNoContent, "")
	if got := arrival(); got.Recording != nil {
		t.Errorf("erased: %+v", got.Recording)
	}
}

// TestWhoComesAfterTheEndAnswersASurvey opens the link for the first time when the webinar is over.
func TestWhoComesAfterTheEndAnswersASurvey(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	invited, _ := s.ticket(host, w, "attendee")
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	var p pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"How was it?","options":["a","b"],"survey_until":"`+until.Format(time.RFC3339)+`"}`), http.StatusCreated, "").into(t, &p)
	s.want(s.do(host, "openPoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	arrival := func() (a arrivalJSON) {
		t.Helper()
		s.want(s.do(asker{}, "getWebinar", in(w), ""), http.StatusOK, "").into(t, &a)
		return a
	}
	if a := arrival(); a.SurveyUntil != nil {
		t.Errorf("while it runs, nobody has to be told: %v", a.SurveyUntil)
	}
	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	if a := arrival(); a.SurveyUntil == nil || !a.SurveyUntil.Equal(until) {
		t.Errorf("until %v", a.SurveyUntil)
	}
	vote := `{"answer":{"options":["` + p.Options[0].ID + `"]},"receipt":"` + strings.Repeat("0a", 32) + `"}`
	s.want(s.do(asker{}, "vote", in(w, "poll", p.ID), vote), http.StatusUnauthorized, "unauthenticated")
	seated := s.do(asker{}, "join", in(w), `{"name":"Cy"}`)
	s.want(seated, http.StatusOK, "")
	late := asker{cookies: seated.cookie}
	s.want(s.do(late, "vote", in(w, "poll", p.ID), vote), http.StatusCreated, "")
	s.want(s.do(late, "vote", in(w, "poll", p.ID), strings.Replace(vote, "0a", "0b", 1)), http.StatusConflict, "already-voted")
	// A personal link that was never opened, as the page redeems it.
	byLink := s.do(asker{}, "join", in(w), `{"ticket":"`+invited.bearer+`"}`)
	s.want(byLink, http.StatusOK, "")
	s.want(s.do(asker{cookies: byLink.cookie}, "vote", in(w, "poll", p.ID), strings.ReplaceAll(vote, "0a", "0c")), http.StatusCreated, "")
	s.want(s.do(host, "closePoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	s.want(s.do(asker{}, "join", in(w), `{}`), http.StatusGone, "ended")
	if a := arrival(); a.SurveyUntil != nil {
		t.Errorf("nothing is open any more: %v", a.SurveyUntil)
	}
}
