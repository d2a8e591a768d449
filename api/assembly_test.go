package api

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

func decoded[T any](t *testing.T, r reply) (out T) {
	t.Helper()
	r.into(t, &out)
	return out
}

func TestAssembly(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	path := "/api/webinars/" + w + "/assembly"
	csv := func(list string) reply { return s.send(host, http.MethodPost, path+"/members", "text/csv", list) }
	s.want(s.do(host, "getAssembly", in(w), ""), http.StatusNotFound, "no-assembly")
	bad := s.want(csv("number,name,proxy\n1,Anna,\n2,Bert,9\n"), http.StatusUnprocessableEntity, "bad-list")
	if !strings.Contains(string(bad.body), "Line 3 of the list, the proxy is a number that nobody has") {
		t.Errorf("%s", bad.body)
	}
	for list, said := range map[string]string{
		"number,name,votes\n1,Anna,0\n": "Line 2 of the list, the weight of the vote is not a whole number from 1 up.",
		"number,name\n1,J\xf6rg\n":      "The list is not stored as UTF-8, which spreadsheets call “CSV UTF-8”.",
		"PK\x03\x04":                    "The list is a workbook; save it as “CSV UTF-8” first.",
	} {
		if bad := s.want(csv(list), http.StatusUnprocessableEntity, "bad-list"); !strings.Contains(string(bad.body), said) {
			t.Errorf("%q: %s", list, bad.body)
		}
	}
	s.want(csv(strings.Repeat("x", 2<<20)), http.StatusRequestEntityTooLarge, "too-large")
	s.want(s.send(host, http.MethodPost, path+"/members", "application/json", "{}"), http.StatusUnsupportedMediaType, "wrong-content-type")
	people := decoded[[]memberLinkJSON](t, s.want(csv("number;name;votes;represented by\n1;Anna;2;\n2;Bert;3;1\n"), http.StatusCreated, ""))
	if len(people) != 2 || people[1].Member.Proxy != people[0].Member.ID || !strings.Contains(people[0].Link, "/w/"+w+"#t=tk_") {
		t.Fatalf("%+v", people)
	}
	s.want(s.do(host, "setRules", in(w), `{"quorum":101,"heads":false,"proxies":0}`), http.StatusUnprocessableEntity, "invalid")
	s.want(s.do(host, "setRules", in(w), `{"quorum":50,"heads":true,"proxies":2}`), http.StatusOK, "")

	_, secret, _ := strings.Cut(people[0].Link, "#t=")
	anna := bearer(secret)
	if mine := decoded[membershipJSON](t, s.want(s.do(anna, "membership", in(w), ""), http.StatusOK, "")); mine.Member.Name != "Anna" || len(mine.Mandates) != 0 {
		t.Errorf("before she is here: %+v", mine)
	}
	if mine := decoded[membershipJSON](t, s.want(s.do(anna, "arrive", in(w), `{"here":true}`), http.StatusOK, "")); len(mine.Mandates) != 2 {
		t.Errorf("here: %+v", mine)
	}
	stranger, _ := s.ticket(host, w, "attendee")
	s.want(s.do(stranger, "membership", in(w), ""), http.StatusNotFound, "not-found")
	s.want(csv("number,name\n1,Anna\n"), http.StatusConflict, "assembly-begun")

	member := func(i int) map[string]string { return in(w, "member", people[i].Member.ID) }
	s.want(s.do(host, "changeMember", member(1), `{"proxy":"`+people[1].Member.ID+`"}`), http.StatusUnprocessableEntity, "proxy-self")
	s.want(s.do(host, "changeMember", member(0), `{"proxy":"`+people[1].Member.ID+`"}`), http.StatusConflict, "member-here")
	s.want(s.do(host, "changeMember", member(1), `{"here":true,"paper":true}`), http.StatusOK, "")
	all := decoded[assemblyJSON](t, s.want(s.do(host, "getAssembly", in(w), ""), http.StatusOK, ""))
	if a := all.Attendance; a.Here.Members != 2 || a.Here.Votes != 5 || !a.Met || !all.Members[1].Paper {
		t.Errorf("%+v", all)
	}
	again := decoded[memberLinkJSON](t, s.want(s.do(host, "renewMemberLink", member(0), ""), http.StatusCreated, ""))
	s.want(s.do(anna, "membership", in(w), ""), http.StatusUnauthorized, "ticket-invalid")
	_, secret, _ = strings.Cut(again.Link, "#t=")
	s.want(s.do(bearer(secret), "membership", in(w), ""), http.StatusOK, "")
}

