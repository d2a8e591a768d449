package api

import (
	"net/http"
	"strings"
	"testing"

	"plenum/webinar"
)

// foreign ids that look right and name nothing.
func noIDs(w string) map[string]string {
	return in(w, "ticket", webinar.NewID(), "session", webinar.NewID(), "poll", webinar.NewID(), "question", webinar.NewID(), "recording", webinar.NewID(), "segment", webinar.NewID(), "member", webinar.NewID(), "download", webinar.NewID(), "making", "mp4", "lang", "de")
}

// TestRolesAndRoutes walks the whole table with everybody who may come along. Who may not is told so before anything
// else is looked at; who may gets past the door, whatever the handler then says of the empty request.
func TestRolesAndRoutes(t *testing.T) {
	s := newSite(t)
	host, other := s.account("host@example.org"), s.account("other@example.org")
	token, err := s.accounts.NewToken(t.Context(), "host@example.org", webinar.ScopeMetrics)
	must(t, err)
	metrics := bearer(token)
	// A webinar for each route: some of them end or erase it.
	for _, r := range routes() {
		w, elsewhere := s.webinar(host), s.webinar(host)
		attendee, _ := s.ticket(host, w, "attendee")
		speaker, _ := s.ticket(host, w, "speaker")
		guest := s.guest(host, w)
		stranger, _ := s.ticket(host, elsewhere, "speaker")
		for _, try := range []struct {
			name string
			who  asker
			role webinar.Role // in this webinar
			user bool         // has an account
			bad  bool         // the credential is not one here
			only string       // the one operation of a scoped token
		}{
			{name: "anonymous"},
			{name: "stale cookie", who: asker{cookies: []*http.Cookie{{Name: sessionCookie, Value: "x"}, {Name: seatCookie(webinar.ID(w)), Value: "x"}}}},
			{name: "wrong token", who: bearer("pat_wrong"), bad: true},
			{name: "wrong scheme", who: asker{header: http.Header{"Authorization": {"Basic abc"}}}, bad: true},
			{name: "ticket of another webinar", who: stranger, bad: true},
			{name: "guest", who: guest, role: webinar.Guest},
			{name: "attendee", who: attendee, role: webinar.Attendee},
			{name: "speaker", who: speaker, role: webinar.Speaker},
			{name: "another host", who: other, user: true},
			{name: "token of scope metrics", who: metrics, only: "metrics"},
			{name: "host", who: host, role: webinar.Host, user: true},
		} {
			if r.op == "events" && try.role != "" {
				continue // TestEvents has them: those streams do not end
			}
			inWebinar := strings.Contains(r.path, "{webinar}")
			open := !inWebinar && r.who == public()                                // where nobody looks at a credential
			bad := !open && (try.bad || try.role != "" && !try.user && !inWebinar) // a ticket says nothing outside its webinar
			got := s.do(try.who, r.op, noIDs(w), "")
			var want int
			switch {
			case bad:
				want = http.StatusUnauthorized
			case try.only != "" && !open && r.op != try.only, r.who.level == measuring && try.user:
				want = http.StatusForbidden
			case r.who.level == measuring && try.only == "":
				want = http.StatusUnauthorized
			case r.who.level == anybody:
			case r.who.level == signedIn && !try.user:
				want = http.StatusUnauthorized
			case r.who.level == seated && try.role == "" && try.user:
				want = http.StatusNotFound // like a webinar that does not exist
			case r.who.level == seated && try.role == "":
				want = http.StatusUnauthorized
			case r.who.level == seated && !webinar.May(try.role, r.who.act):
				want = http.StatusForbidden
			}
			refused := got.status == http.StatusUnauthorized || got.status == http.StatusForbidden
			if want != 0 && got.status != want || want == 0 && refused {
				t.Errorf("%s by %s: %d %s, want %d", r.op, try.name, got.status, got.problem(), want)
			}
			if got.status >= http.StatusInternalServerError {
				t.Errorf("%s by %s: %d %s", r.op, try.name, got.status, got.body)
			}
		}
	}
}

