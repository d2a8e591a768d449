package api

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRunSheetOverHTTP imports, exports and copies, and says which line is wrong in both languages.
func TestRunSheetOverHTTP(t *testing.T) {
	s := newSite(t)
	host, other := s.account("host@example.org"), s.account("other@example.org")
	w, next, foreign := s.webinar(host), s.webinar(host), s.webinar(other)
	const sheet = `## Wohin?\n\nopen for: 90 s\n\n- Köln\n- =1+1\n`
	var made, again []pollJSON
	body := `{"format":"markdown","text":"` + sheet + `","key":"k"}`
	s.want(s.do(host, "importPolls", in(w), body), http.StatusCreated, "").into(t, &made)
	s.want(s.do(host, "importPolls", in(w), body), http.StatusCreated, "").into(t, &again)
	if len(made) != 1 || len(again) != 1 || made[0].ID != again[0].ID || made[0].OpenForMs != 90_000 {
		t.Errorf("%+v and again %+v", made, again)
	}
	german := asker{bearer: host.bearer, cookies: host.cookies, header: http.Header{"Accept-Language": {"de"}}}
	got := s.do(german, "importPolls", in(w), `{"format":"markdown","text":"## Gut?\n- ja\n- nein\n\n## Schlecht?\nFarbe: rot\n- a\n- b\n"}`)
	s.want(got, http.StatusUnprocessableEntity, "wrong-line")
	if !strings.Contains(string(got.body), "Zeile 6 (farbe): Eine Einstellung mit diesem Namen gibt es nicht. Es wurde nichts importiert.") {
		t.Errorf("%s", got.body)
	}
	for line, says := range map[string]string{
		"kind: chess": "Zeile 2 (kind): Das ist keiner der Werte, die hier möglich sind.", "open for: 2 s": "Zeile 2 (open for): Das ist zu kurz: mindestens 5 Sekunden.",
		"open for: 30 h": "Zeile 2 (open for): Das ist zu lang: höchstens 24 Stunden.",
	} {
		got := s.do(german, "importPolls", in(w), `{"format":"markdown","text":"## Gut?\n`+line+`\n- ja\n- nein\n"}`)
		if s.want(got, http.StatusUnprocessableEntity, "wrong-line"); !strings.Contains(string(got.body), says) {
			t.Errorf("%s: %s", line, got.body)
		}
	}
	s.want(s.do(host, "importPolls", in(w), `{"format":"csv","text":"question,option,option\nq,a,b\nq,a\n"}`), http.StatusUnprocessableEntity, "wrong-line")
	s.want(s.do(host, "importPolls", in(w), `{"format":"docx","text":"x"}`), http.StatusUnprocessableEntity, "invalid")
	var list []pollJSON
	s.want(s.do(host, "listPolls", in(w), ""), http.StatusOK, "").into(t, &list)
	if len(list) != 1 {
		t.Errorf("a wrong line left %d polls", len(list))
	}
	if md := s.do(host, "runsheetMarkdown", in(w), ""); !strings.Contains(string(md.body), "## Wohin?\n\nkind: single\n") {
		t.Errorf("%s", md.body)
	}
	if csv := s.do(host, "runsheetCSV", in(w), ""); !strings.Contains(string(csv.body), "'=1+1") {
		t.Errorf("%s", csv.body)
	}
	s.want(s.do(host, "copyPolls", in(next), `{"from":"`+w+`"}`), http.StatusCreated, "").into(t, &again)
	if len(again) != 1 || again[0].Question != "Wohin?" || again[0].ID == made[0].ID {
		t.Errorf("copied %+v", again)
	}
	s.want(s.do(host, "copyPolls", in(next), `{"from":"`+foreign+`"}`), http.StatusNotFound, "not-found")
	s.want(s.do(host, "copyPolls", in(next), `{"from":"`+w+`","polls":["`+again[0].ID+`"]}`), http.StatusNotFound, "not-found")
}

// TestPollLifeOverHTTP walks a poll through its life and shows to the attendee what is hers to see.
func TestPollLifeOverHTTP(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	attendee, _ := s.ticket(host, w, "attendee")
	var p pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"?","options":["a","b"]}`), http.StatusCreated, "").into(t, &p)
	poll := in(w, "poll", p.ID)
	s.want(s.do(host, "setPollEnd", poll, `{}`), http.StatusConflict, "poll-not-open")
	s.want(s.do(host, "setPollResults", poll, `{"results":"shown"}`), http.StatusConflict, "poll-not-open")
	s.want(s.do(host, "repeatPoll", poll, ""), http.StatusConflict, "poll-not-closed")
	s.want(s.do(host, "openPoll", poll, `{"open_for_ms":60000}`), http.StatusOK, "").into(t, &p)
	if p.ClosesAt == nil || time.Until(*p.ClosesAt) > time.Minute || time.Until(*p.ClosesAt) < 50*time.Second {
		t.Errorf("closes at %v", p.ClosesAt)
	}
	s.want(s.do(attendee, "vote", poll, `{"answer":{"options":["`+p.Options[0].ID+`"]},"receipt":"`+strings.Repeat("0a", 32)+`"}`), http.StatusCreated, "")
	s.want(s.do(host, "undoPoll", poll, ""), http.StatusOK, "").into(t, &p)
	if p.State != "draft" || p.Kept != 1 {
		t.Errorf("undone %+v", p)
	}
	s.want(s.do(host, "updatePoll", poll, `{"question":"!","options":["a","b"]}`), http.StatusConflict, "votes-kept")
	s.want(s.do(host, "deletePoll", poll, ""), http.StatusConflict, "votes-kept")
	s.want(s.do(host, "openPoll", poll, ""), http.StatusOK, "").into(t, &p)
	end := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	s.want(s.do(host, "setPollEnd", poll, `{"closes_at":"`+end+`"}`), http.StatusOK, "")
	s.want(s.do(host, "setPollEnd", poll, `{"closes_at":"2020-01-01T00:00:00Z"}`), http.StatusUnprocessableEntity, "invalid")
	s.want(s.do(host, "setPollResults", poll, `{"results":"loud"}`), http.StatusUnprocessableEntity, "invalid")

	seen := func() bool {
		var list []pollJSON
		s.want(s.do(attendee, "listPolls", in(w), ""), http.StatusOK, "").into(t, &list)
		return len(list) == 1 && list[0].Tally != nil
	}
	if !seen() {
		t.Error("who has voted does not see the result")
	}
	s.want(s.do(host, "setPollResults", poll, `{"results":"hidden"}`), http.StatusOK, "")
	s.want(s.do(host, "closePoll", poll, ""), http.StatusOK, "")
	if seen() {
		t.Error("the hidden result is seen")
	}
	s.want(s.do(host, "undoPoll", poll, ""), http.StatusConflict, "poll-closed")
	s.want(s.do(host, "setPollResults", poll, `{"results":"closed"}`), http.StatusOK, "")
	if !seen() {
		t.Error("the published result is not seen")
	}
	var second, again pollJSON
	s.want(s.do(host, "repeatPoll", poll, ""), http.StatusOK, "").into(t, &second)
	s.want(s.do(host, "repeatPoll", poll, ""), http.StatusOK, "").into(t, &again)
	if second.Round != 2 || second.First != p.First || second.ID != again.ID {
		t.Errorf("rounds %+v and %+v", second, again)
	}
	s.want(s.do(host, "movePoll", in(w, "poll", second.ID), `{"before":"`+p.ID+`"}`), http.StatusNoContent, "")
	s.want(s.do(host, "movePoll", in(w, "poll", second.ID), `{"before":"nothing"}`), http.StatusNotFound, "not-found")
}
