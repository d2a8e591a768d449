package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// TestI25LogsAndMetricsKnowNobody takes a real server through a webinar that is recorded, with all logging on and marks
// in everything that people type or carry, kills it and lets it mend, and reads every line that it wrote and counted.
func TestI25LogsAndMetricsKnowNobody(t *testing.T) {
	t.Parallel() // most of it is waiting
	const mark = "canary"
	h := newHouse(t, "PLENUM_ACCESS_LOG=true", "PLENUM_METRICS_LISTEN=127.0.0.1:0", "PLENUM_TRUSTED_PROXIES=127.0.0.1")
	h.start()
	speaker := h.open("canarytitle", "canaryspeaker")
	leave := h.onStage(speaker, newFilm(t))
	rec := h.announced(speaker)
	recording := h.path + "/recordings/" + rec.ID

	guest := h.guest()
	guest.post("/join", `{"name":"canaryguest"}`)
	var poll struct {
		ID      string
		Options []struct{ ID string }
	}
	h.host.call("POST", h.path+"/polls", map[string]any{"question": "canaryquestion", "options": []string{"canaryone", "canarytwo"}}, 201, &poll)
	h.host.call("POST", h.path+"/polls/"+poll.ID+"/open", nil, 200, nil)
	receipt := strings.Repeat("ca", 32)
	guest.post("/polls/"+poll.ID+"/votes", `{"answer":{"options":["`+poll.Options[0].ID+`"]},"receipt":"`+receipt+`"}`)
	for _, path := range []string{"/canary?canary=1", h.path + "/canary", "/api/receipt", "/s/canary"} {
		guest.at(http.MethodPost, path, `{"link":"canarylink","canary":"canary"}`)
	}

	h.recorded(60_000)
	h.kill()
	leave()
	h.start()
	speaker.base, guest.base = h.host.base, h.host.base
	h.until("repaired", func(l []recordingDetail) bool { return l[0].Recording.State == "paused" })
	var mine struct {
		Link string `json:"receipt_link"`
	}
	speaker.call("GET", recording+"/consent", nil, 200, &mine)
	_, secret, _ := strings.Cut(mine.Link, "#")
	if len(secret) < 20 {
		t.Fatalf("no receipt link: %+v", mine)
	}
	guest.at(http.MethodPost, "/api/receipt", `{"link":"`+secret+`"}`)
	guest.at(http.MethodPost, "/api/receipt/withdraw", `{"link":"`+secret+`"}`)
	for _, path := range []string{"/report.csv", "/ledger", "/timeline"} {
		h.host.call("GET", recording+path, nil, 200, new(string))
	}
	h.host.call("POST", recording+"/stop", nil, 200, nil)
	h.host.call("POST", h.path+"/end", nil, 200, nil)

	local := "http://" + last(h.logged.String(), `metrics are served" address=`)
	var numbers string
	script{t: t, base: local}.call("GET", "/metrics", nil, 200, &numbers)
	written := h.logged.String()
	if guest.cookie == "" {
		t.Fatal("the guest has no seat")
	}
	for _, want := range []string{"route=/api/webinars/:webinar/recordings/:recording/consent", "media is ready", "status=404"} {
		if !strings.Contains(written, want) {
			t.Errorf("the log does not say %q, so it proves nothing", want)
		}
	}
	if !strings.Contains(numbers, "plenum_media_rooms ") {
		t.Errorf("no numbers: %.200s", numbers)
	}
	for _, private := range []string{
		mark, "Ada", "ada@", "example.org", "203.0.113.77", "2001:db8::77", h.host.bearer, speaker.bearer, guest.cookie, secret, receipt, poll.Options[0].ID, "a=candidate", "ice-pwd",
	} {
		for line := range strings.Lines(written + numbers) {
			if strings.Contains(line, private) {
				t.Errorf("%q is in: %s", private, line)
			}
		}
	}
	for line := range strings.Lines(numbers + written) {
		if strings.Contains(line, "127.0.0.1") && !strings.Contains(line, `msg="metrics are served"`) { // its own
			t.Errorf("an address is in: %s", line)
		}
	}
}

// last is the word behind the last place of what.
func last(text, what string) string {
	i := strings.LastIndex(text, what)
	word, _, _ := strings.Cut(text[i+len(what):], "\n")
	return strings.TrimSpace(word)
}

// guest is somebody with a browser far away, whose address the proxy tells.
type guest struct {
	t          *testing.T
	base, path string
	cookie     string
}

func (h *house) guest() *guest { return &guest{t: h.t, base: h.host.base, path: h.path} }

func (g *guest) post(path, body string) {
	g.t.Helper()
	if status := g.at(http.MethodPost, g.path+path, body); status >= 300 {
		g.t.Fatalf("%s: %d", path, status)
	}
}

func (g *guest) at(method, path, body string) int {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		g.t.Fatal(err)
	}
	for k, v := range map[string]string{
		"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.77, 2001:db8::77", "User-Agent": "canaryagent", "Referer": "https://canary.example/", "Cookie": g.cookie,
	} {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		g.cookie = c.Name + "=" + c.Value
	}
	return res.StatusCode
}