// TestForeignIDs tries what exists in one webinar under another one of the same host.
func TestForeignIDs(t *testing.T) {
	s := newSite(t)
	host, other := s.account("host@example.org"), s.account("other@example.org")
	w, mine := s.webinar(host), s.webinar(other)
	var p pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"?","options":["a","b"]}`), http.StatusCreated, "").into(t, &p)
	s.want(s.do(host, "openPoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	_, ticket := s.ticket(host, w, "speaker")
	vote := `{"answer":{"options":["` + p.Options[0].ID + `"]},"receipt":"` + strings.Repeat("0", 64) + `"}`
	for _, try := range []struct{ op, body string }{
		{"updatePoll", `{"question":"?","options":["a","b"]}`}, {"deletePoll", ""}, {"openPoll", ""}, {"closePoll", ""}, {"vote", vote},
		{"undoPoll", ""}, {"repeatPoll", ""}, {"setPollEnd", `{}`}, {"setPollResults", `{"results":"hidden"}`}, {"movePoll", `{}`},
		{"listReceipts", ""}, {"pollResults", ""}, {"pollWorkbook", ""}, {"pollPDF", ""}, {"revokeTicket", ""}, {"invite", ""}, {"sendBack", ""},
	} {
		ids := in(mine, "poll", p.ID, "ticket", ticket.ID)
		foreign := s.do(other, try.op, ids, try.body)
		unknown := s.do(other, try.op, noIDs(mine), try.body)
		s.want(foreign, http.StatusNotFound, "not-found")
		if foreign.problem() != unknown.problem() || unknown.status != foreign.status {
			t.Errorf("%s tells a foreign id (%s) from an unknown one (%s)", try.op, foreign.body, unknown.body)
		}
	}
	s.want(s.do(bearer(ticket.Secret), "getWebinar", in(w), ""), http.StatusOK, "")
}

func TestUnknownWebinarIsTheSameForEverybody(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	attendee, _ := s.ticket(host, s.webinar(host), "attendee")
	for _, who := range []asker{{}, host, attendee} {
		for _, op := range []string{"getWebinar", "join", "events", "updateWebinar", "watch"} {
			s.want(s.do(who, op, in(webinar.NewID()), ""), http.StatusNotFound, "not-found")
		}
	}
}

func TestCookies(t *testing.T) {
	for _, tls := range []bool{false, true} {
		s := newSite(t, func(d *Deps) { d.TLS = tls })
		host := s.account("host@example.org")
		w := s.webinar(host)
		prefix := ""
		if tls {
			prefix = "__Host-"
		}
		signIn := s.want(s.do(asker{}, "signIn", nil, `{"email":"host@example.org","password":"a long password"}`), http.StatusOK, "")
		join := s.want(s.do(asker{}, "join", in(w), `{"name":"Ada"}`), http.StatusOK, "")
		for name, got := range map[string]reply{sessionCookie: signIn, "plenum_seat_" + w[:8]: join} {
			if len(got.cookie) != 1 {
				t.Fatalf("%d cookies", len(got.cookie))
			}
			c := got.cookie[0]
			if c.Name != prefix+name || c.Secure != tls || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 {
				t.Errorf("tls=%v: %s", tls, c.Raw)
			}
		}
		if hsts := signIn.header.Get("Strict-Transport-Security"); (hsts != "") != tls {
			t.Errorf("tls=%v: HSTS %q", tls, hsts)
		}
		out := s.want(s.do(asker{cookies: signIn.cookie}, "signOut", nil, ""), http.StatusNoContent, "")
		if len(out.cookie) != 1 || out.cookie[0].MaxAge >= 0 {
			t.Errorf("the session cookie stays: %v", out.cookie)
		}
		s.want(s.do(asker{cookies: signIn.cookie}, "account", nil, ""), http.StatusUnauthorized, "unauthenticated")
	}
}

func TestSessionIsNewAtEachSignIn(t *testing.T) {
	s := newSite(t)
	s.account("host@example.org")
	const login = `{"email":"host@example.org","password":"a long password"}`
	first := s.want(s.do(asker{}, "signIn", nil, login), http.StatusOK, "")
	second := s.want(s.do(asker{cookies: first.cookie}, "signIn", nil, login), http.StatusOK, "")
	if first.cookie[0].Value == second.cookie[0].Value {
		t.Error("the session was taken over")
	}
	s.want(s.do(asker{cookies: first.cookie}, "account", nil, ""), http.StatusUnauthorized, "")
	s.want(s.do(asker{cookies: second.cookie}, "account", nil, ""), http.StatusOK, "")
}

func TestANewPasswordEndsEverySignIn(t *testing.T) {
	s := newSite(t)
	s.account("host@example.org")
	elsewhere := s.want(s.do(asker{}, "signIn", nil, `{"email":"host@example.org","password":"a long password"}`), http.StatusOK, "")
	link, err := s.accounts.PasswordLink(t.Context(), "host@example.org")
	must(t, err)
	var whose accountJSON
	s.want(s.do(asker{}, "checkPassword", nil, `{"token":"`+link+`"}`), http.StatusOK, "").into(t, &whose)
	if whose.Email != "host@example.org" {
		t.Errorf("whose link: %+v", whose)
	}
	s.want(s.do(asker{}, "newPassword", nil, `{"token":"`+link+`","password":"short"}`), http.StatusUnprocessableEntity, "invalid")
	signedIn := s.want(s.do(asker{}, "newPassword", nil, `{"token":"`+link+`","password":"another long one"}`), http.StatusOK, "")
	s.want(s.do(asker{cookies: signedIn.cookie}, "account", nil, ""), http.StatusOK, "")
	s.want(s.do(asker{cookies: elsewhere.cookie}, "account", nil, ""), http.StatusUnauthorized, "unauthenticated")
	s.want(s.do(asker{}, "newPassword", nil, `{"token":"`+link+`","password":"another long one"}`), http.StatusForbidden, "link-used")
}
