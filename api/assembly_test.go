package api

import (
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
