package frontend

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func app() handler {
	return handler{files: fstest.MapFS{
		".gitkeep":                 {},
		"host.html":                {Data: []byte("host")},
		"attendee.html":            {Data: []byte("attendee")},
		"attendee.html.br":         {Data: []byte("BR")},
		"present.html":             {Data: []byte("present")},
		"receipt.html":             {Data: []byte("receipt")},
		"404.html":                 {Data: []byte("not here")},
		"icon.svg":                 {Data: []byte("<svg/>")},
		"assets/app-1a2b3c.js":     {Data: []byte("0123456789")},
		"assets/app-1a2b3c.js.br":  {Data: []byte("BR")},
		"assets/app-1a2b3c.js.gz":  {Data: []byte("GZIP")},
		"assets/font-1a2b3c.woff2": {Data: []byte("font")},
		"audio/announce-de.mp3":    {Data: []byte("sound")},
		"audio/announce-de.ogg":    {Data: []byte("sound")},
	}}
}

func get(t *testing.T, h http.Handler, method, target string, header map[string]string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestPages(t *testing.T) {
	for target, want := range map[string]string{
		"/":                         "host",
		"/setup":                    "host",
		"/login":                    "host",
		"/password":                 "host",
		"/password/x":               "not here",
		"/webinars":                 "host",
		"/webinars/abc/polls":       "host",
		"/stage/abc":                "host",
		"/s/abc":                    "host",
		"/members/abc":              "host",
		"/members":                  "not here",
		"/recordings/abc":           "host",
		"/w/abc":                    "attendee",
		"/w/abc?lang=de":            "attendee",
		"/j":                        "attendee",
		"/j/K7M2PQ4R":               "attendee",
		"/vote":                     "attendee",
		"/vote/K7M2PQ4R":            "attendee",
		"/vote/abc/def":             "not here",
		"/embed/poll/abc":           "attendee",
		"/embed/poll":               "not here",
		"/embed/abc":                "not here",
		"/embed/poll/abc/def":       "not here",
		"/present/abc":              "present",
		"/w":                        "not here",
		"/w/":                       "not here",
		"/w/abc/def":                "not here",
		"/present":                  "not here",
		"/receipt":                  "receipt",
		"/receipt/abc":              "not here",
		"/stage":                    "not here",
		"/login/x":                  "not here",
		"/nowhere":                  "not here",
		"/host.html":                "not here",
		"/404.html":                 "not here",
		"/.gitkeep":                 "not here",
		"/assets":                   "not here",
		"/assets/":                  "not here",
		"/assets/app-1a2b3c.js.br":  "not here",
		"/assets/../.gitkeep":       "not here",
		"/..%2f..%2fetc/passwd":     "not here",
		"/assets/app-ffffff.js":     "not here",
		"/icon.svg":                 "<svg/>",
		"/assets/app-1a2b3c.js":     "0123456789",
		"/assets/font-1a2b3c.woff2": "font",
	} {
		res, body := get(t, app(), http.MethodGet, target, nil)
		if body != want {
			t.Errorf("GET %s: %q, want %q", target, body, want)
		}
		status := http.StatusOK
		if want == "not here" {
			status = http.StatusNotFound
		}
		if res.StatusCode != status {
			t.Errorf("GET %s: status %d, want %d", target, res.StatusCode, status)
		}
	}
}

func TestCaching(t *testing.T) {
	for target, want := range map[string]string{
		"/w/abc":                "no-cache",
		"/nowhere":              "no-cache",
		"/assets/app-1a2b3c.js": "public, max-age=31536000, immutable",
		"/icon.svg":             "public, max-age=3600",
	} {
		res, _ := get(t, app(), http.MethodGet, target, nil)
		if got := res.Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", target, got, want)
		}
	}
}

func TestEncodings(t *testing.T) {
	const script = "/assets/app-1a2b3c.js"
	for _, c := range []struct{ target, accept, encoding, body string }{
		{script, "gzip, deflate, br, zstd", "br", "BR"},
		{script, "gzip", "gzip", "GZIP"},
		{script, "br;q=0, gzip;q=0.5", "gzip", "GZIP"},
		{script, "br; q=0.000", "", "0123456789"},
		{script, "", "", "0123456789"},
		{"/w/abc", "br", "br", "BR"},
		{"/assets/font-1a2b3c.woff2", "br, gzip", "", "font"},
	} {
		res, body := get(t, app(), http.MethodGet, c.target, map[string]string{"Accept-Encoding": c.accept})
		if res.Header.Get("Content-Encoding") != c.encoding || body != c.body {
			t.Errorf("%s with %q: %q %q, want %q %q", c.target, c.accept, res.Header.Get("Content-Encoding"), body, c.encoding, c.body)
		}
		if res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: no Vary", c.target)
		}
		if strings.HasSuffix(c.target, ".js") && res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", c.target, res.Header.Get("Content-Type"))
		}
	}
}

func TestRangeIsOfThePlainBytes(t *testing.T) {
	ask := map[string]string{"Range": "bytes=2-4"}
	res, body := get(t, app(), http.MethodGet, "/audio/announce-de.mp3", ask)
	if res.StatusCode != http.StatusPartialContent || body != "und" {
		t.Errorf("sound: %d %q", res.StatusCode, body)
	}
	ask["Accept-Encoding"] = "br"
	res, body = get(t, app(), http.MethodGet, "/assets/app-1a2b3c.js", ask)
	if res.StatusCode != http.StatusOK || body != "BR" {
		t.Errorf("compressed: %d %q", res.StatusCode, body)
	}
}

func TestMethods(t *testing.T) {
	res, body := get(t, app(), http.MethodHead, "/w/abc", nil)
	if res.StatusCode != http.StatusOK || body != "" {
		t.Errorf("HEAD: %d %q", res.StatusCode, body)
	}
	if res, body = get(t, app(), http.MethodHead, "/nowhere", nil); res.StatusCode != http.StatusNotFound || body != "" {
		t.Errorf("HEAD of nothing: %d %q", res.StatusCode, body)
	}
	if res, _ = get(t, app(), http.MethodPost, "/w/abc", nil); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestUnbuilt(t *testing.T) {
	h := handler{files: fstest.MapFS{".gitkeep": {}}}
	res, body := get(t, h, http.MethodGet, "/w/abc", nil)
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make build") {
		t.Errorf("%d %q", res.StatusCode, body)
	}
}

// TestEmbedded holds for a checkout without a built app and for one with it.
func TestEmbedded(t *testing.T) {
	res, body := get(t, Handler(nil), http.MethodGet, "/j", nil)
	switch res.StatusCode {
	case http.StatusOK:
		if !strings.Contains(body, "/assets/") || !strings.Contains(body, "<script type=\"module\"") {
			t.Errorf("no app in %q", body)
		}
	case http.StatusServiceUnavailable:
		if !strings.Contains(body, "make build") {
			t.Errorf("no help in %q", body)
		}
	default:
		t.Errorf("status %d", res.StatusCode)
	}
}
