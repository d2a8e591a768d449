package api

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
)

// Somebody takes their name and their film back in the moment in which a copy of it is written down: either the copy is
// without it, or there is none, or its owner is told to delete it.
func TestWithdrawalBetweenReadingAndNoting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op, query string
		status    int
	}{
		{"reportCSV", "", http.StatusOK},
		{"timeline", "download=1", http.StatusOK},
		{"masters", "", http.StatusOK}, // of the host, who stays in it
		{"captions", "download=1", http.StatusNotFound},
	} {
		t.Run(c.op, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			host, one, link := s.recorded()
			german := with(one, "lang", "de")
			s.want(s.do(host, "setCaptions", german, "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nBobby Tables\n"), http.StatusOK, "")

			if before := s.copyOf(host, c.op, with(german, "?", "")); !strings.Contains(before, "Bobby") {
				t.Fatalf("the test proves nothing: %s", before)
			}
			s.withdrawsMeanwhile(link)
			got := s.do(host, c.op, with(german, "?", c.query), "")
			if got.status != c.status {
				t.Errorf("%d %s", got.status, got.problem())
			}
			if said := unpacked(t, c.op, got.body); strings.Contains(said, "Bobby") {
				t.Errorf("the copy names who has withdrawn, and nobody is told to delete it: %s", said)
			}
		})
	}
}

// recorded is a recording of two who have agreed, the second of whom has a receipt link, and its host.
func (s *site) recorded() (host asker, one map[string]string, link string) {
	t := s.t
	t.Helper()
	host = s.account("host@example.org")
	w := s.webinar(host)
	ann, annTicket := s.ticket(host, w, "speaker")
	bob, bobTicket := s.ticket(host, w, "speaker")
	s.want(s.do(bob, "join", in(w), `{"name":"Bobby Tables"}`), http.StatusOK, "")
	var rec recordingJSON
	s.want(s.do(host, "announce", in(w), `{"strict":false}`), http.StatusCreated, "").into(t, &rec)
	one = in(w, "recording", rec.ID)
	s.agree(ann, one)
	var mine myConsentJSON
	s.agree(bob, one).into(t, &mine)
	s.want(s.do(host, "startRecording", one, ""), http.StatusOK, "")
	s.speak(w, annTicket.ID)
	s.speak(w, bobTicket.ID)
	s.want(s.do(host, "stopRecording", one, ""), http.StatusOK, "")
	s.sealed(host, one, 2)
	return host, one, mine.Link
}

// beforeStatement has f called before each statement that the database is about to run.
func (s *site) beforeStatement(f func(*gorm.DB)) { s.before.Store(&f) }

// withdrawsMeanwhile has the owner of a receipt link withdraw when the next copy is about to be written down.
func (s *site) withdrawsMeanwhile(link string) {
	_, secret, _ := strings.Cut(link, "#")
	var once sync.Once
	s.beforeStatement(func(tx *gorm.DB) {
		if strings.Contains(tx.Statement.SQL.String(), "INSERT INTO downloads") {
			once.Do(func() {
				s.want(s.do(asker{}, "withdrawReceipt", nil, `{"link":"`+secret+`"}`), http.StatusOK, "")
			})
		}
	})
}

// A film whose owner withdraws while it is on its way breaks off, and whoever takes it learns that it is not whole.
func TestFilmsBreakOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ op, query string }{{"segment", ""}, {"segment", "download=1"}, {"program", ""}, {"program", "download=1"}, {"masters", ""}} {
		t.Run(c.op+" "+c.query, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			host, one, link := s.recorded()
			var tl timelineJSON
			s.want(s.do(host, "timeline", one, ""), http.StatusOK, "").into(t, &tl)
			for _, p := range tl.Segments {
				if p.Label == "Bobby Tables" {
					one["segment"] = p.ID
				}
			}
			if c.op == "program" {
				s.program(host, one)
			}
			s.withdrawsMeanwhile(link)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+fill(t, c.op, one)+"?"+c.query, http.NoBody)
			must(t, err)
			host.sign(req)
			res, err := http.DefaultClient.Do(req)
			must(t, err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if c.op == "masters" { // nothing has gone yet, so it comes whole, without him
				must(t, err)
				z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
				must(t, err)
				if len(z.File) != 2 || strings.Contains(z.File[1].Name, "Bobby") {
					t.Errorf("%d files, %s", len(z.File), z.File[1].Name)
				}
				return
			}
			if res.StatusCode == http.StatusOK && (err == nil || len(body) > 0) {
				t.Errorf("%d bytes of %d, %v", len(body), res.ContentLength, err)
			}
		})
	}
}

// What cannot be written down does not go: no byte of a copy leaves while the list of downloads takes nothing.
func TestNothingIsTakenUnnoted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ann, ticket := s.ticket(host, w, "speaker")
	var rec recordingJSON
	s.want(s.do(host, "announce", in(w), `{}`), http.StatusCreated, "").into(t, &rec)
	one := in(w, "recording", rec.ID, "lang", "de")
	s.agree(ann, one)
	s.want(s.do(host, "startRecording", one, ""), http.StatusOK, "")
	s.speak(w, ticket.ID)
	s.want(s.do(host, "stopRecording", one, ""), http.StatusOK, "")
	one["segment"] = s.sealed(host, one, 1).Segments[0].ID
	s.want(s.do(host, "setCaptions", one, "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nHello\n"), http.StatusOK, "")
	s.program(host, one)
	s.beforeStatement(func(tx *gorm.DB) {
		if strings.Contains(tx.Statement.SQL.String(), "INSERT INTO downloads") {
			_ = tx.AddError(errors.New("disk is full")) // the statement is not run
		}
	})
	for _, c := range []struct{ op, query string }{
		{"segment", ""}, {"segment", "download=1"}, {"program", ""}, {"program", "download=1"}, {"masters", ""}, {"timeline", "download=1"},
		{"captions", "download=1"}, {"ledger", ""}, {"reportCSV", ""}, {"reportPDF", ""},
	} {
		got := s.want(s.do(host, c.op, with(one, "?", c.query), ""), http.StatusServiceUnavailable, "storage")
		if name := got.header.Get("Content-Disposition"); name != "" || len(got.body) > 1000 {
			t.Errorf("%s %s: %s, %d bytes", c.op, c.query, name, len(got.body))
		}
	}
	var list []downloadJSON
	s.want(s.do(host, "downloads", one, ""), http.StatusOK, "").into(t, &list)
	for _, d := range list {
		if d.What != "program" { // was looked at before
			t.Errorf("%+v", d)
		}
	}
}

// copyOf is what is read without a copy, or the copy where there is no such thing.
func (s *site) copyOf(host asker, op string, params map[string]string) string {
	s.t.Helper()
	return unpacked(s.t, op, s.want(s.do(host, op, params, ""), http.StatusOK, "").body)
}

// unpacked is the text of a copy: of a ZIP, the timeline in it.
func unpacked(t testing.TB, op string, body []byte) string {
	t.Helper()
	if op != "masters" {
		return string(body)
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	must(t, err)
	f, err := z.Open(timelineEntry)
	must(t, err)
	line, err := io.ReadAll(f)
	must(t, err)
	return string(line)
}
