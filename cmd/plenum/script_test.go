package main

import (
	"bytes"

	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// script is somebody with a Bearer token and no browser.
type script struct {
	t      *testing.T
	base   string
	bearer string
	lang   string // Accept-Language, may be empty
}

// call sends in as JSON and reads the answer into out; it fails unless the status is want.
func (s script) call(method, path string, in any, want int, out any) {
	s.t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			s.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.bearer)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept-Language", s.lang)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != want {
		s.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	if text, ok := out.(*string); ok {
		*text = string(answer)
	} else if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
}

// A token from the command line is enough to plan, run and evaluate a webinar; tickets are enough to take part in it.
func TestAScriptRunsAWebinar(t *testing.T) {
	dir := t.TempDir()
	if err := addUser(t.Context(), mustLoad(t, dir), []string{"--email", "ada@example.org", "--name", "Ada"},
		strings.NewReader("correct horse battery\n"), io.Discard); err != nil {
		t.Fatal(err)
	}
	var token bytes.Buffer
	if err := run(t.Context(), []string{"token", "create", "--user", "ada@example.org"}, settingsFor(dir), &token, io.Discard); err != nil {
		t.Fatal(err)
	}
	printed, logged, stop := started(t, dir)
	host := script{t: t, base: find(t, printed, `ready:\s+(\S+)`), bearer: strings.TrimSpace(token.String())}

	var webinar struct{ ID, State, Link string }
	starts := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	host.call("POST", "/api/webinars", map[string]any{"title": "General assembly", "starts_at": starts}, 201, &webinar)
	path := "/api/webinars/" + webinar.ID
	var ticket struct{ ID, Secret, Link string }
	host.call("POST", path+"/tickets", map[string]string{"role": "speaker", "name": "Dr. B"}, 201, &ticket)
	if !strings.Contains(ticket.Link, "/s/"+webinar.ID+"#t="+ticket.Secret) {
		t.Errorf("speaker's link %q", ticket.Link)
	}
	host.call("POST", path+"/tickets", map[string]string{"role": "attendee"}, 201, &ticket)
	attendee := host
	attendee.bearer = ticket.Secret

	var poll struct {
		ID      string
		Options []struct{ ID, Text string }
	}
	host.call("POST", path+"/polls", map[string]any{"question": "Agreed?", "options": []string{"Yes", "=1+1"}}, 201, &poll)
	host.call("POST", path+"/live", nil, 200, nil)
	host.call("POST", path+"/polls/"+poll.ID+"/open", nil, 200, nil)
	vote := map[string]any{"answer": map[string]any{"options": []string{poll.Options[1].ID}}, "receipt": strings.Repeat("0f", 32)}
	attendee.call("POST", path+"/polls/"+poll.ID+"/votes", vote, 201, nil)
	attendee.call("POST", path+"/polls/"+poll.ID+"/votes", vote, 409, nil)
	attendee.call("POST", path+"/polls/"+poll.ID+"/close", nil, 403, nil)
	host.call("POST", path+"/polls/"+poll.ID+"/close", nil, 200, nil)
	var csv string
	host.call("GET", path+"/polls/"+poll.ID+"/results.csv", nil, 200, &csv)
	if !strings.Contains(csv, "'=1+1,1,100") {
		t.Errorf("results: %q", csv)
	}

	var recording struct{ ID, State string }
	host.call("POST", path+"/recordings", map[string]any{"strict": true, "key": "once"}, 201, &recording)
	again := recording
	host.call("POST", path+"/recordings", map[string]any{"strict": true, "key": "once"}, 201, &again)
	if recording.State != "announced" || again.ID != recording.ID {
		t.Errorf("announced %+v, again %+v", recording, again)
	}
	host.call("POST", path+"/recordings/"+recording.ID+"/start", nil, 409, nil) // too early, and nobody has agreed
	host.call("POST", path+"/recordings/"+recording.ID+"/stop", nil, 200, &recording)
	if recording.State != "aborted" {
		t.Errorf("a cancelled announcement is %s", recording.State)
	}
	host.call("POST", path+"/end", nil, 200, &webinar)
	if webinar.State != "ended" {
		t.Errorf("ended: %+v", webinar)
	}
	if err := stop(); err != nil {
		t.Fatalf("%v\n%s", err, logged)
	}
	var verdict bytes.Buffer
	if err := run(t.Context(), []string{"ledger", "verify"}, settingsFor(dir), &verdict, io.Discard); err != nil || !strings.Contains(verdict.String(), webinar.ID) {
		t.Errorf("ledger: %v %s", err, &verdict)
	}
}

func mustLoad(t *testing.T, dir string) *config {
	t.Helper()
	c, err := loadConfig(settingsFor(dir))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
