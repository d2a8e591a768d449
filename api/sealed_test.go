package api

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"plenum/webinar"
)

// hall is a meeting of members who are all here, each with a vote of weight 1, and an open secret motion.
func (s *site) hall(host asker, w string, members int) (seats []asker, people []memberLinkJSON, p pollJSON) {
	s.t.Helper()
	var list strings.Builder
	list.WriteString("number,name\n")
	for i := range members {
		fmt.Fprintf(&list, "%d,Canary %d\n", i+1, i+1)
	}
	s.want(s.send(host, http.MethodPost, "/api/webinars/"+w+"/assembly/members", "text/csv", list.String()), http.StatusCreated, "").into(s.t, &people)
	for _, m := range people {
		_, secret, _ := strings.Cut(m.Link, "#t=")
		seat := bearer(secret)
		seats = append(seats, seat)
		s.want(s.do(seat, "arrive", in(w), `{"here":true}`), http.StatusOK, "")
	}
	s.want(s.do(host, "createPoll", in(w), `{"question":"Dismiss?","options":["For it","Against it","Abstain"],"secrecy":"secret","motion":{"majority":"simple","heads":false,"abstain":true}}`), http.StatusCreated, "").into(s.t, &p)
	s.want(s.do(host, "openPoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	return seats, people, p
}

// results are the objects in a text of JSON that hold a number of ballots.
func results(t *testing.T, text []byte) (out []map[string]any) {
	t.Helper()
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, ok := v["total"]; ok {
				out = append(out, v)
			}
			for _, part := range v {
				walk(part)
			}
		case []any:
			for _, part := range v {
				walk(part)
			}
		}
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	walk(v)
	return out
}

// sealed checks that a text of JSON tells of results how many ballots there are, and nothing else. It returns the largest number.
func sealed(t *testing.T, where string, text []byte) (most int) {
	t.Helper()
	for _, r := range results(t, text) {
		if votes, _ := r["votes"].([]any); len(votes) > 0 || r["motion"] != nil || r["points"] != nil {
			t.Errorf("%s tells %v", where, r)
		}
		n, _ := r["total"].(float64)
		most = max(most, int(n))
	}
	return most
}

func unzipped(t *testing.T, file []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	must(t, err)
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		_, err = io.Copy(&out, r) //nolint:gosec // ours
		must(t, err)
	}
	return out.String()
}

func printed(t *testing.T, paper []byte) string {
	t.Helper()
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(paper)
	text, err := cmd.Output()
	must(t, err)
	return strings.Join(strings.Fields(string(text)), " ")
}

