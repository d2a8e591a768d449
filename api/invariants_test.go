package api

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"strings"
	"testing"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// standing is what the recorder knows of a seat.
func (s *site) standing(w, recording, ticket string) (consent.Standing, webinar.SubjectID) {
	s.t.Helper()
	seat, err := s.webinars.Ticket(s.t.Context(), webinar.ID(w), webinar.TicketID(ticket))
	must(s.t, err)
	st, err := s.recorder.MyConsent(s.t.Context(), webinar.ID(w), recording, seat)
	must(s.t, err)
	return st, seat.Subject
}

// TestI19HostRightsChangeNoConsent has the host call everything there is, with bodies that name other people, while one
// has agreed, one has refused and one has only seen the notice. Afterwards they stand where they stood, and the ledger
// has no further word of theirs.
func TestI19HostRightsChangeNoConsent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	agreed, ticketA := s.ticket(host, w, "speaker")
	refused, ticketR := s.ticket(host, w, "speaker")
	shown, ticketS := s.ticket(host, w, "speaker")
	var rec recordingJSON
	s.want(s.do(host, "announce", in(w), `{}`), http.StatusCreated, "").into(t, &rec)
	one := in(w, "recording", rec.ID)
	s.agree(agreed, one)
	var n noticeJSON
	s.want(s.do(host, "notice", one, ""), http.StatusOK, "").into(t, &n)
	rest := `","hash":"` + n.Hash + `","lang":"` + n.Lang + `"`
	s.want(s.do(refused, "answer", one, `{"act":"refuse`+rest+`}`), http.StatusOK, "")
	s.want(s.do(shown, "answer", one, `{"act":"shown`+rest+`}`), http.StatusOK, "")

	type stand struct {
		state  consent.State
		scopes consent.Scope
		seq    uint64 // of the last entry
	}
	look := func() (out [3]stand, ids [3]string) {
		for i, ticket := range []string{ticketA.ID, ticketR.ID, ticketS.ID} {
			st, subject := s.standing(w, rec.ID, ticket)
			out[i], ids[i] = stand{st.State, st.Scopes, st.Receipt.Seq}, string(subject)
		}
		return out, ids
	}
	before, subjects := look()
	if before[0].state != consent.Granted || before[1].state != consent.Refused || before[2].state != consent.WasShown {
		t.Fatalf("%+v", before)
	}
	last := map[string]bool{"revokeTicket": true, "deleteRecording": true, "stopRecording": true, "endWebinar": true, "deleteWebinar": true, "signOut": true, "events": true}
	for _, r := range routes() {
		if last[r.op] {
			continue
		}
		for i, ticket := range []string{ticketA.ID, ticketR.ID, ticketS.ID} {
			ids := in(w, "recording", rec.ID, "ticket", ticket, "session", webinar.NewID(), "poll", webinar.NewID(), "segment", webinar.NewID(), "download", webinar.NewID(), "?", "subject="+subjects[i]+"&ticket="+ticket)
			if r.method == http.MethodGet {
				s.do(host, r.op, ids, "")
				continue
			}
			for _, act := range []string{"shown", "grant", "refuse", "withdraw"} {
				s.do(host, r.op, ids, `{"act":"`+act+rest+`,"subject":"`+subjects[i]+`","ticket":"`+ticket+`"}`)
			}
			s.do(host, r.op, ids, "")
		}
		if now, _ := look(); now != before {
			t.Fatalf("%s: %+v, was %+v", r.op, now, before)
		}
	}
	// The host may answer, for nobody else.
	s.agree(host, one)
	if now, _ := look(); now != before {
		t.Fatalf("the host's own answer: %+v, was %+v", now, before)
	}
	words := func(subject string) int {
		var out bytes.Buffer
		must(t, s.recorder.Ledger(t.Context(), webinar.ID(w), &out))
		return strings.Count(out.String(), subject)
	}
	said := map[string]int{}
	for _, id := range subjects {
		if said[id] = words(id); said[id] == 0 {
			t.Fatal("the ledger does not know them")
		}
	}
	for _, ticket := range []string{ticketA.ID, ticketR.ID, ticketS.ID} {
		s.want(s.do(host, "revokeTicket", in(w, "ticket", ticket), ""), http.StatusNoContent, "")
	}
	s.want(s.do(host, "stopRecording", one, ""), http.StatusOK, "")
	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	for _, id := range subjects {
		if words(id) != said[id] {
			t.Errorf("the ledger has another word of %s", id)
		}
	}
}