// A motion from its opening to the minutes: small classes, mandates, paper by two people.
func TestMotion(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	s.want(s.do(host, "minutesPDF", in(w), ""), http.StatusNotFound, "no-assembly")
	list := "number;name;votes;represented by\n1;Anna;2;\n2;Bert;3;1\n3;Carl;1;\n4;Dora;1;\n"
	people := decoded[[]memberLinkJSON](t, s.want(s.send(host, http.MethodPost, "/api/webinars/"+w+"/assembly/members", "text/csv", list), http.StatusCreated, ""))
	seat := func(i int) asker {
		_, secret, _ := strings.Cut(people[i].Link, "#t=")
		return bearer(secret)
	}
	member := func(i int) map[string]string { return in(w, "member", people[i].Member.ID) }
	anna, dora := seat(0), seat(3)
	s.want(s.do(anna, "arrive", in(w), `{"here":true}`), http.StatusOK, "")
	s.want(s.do(dora, "arrive", in(w), `{"here":true}`), http.StatusOK, "")
	s.want(s.do(host, "changeMember", member(2), `{"here":true,"paper":true}`), http.StatusOK, "")
	s.want(s.do(host, "changeMember", member(3), `{"teller":true}`), http.StatusOK, "")

	draft := `"question":"Fee?","options":["For","Against","Abstain"],"motion":{"majority":"simple","heads":false,"abstain":true}`
	s.want(s.do(host, "createPoll", in(w), `{`+draft+`,"changeable":true}`), http.StatusUnprocessableEntity, "invalid")
	p := decoded[pollJSON](t, s.want(s.do(host, "createPoll", in(w), `{`+draft+`}`), http.StatusCreated, ""))
	at := in(w, "poll", p.ID)
	s.want(s.do(host, "openPoll", at, ""), http.StatusConflict, "small-class")
	p = decoded[pollJSON](t, s.want(s.do(host, "openPoll", at, `{"small_classes":true}`), http.StatusOK, ""))
	if p.Attendance == nil || p.Attendance.Represented.Votes != 3 || p.Results != "closed" {
		t.Fatalf("%+v", p)
	}
	vote := func(member string, option int, secret string) string {
		return `{"answer":{"options":["` + p.Options[option].ID + `"]},"for":"` + member + `","receipt":"` + strings.Repeat(secret, 64) + `"}`
	}
	s.want(s.do(anna, "vote", at, vote("", 0, "a")), http.StatusCreated, "")
	s.want(s.do(anna, "vote", at, vote(people[0].Member.ID, 1, "b")), http.StatusConflict, "already-voted")
	s.want(s.do(anna, "vote", at, vote(people[2].Member.ID, 1, "c")), http.StatusForbidden, "no-mandate")
	s.want(s.do(host, "vote", at, vote("", 1, "c")), http.StatusForbidden, "not-a-member")
	s.want(s.do(seat(2), "vote", at, vote("", 1, "c")), http.StatusForbidden, "on-paper")
	if got := decoded[mandatesJSON](t, s.want(s.do(anna, "mandates", at, ""), http.StatusOK, "")); len(got.Mandates) != 2 || !got.Mandates[0].Voted || got.Mandates[1].Voted {
		t.Errorf("%+v", got)
	}
	s.want(s.do(anna, "vote", at, vote(people[1].Member.ID, 0, "d")), http.StatusCreated, "")
	s.want(s.do(host, "changeMember", member(2), `{"paper":false}`), http.StatusConflict, "voting")
	s.want(s.do(anna, "paperCount", at, ""), http.StatusForbidden, "forbidden")
	count := func(votes string) string { return `{"classes":[{"weight":1,"votes":[` + votes + `],"invalid":0}]}` }
	s.want(s.do(host, "countPaper", at, count("0,2,0")), http.StatusConflict, "paper-many")
	s.want(s.do(host, "countPaper", at, count("0,1,0")), http.StatusOK, "")
	s.want(s.do(host, "closePoll", at, ""), http.StatusConflict, "paper-pending")
	if got := decoded[paperCountJSON](t, s.want(s.do(dora, "countPaper", at, count("1,0,0")), http.StatusOK, "")); got.Agreed != nil || len(got.Theirs) != 1 {
		t.Errorf("%+v", got)
	}
	s.want(s.do(host, "dropPaper", at, ""), http.StatusNoContent, "")
	s.want(s.do(host, "countPaper", at, count("0,1,0")), http.StatusOK, "")
	if got := decoded[paperCountJSON](t, s.want(s.do(dora, "countPaper", at, count("0,1,0")), http.StatusOK, "")); got.Agreed == nil {
		t.Errorf("%+v", got)
	}
	s.want(s.do(host, "dropPaper", at, ""), http.StatusConflict, "paper-agreed")
	if got := decoded[mandatesJSON](t, s.want(s.do(seat(2), "mandates", at, ""), http.StatusOK, "")); got.Bar != "voted" {
		t.Errorf("on paper, and counted: %+v", got)
	}
	p = decoded[pollJSON](t, s.want(s.do(host, "closePoll", at, ""), http.StatusOK, ""))
	if m := p.Tally.Motion; m == nil || m.Votes[0] != 5 || m.Votes[1] != 1 || m.Paper[1] != 1 || m.Decision != "carried" || p.Tally.Total != 3 {
		t.Errorf("%+v", p.Tally)
	}
	if text := s.want(s.do(host, "minutesMarkdown", in(w), ""), http.StatusOK, ""); !strings.Contains(string(text.body), "| For | 5 | 2 | 0 |") {
		t.Errorf("%s", text.body)
	}
	if paper := s.want(s.do(host, "minutesPDF", in(w), ""), http.StatusOK, ""); !strings.HasPrefix(string(paper.body), "%PDF-") {
		t.Errorf("%d bytes", len(paper.body))
	}
	s.want(s.do(anna, "minutesPDF", in(w), ""), http.StatusForbidden, "forbidden")
}