// Every way out of the server is read while a secret motion is open, with the host asking for its result to be shown: lists,
// snapshots and events of hosts (whose page is on the wall too), members, guests and frames of other sites, the phone's,
// tables, workbooks, papers, minutes. Then it closes, and all of them tell the same.
func TestSecretMotionTellsNothingBeforeItCloses(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	s.want(s.do(host, "setEmbed", in(w), `{"origins":["https://news.example"]}`), http.StatusOK, "")
	seats, _, p := s.hall(host, w, 6)
	at := in(w, "poll", p.ID)
	guest := asker{cookies: s.want(s.do(asker{}, "join", in(w), `{"name":"Gast"}`), http.StatusOK, "").cookie}
	framed := asker{cookies: s.want(s.do(asker{}, "join", in(w), `{"framed":true}`), http.StatusOK, "").cookie}
	askers := map[string]asker{"host": host, "member": seats[0], "guest": guest, "frame": framed}
	streams := map[string]*eventStream{}
	for name, who := range askers {
		streams[name] = s.open(who, w, "")
		sealed(t, name+"'s snapshot", []byte(streams[name].wait("snapshot").data))
	}
	s.want(s.do(host, "setPollResults", at, `{"results":"shown"}`), http.StatusOK, "")
	for i, option := range []int{0, 0, 1, 2, 0} {
		s.want(s.do(asker{}, "castBallot", at, secretBallot(t, s, seats[i], at, "", p.Options[option].ID, fmt.Sprint(i+1))), http.StatusCreated, "")
	}
	for name, who := range askers {
		list := s.want(s.do(who, "listPolls", in(w), ""), http.StatusOK, "").body
		if n := sealed(t, name+"'s list", list); name == "host" && n != 5 {
			t.Errorf("the host does not see how many ballots there are, so that the test sees nothing: %s", list)
		}
	}
	for n := 0; n < 5; {
		n = max(n, sealed(t, "host's events", []byte(streams["host"].wait("tally").data)))
	}
	for _, form := range []string{"pollResults", "pollWorkbook", "pollPDF"} {
		s.want(s.do(host, form, at, ""), http.StatusConflict, "poll-not-closed")
		s.want(s.do(seats[0], form, at, ""), http.StatusForbidden, "forbidden")
	}
	s.want(s.do(seats[0], "listReceipts", at, ""), http.StatusConflict, "poll-not-closed")
	if text := s.want(s.do(host, "minutesMarkdown", in(w), ""), http.StatusOK, ""); bytes.Contains(text.body, []byte("Dismiss")) {
		t.Errorf("%s", text.body)
	}
	if text := printed(t, s.want(s.do(host, "minutesPDF", in(w), ""), http.StatusOK, "").body); strings.Contains(text, "Dismiss") {
		t.Error(text)
	}

	s.want(s.do(host, "closePoll", at, ""), http.StatusOK, "")
	for name, who := range askers {
		found := results(t, s.want(s.do(who, "listPolls", in(w), ""), http.StatusOK, "").body)
		if len(found) != 1 || fmt.Sprint(found[0]["votes"]) != "[3 1 1]" {
			t.Errorf("after the closing %s sees %v", name, found)
		}
		for closed := false; !closed; { // whatever came before told nothing
			got, ok := streams[name].next()
			if !ok {
				t.Fatalf("%s's stream ended", name)
			}
			if closed = strings.Contains(got.data, `"state":"closed"`) || strings.Contains(got.data, `"votes":[3,1,1]`); !closed {
				sealed(t, name+"'s events", []byte(got.data))
			}
		}
	}
	if sheet := s.want(s.do(host, "pollResults", at, ""), http.StatusOK, ""); !bytes.Contains(sheet.body, []byte("For it,3,75.0,3,0\r\nAgainst it,1,25.0,1,0\r\nAbstain,1,,1,0")) {
		t.Errorf("%q", sheet.body)
	}
	book := unzipped(t, s.want(s.do(host, "pollWorkbook", at, ""), http.StatusOK, "").body)
	paper := printed(t, s.want(s.do(host, "pollPDF", at, ""), http.StatusOK, "").body)
	minutes := printed(t, s.want(s.do(host, "minutesPDF", in(w), ""), http.StatusOK, "").body)
	if !strings.Contains(book, "For it") || !strings.Contains(book, "<v>75</v>") && !strings.Contains(book, "<v>75.0</v>") {
		t.Errorf("the workbook says %s", book)
	}
	for where, want := range map[string][]string{paper: {"For it 3 75,0 3 0", "Abstain 1 1 0", "Stimmzettel: 5"}, minutes: {"1. Dismiss?", "Ergebnis: angenommen", "For it 3 3 0", "Geheime Abstimmung: Jeder Stimmzettel kam ohne Namen"}} {
		for _, line := range want {
			if !strings.Contains(where, line) {
				t.Errorf("no %q in %s", line, where)
			}
		}
	}
	for where, text := range map[string]string{"workbook": book, "paper": paper} {
		if strings.Contains(text, "Canary") {
			t.Errorf("a member is in the %s: %s", where, text)
		}
	}
}

// What is logged and counted while members draw, cast, retry and are refused holds none of them, and none of their moments.
func TestSecretMotionLeavesNoTrace(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	seats, people, p := s.hall(host, w, 6)
	at := in(w, "poll", p.ID)
	private := []string{p.ID, p.Options[0].ID, p.Options[1].ID, "Canary"}
	for i, seat := range seats {
		receipt := fmt.Sprint(i + 1)
		ballot := secretBallot(t, s, seat, at, "", p.Options[i%2].ID, receipt)
		var sent struct{ Token, Receipt string }
		must(t, json.Unmarshal([]byte(ballot), &sent))
		private = append(private, people[i].Member.ID, seat.bearer, sent.Receipt, sent.Token)
		s.want(s.do(seat, "mandates", at, ""), http.StatusOK, "")
		s.want(s.do(asker{}, "castBallot", at, ballot), http.StatusCreated, "")
		s.want(s.do(asker{}, "castBallot", at, ballot), http.StatusConflict, "already-voted")
		s.want(s.do(asker{}, "castBallot", at, strings.Replace(ballot, `"weight":1`, `"weight":2`, 1)), http.StatusForbidden, "bad-token")
		s.want(s.do(seat, "signToken", at, `{"blinded":"`+strings.Repeat("A", 342)+`=="}`), http.StatusConflict, "already-voted")
		s.want(s.do(seat, "vote", at, `{"answer":{"options":["`+p.Options[0].ID+`"]},"receipt":"`+sent.Receipt+`"}`), http.StatusConflict, "needs-token")
	}
	s.want(s.do(host, "closePoll", at, ""), http.StatusOK, "")
	s.want(s.do(seats[0], "listReceipts", at, ""), http.StatusOK, "")
	token, err := s.accounts.NewToken(t.Context(), "host@example.org", webinar.ScopeMetrics)
	must(t, err)
	log, numbers := s.log.String(), string(s.want(s.do(bearer(token), "metrics", nil, ""), http.StatusOK, "").body)
	for _, word := range private {
		if word == "" || strings.Contains(log, word) || strings.Contains(numbers, word) {
			t.Errorf("%q is in the log or in the numbers", word)
		}
	}
	for _, route := range []string{"/votes", "/token", "/ballots", "/mandates"} {
		if strings.Contains(log, ":poll"+route) || strings.Contains(numbers, route) {
			t.Errorf("the log or the numbers have the moments of %s", route)
		}
	}
	if !strings.Contains(log, ":poll/close") || len(numbers) == 0 {
		t.Error("the test read nothing")
	}
}