// TestI21ExportsHoldConsentingPeopleOnly reads all that an organizer can take home of a recording in which one agreed with
// the name, one without it, one refused, and others only voted.
func TestI21ExportsHoldConsentingPeopleOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	s.want(s.do(host, "goLive", in(w), ""), http.StatusOK, "")
	person := func(name string) (asker, newTicketJSON) {
		var n newTicketJSON
		s.want(s.do(host, "createTicket", in(w), `{"role":"speaker","name":"`+name+`"}`), http.StatusCreated, "").into(t, &n)
		return bearer(n.Secret), n
	}
	named, ticketNamed := person("Named Nora")
	nameless, ticketNameless := person("Nameless Nick")
	refused, _ := person("Refusing Rita")
	var rec recordingJSON
	s.want(s.do(host, "announce", in(w), `{"strict":false}`), http.StatusCreated, "").into(t, &rec)
	one := in(w, "recording", rec.ID)
	s.agree(named, one)
	var n noticeJSON
	s.want(s.do(nameless, "notice", one, ""), http.StatusOK, "").into(t, &n)
	rest := `","hash":"` + n.Hash + `","lang":"` + n.Lang + `"`
	s.want(s.do(nameless, "answer", one, `{"act":"shown`+rest+`}`), http.StatusOK, "")
	s.want(s.do(nameless, "answer", one, `{"act":"grant`+rest+`,"scopes":["audio"]}`), http.StatusOK, "")
	s.want(s.do(refused, "answer", one, `{"act":"refuse`+rest+`}`), http.StatusOK, "")
	s.want(s.do(host, "startRecording", one, ""), http.StatusOK, "")

	var p pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"Which?","options":["this","that"]}`), http.StatusCreated, "").into(t, &p)
	s.want(s.do(host, "openPoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	receipts := []string{strings.Repeat("ab", 32), strings.Repeat("cd", 32)}
	for i, name := range []string{"Voting Vera", "Voting Viktor"} {
		joined := s.want(s.do(asker{}, "join", in(w), `{"name":"`+name+`"}`), http.StatusOK, "")
		vote := `{"answer":{"options":["` + p.Options[i].ID + `"]},"receipt":"` + receipts[i] + `"}`
		s.want(s.do(asker{cookies: joined.cookie}, "vote", in(w, "poll", p.ID), vote), http.StatusCreated, "")
	}
	s.speak(w, ticketNamed.ID)
	s.speak(w, ticketNameless.ID)
	s.want(s.do(host, "closePoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	s.want(s.do(host, "stopRecording", one, ""), http.StatusOK, "")
	s.sealed(host, one, 2)

	exports := map[string][]byte{}
	for _, op := range []string{"timeline", "reportCSV", "reportPDF", "masters", "getRecording", "ledger", "downloads"} {
		exports[op] = s.want(s.do(host, op, one, ""), http.StatusOK, "").body
	}
	exports["pollResults"] = s.want(s.do(host, "pollResults", in(w, "poll", p.ID), ""), http.StatusOK, "").body
	zipped, err := zip.NewReader(bytes.NewReader(exports["masters"]), int64(len(exports["masters"])))
	must(t, err)
	for _, f := range zipped.File {
		r, err := f.Open()
		must(t, err)
		body, err := io.ReadAll(r)
		must(t, err)
		exports["masters: "+f.Name] = append([]byte(f.Name+"\n"), body...)
	}
	if !bytes.Contains(exports["timeline"], []byte("Named Nora")) {
		t.Errorf("who agreed is not in it: %s", exports["timeline"])
	}
	for what, body := range exports {
		for _, private := range []string{"Nameless Nick", "Refusing Rita", "Voting Vera", "Voting Viktor", receipts[0], receipts[1]} {
			if bytes.Contains(body, []byte(private)) {
				t.Errorf("%s has %q: %.300s", what, private, body)
			}
		}
	}
	// Results are totals. A breakdown by group would need five people in each.
	table, err := csv.NewReader(bytes.NewReader(exports["pollResults"])).ReadAll()
	must(t, err)
	if len(table) != 3 || strings.TrimPrefix(strings.Join(table[0], " "), "\ufeff") != "option votes percent" {
		t.Errorf("%q", table)
	}
}