// Nothing closes over ballots on paper without a word, by hand or at the end of the webinar.
func TestPaperIsOwed(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	people := decoded[[]memberLinkJSON](t, s.want(s.send(host, http.MethodPost, "/api/webinars/"+w+"/assembly/members", "text/csv", "number;name\n1;Anna\n2;Bert\n"), http.StatusCreated, ""))
	s.want(s.do(host, "changeMember", in(w, "member", people[0].Member.ID), `{"here":true,"paper":true}`), http.StatusOK, "")
	motion := func() map[string]string {
		p := decoded[pollJSON](t, s.want(s.do(host, "createPoll", in(w), `{"question":"Fee?","options":["For","Against"],"motion":{"majority":"simple","heads":false,"abstain":false}}`), http.StatusCreated, ""))
		s.want(s.do(host, "openPoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
		return in(w, "poll", p.ID)
	}
	at := motion()
	s.want(s.do(host, "closePoll", at, ""), http.StatusConflict, "paper-uncounted")
	if p := decoded[pollJSON](t, s.want(s.do(host, "closePoll", at, `{"without_paper":true}`), http.StatusOK, "")); p.State != "closed" || p.Tally.Motion.Uncounted != 1 {
		t.Errorf("%+v", p.Tally)
	}
	at = motion()
	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	list := decoded[[]pollJSON](t, s.want(s.do(host, "listPolls", in(w), ""), http.StatusOK, ""))
	if len(list) != 2 || list[1].State != "open" || list[1].CountingSince == nil || list[1].PublishedAt != nil {
		t.Fatalf("%+v", list)
	}
	if text := s.want(s.do(host, "minutesMarkdown", in(w), ""), http.StatusOK, "").body; !bytes.Contains(text, []byte("Es gibt noch kein Ergebnis")) || !bytes.Contains(text, []byte("im Ergebnis fehlen: 1.")) {
		t.Errorf("%s", text)
	}
	s.want(s.do(host, "closePoll", at, `{"without_paper":true}`), http.StatusOK, "")
}