// The host who opened it does not see a vote stand or fall either: not a motion without names, and not a secret poll that is
// not shown to those who vote in it.
func TestOpenVotesAreSealedForTheHost(t *testing.T) {
	for name, draft := range map[string]string{
		"a motion":      `"secrecy":"anonymous","motion":{"majority":"simple","heads":false,"abstain":false}`,
		"a secret poll": `"secrecy":"secret"`,
	} {
		s := newSite(t)
		host := s.account("host@example.org")
		w := s.webinar(host)
		seats, _, before := s.hall(host, w, 6)
		s.want(s.do(host, "closePoll", in(w, "poll", before.ID), ""), http.StatusOK, "")
		var personal []asker
		for range 2 {
			speaker, _ := s.ticket(host, w, "speaker")
			personal = append(personal, speaker)
		}
		p := decoded[pollJSON](t, s.want(s.do(host, "createPoll", in(w), `{"question":"?","options":["For it","Against it"],`+draft+`}`), http.StatusCreated, ""))
		at := in(w, "poll", p.ID)
		s.want(s.do(host, "openPoll", at, ""), http.StatusOK, "")
		told := func(where string, text []byte, want string) {
			t.Helper()
			for _, r := range results(t, text) {
				if got := fmt.Sprint(r["total"], r["votes"], r["motion"] != nil); r["poll"] == p.ID && got != want {
					t.Errorf("%s in %s: %s, want %s", name, where, got, want)
				}
			}
		}
		list := func(who asker) []byte { return s.want(s.do(who, "listPolls", in(w), ""), http.StatusOK, "").body }
		stream := s.open(host, w, "")
		stream.wait("snapshot")
		for i := range 2 {
			if p.Motion == nil {
				s.want(s.do(asker{}, "castBallot", at, secretBallot(t, s, personal[i], at, "", p.Options[0].ID, fmt.Sprint(i+1))), http.StatusCreated, "")
			} else {
				s.want(s.do(seats[i], "vote", at, `{"answer":{"options":["`+p.Options[0].ID+`"]},"receipt":"`+strings.Repeat(fmt.Sprint(i+1), 64)+`"}`), http.StatusCreated, "")
			}
		}
		for two := false; !two; {
			event := stream.wait("tally").data
			if strings.Contains(event, p.ID) {
				two = sealed(t, name+" in an event", []byte(event)) == 2
			}
		}
		told("a snapshot", []byte(s.open(host, w, "").wait("snapshot").data), "2 [] false")
		told("the list", list(host), "2 [] false")
		if !bytes.Contains(list(host), []byte(`"total":2`)) {
			t.Errorf("%s: the host does not see how many have voted", name)
		}
		for _, form := range []string{"pollResults", "pollWorkbook", "pollPDF"} {
			s.want(s.do(host, form, at, ""), http.StatusConflict, "poll-not-closed")
		}
		s.want(s.do(host, "setPollResults", at, `{"results":"shown"}`), http.StatusOK, "")
		if p.Motion != nil {
			told("the list, asked to be shown", list(host), "2 [] false")
		} else { // what everybody sees, the host sees
			told("the host's list, shown", list(host), "2 [2 0] false")
			told("a voter's list, shown", list(personal[0]), "2 [2 0] false")
		}
		s.want(s.do(host, "closePoll", at, ""), http.StatusOK, "")
		told("the list, closed", list(host), fmt.Sprintf("2 [2 0] %v", p.Motion != nil))
		s.want(s.do(host, "pollResults", at, ""), http.StatusOK, "")
	}
}
