package api

import (
	"net/http"
	"strings"
	"testing"
)

// ancestors reads frame-ancestors of a page.
func (s *site) ancestors(path string) string {
	s.t.Helper()
	policy := s.send(asker{}, http.MethodGet, path, "", "").header.Get("Content-Security-Policy")
	for directive := range strings.SplitSeq(policy, "; ") {
		if who, ok := strings.CutPrefix(directive, "frame-ancestors "); ok {
			return who
		}
	}
	s.t.Fatalf("%s: no frame-ancestors in %q", path, policy)
	return ""
}

func TestOnlyTheEmbedPageIsFramed(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w, other := s.webinar(host), s.webinar(host)
	p := s.openedPoll(host, w)
	page := "/embed/poll/" + w
	if got := s.ancestors(page); got != "'none'" {
		t.Errorf("before a site is named: %s", got)
	}
	s.want(s.do(asker{}, "resolveEmbed", map[string]string{"embed": w}, ""), http.StatusForbidden, "not-embeddable")
	s.want(s.do(asker{}, "join", in(w), `{"framed":true}`), http.StatusForbidden, "not-embeddable")

	var e embedJSON
	s.want(s.do(host, "setEmbed", in(w), `{"origins":["https://News.example/","http://localhost:3000"]}`), http.StatusOK, "").into(t, &e)
	const sites = "https://news.example http://localhost:3000"
	if strings.Join(e.Origins, " ") != sites || e.Link != "http://plenum.test"+page {
		t.Errorf("%+v", e)
	}
	for path, want := range map[string]string{
		page: sites, "/embed/poll/" + p.ID: sites, "/embed/poll/" + other: "'none'", "/embed/poll/nothing": "'none'", "/embed/poll/": "'none'",
		page + "/x": "'none'", "/": "'none'", "/w/" + w: "'none'", "/vote/" + w: "'none'", "/api/webinars/" + w: "'none'",
	} {
		if got := s.ancestors(path); got != want {
			t.Errorf("%s: frame-ancestors %s, want %s", path, got, want)
		}
	}
	var of embeddedJSON
	s.want(s.do(asker{}, "resolveEmbed", map[string]string{"embed": p.ID}, ""), http.StatusOK, "").into(t, &of)
	if of != (embeddedJSON{WebinarID: w, PollID: p.ID}) {
		t.Errorf("%+v", of)
	}
	var draft pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"Later?","options":["a","b"]}`), http.StatusCreated, "").into(t, &draft)
	s.want(s.do(asker{}, "resolveEmbed", map[string]string{"embed": draft.ID}, ""), http.StatusNotFound, "not-found")

	for _, bad := range []string{`{"origins":["https://a.example/page"]}`, `{"origins":["*"]}`, `{"origins":["http://a.example"]}`} {
		got := s.want(s.do(host, "setEmbed", in(w), bad), http.StatusUnprocessableEntity, "invalid")
		if !strings.Contains(string(got.body), `"field":"origins"`) {
			t.Errorf("%s", got.body)
		}
	}
	s.want(s.do(host, "setEmbed", in(w), `{"origins":[]}`), http.StatusOK, "")
	if got := s.ancestors(page); got != "'none'" {
		t.Errorf("after the sites were taken back: %s", got)
	}
}

func TestSeatInAFrame(t *testing.T) {
	for _, tls := range []bool{false, true} {
		s := newSite(t, func(d *Deps) { d.TLS = tls })
		host := s.account("host@example.org")
		w := s.webinar(host)
		s.want(s.do(host, "setEmbed", in(w), `{"origins":["https://news.example"]}`), http.StatusOK, "")
		got := s.want(s.do(asker{}, "join", in(w), `{"framed":true}`), http.StatusOK, "")
		if len(got.cookie) != 1 {
			t.Fatalf("%d cookies", len(got.cookie))
		}
		c := got.cookie[0]
		if c.Partitioned != tls || (c.SameSite == http.SameSiteNoneMode) != tls || c.Secure != tls || !c.HttpOnly || strings.HasSuffix(c.Name, "_frame") != tls {
			t.Errorf("tls=%v: %s", tls, c.Raw)
		}
		framed := asker{cookies: got.cookie}
		s.want(s.do(framed, "listPolls", in(w), ""), http.StatusOK, "")
		// Another site's page cannot use the cookie, even if a browser sent it.
		framed.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
		p := s.openedPoll(host, w)
		vote := `{"answer":{"options":["` + p.Options[0].ID + `"]},"receipt":"` + strings.Repeat("0", 64) + `"}`
		s.want(s.do(framed, "vote", in(w, "poll", p.ID), vote), http.StatusForbidden, "")
		// The seat of the room comes first: one browser, one voter.
		room := s.want(s.do(asker{}, "join", in(w), `{}`), http.StatusOK, "")
		both := asker{cookies: append(room.cookie, got.cookie...)}
		var of, at meJSON
		room.into(t, &of)
		s.want(s.do(both, "join", in(w), `{}`), http.StatusOK, "").into(t, &at)
		if tls && at != of {
			t.Errorf("the frame's seat %+v hides that of the room %+v", at, of)
		}
	}
}
