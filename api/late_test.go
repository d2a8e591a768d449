package api

import (
	"net/http"
	"testing"
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
