package api

import (
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// TestSecurityHeaders holds the headers of pages and of the api against testdata/headers.golden.
func TestSecurityHeaders(t *testing.T) {
	s := newSite(t, func(d *Deps) { d.TLS = true })
	var out strings.Builder
	for _, path := range []string{"/", "/healthz", "/api/openapi.yaml", "/api/account", "/api/nothing"} {
		got := s.send(asker{}, http.MethodGet, path, "", "")
		out.WriteString("GET " + path + "\n")
		var lines []string
		for name, values := range got.header {
			switch name {
			case "Date", "Content-Length", "X-Request-Id":
				if name == "X-Request-Id" && len(values[0]) != 12 {
					t.Errorf("%s: request id %q", path, values)
				}
			default:
				lines = append(lines, "  "+name+": "+strings.Join(values, ", ")+"\n")
			}
		}
		slices.Sort(lines)
		out.WriteString(strings.Join(lines, ""))
	}
	golden(t, "testdata/headers.golden", out.String())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		must(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s differs; run with -update to accept:\n%s", path, got)
	}
}

func TestForeignOrigin(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	for name, headers := range map[string]http.Header{
		"origin":    {"Origin": {"https://evil.example"}},
		"null":      {"Origin": {"null"}},
		"fetch":     {"Sec-Fetch-Site": {"cross-site"}},
		"same-site": {"Sec-Fetch-Site": {"same-site"}},
	} {
		for _, r := range routes() {
			if r.method == http.MethodGet {
				continue
			}
			who := asker{bearer: host.bearer, header: headers}
			if got := s.do(who, r.op, noIDs(w), ""); got.status != http.StatusForbidden || got.problem() != "foreign-origin" {
				t.Errorf("%s %s: %d %s", name, r.op, got.status, got.problem())
			}
		}
	}
	for _, header := range []http.Header{{"Origin": {s.url}}, {"Origin": {"http://plenum.test"}}, {"Sec-Fetch-Site": {"same-origin"}}, {}} {
		s.want(s.do(asker{bearer: host.bearer, header: header}, "goLive", in(w), ""), http.StatusOK, "")
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{
		"/api": "not-found", "/api/": "not-found", "/api/nothing": "not-found", "/api/webinars/x/y/z": "not-found", "/api/session/": "not-found",
		"/": "page", "/w/abc": "page", "/apish": "page",
	} {
		if got := s.send(asker{}, http.MethodGet, path, "", ""); got.problem() != want {
			t.Errorf("GET %s: %d %s, want %s", path, got.status, got.problem(), want)
		}
	}
	got := s.want(s.send(asker{}, http.MethodPut, "/api/session", "", ""), http.StatusMethodNotAllowed, "method-not-allowed")
	if allow := got.header.Get("Allow"); !strings.Contains(allow, "POST") || !strings.Contains(allow, "DELETE") {
		t.Errorf("Allow: %q", allow)
	}
}

func TestPanicIsAnAnswerAndALogLine(t *testing.T) {
	log := &logBuffer{}
	s := &server{Deps: Deps{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, faults: faults()}
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	g.Use(s.identify, s.logAccess, s.recovered)
	g.GET("/", func(*gin.Context) { panic("CANARY of a person") })
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/?CANARY", nil)
	req.Header.Set("Accept-Language", "de-AT,en;q=0.5")
	g.ServeHTTP(rec, req)
	body, err := io.ReadAll(rec.Body)
	must(t, err)
	if rec.Code != http.StatusInternalServerError || !strings.Contains(string(body), "Bei uns ist etwas schiefgegangen") {
		t.Errorf("%d %s", rec.Code, body)
	}
	id := rec.Header().Get("X-Request-Id")
	if !strings.Contains(string(body), id) || strings.Count(log.String(), id) < 2 {
		t.Errorf("request id %q is missing in %s or in %s", id, body, log)
	}
	if strings.Contains(log.String()+string(body), "CANARY") {
		t.Errorf("the panic's value got out: %s", log)
	}
}

func TestLanguageOfSentences(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "de": "de", "de-CH, en": "de", "en-GB,de;q=0.9": "en", "fr,de;q=0.5": "de", "de;q=0,en": "en", "de;q=0.0, en": "en", "zh": "en", ";;,": "en",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := speaks(r); string(got) != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// TestEveryFaultSpeaksBothLanguages also holds the codes apart from one another's status.
func TestEveryFaultSpeaksBothLanguages(t *testing.T) {
	for _, f := range faults() {
		if f.err == nil || f.code == "" || f.status < 400 || f.status > 599 || !strings.HasSuffix(f.says.en, ".") || !strings.HasSuffix(f.says.de, ".") || f.says.en == f.says.de {
			t.Errorf("%+v", f)
		}
	}
}
