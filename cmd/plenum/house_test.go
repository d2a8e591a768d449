package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plenum/recorder/blob"
)

// house is a server in a process of its own, which can be killed and started again on the same data.
type house struct {
	t      *testing.T
	dir    string
	extra  []string // settings, NAME=value
	cmd    *exec.Cmd
	out    *output
	logged *output
	host   script
	path   string    // of its webinar
	late   *lateness // of who is on stage
}

// newHouse has one account, whose token the host holds, and has not been started.
func newHouse(t *testing.T, extra ...string) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), extra: extra, logged: newOutput()}
	if err := addUser(t.Context(), mustLoad(t, h.dir), []string{"--email", "ada@example.org", "--name", "Ada"}, strings.NewReader("correct horse battery\n"), io.Discard); err != nil {
		t.Fatal(err)
	}
	var token bytes.Buffer
	if err := run(t.Context(), []string{"token", "create", "--user", "ada@example.org"}, settingsFor(h.dir), &token, io.Discard); err != nil {
		t.Fatal(err)
	}
	h.host = script{t: t, bearer: strings.TrimSpace(token.String())}
	t.Cleanup(h.kill)
	return h
}

func (h *house) start() {
	h.t.Helper()
	h.cmd = exec.CommandContext(context.WithoutCancel(h.t.Context()), os.Args[0], "serve")
	settings := settingsFor(h.dir)
	for _, s := range configNames() {
		h.cmd.Env = append(h.cmd.Env, s+"="+settings(s))
	}
	h.cmd.Env = append(h.cmd.Env, h.extra...)
	h.out = newOutput()
	h.cmd.Stdout, h.cmd.Stderr = h.out, h.logged
	if err := h.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	select {
	case <-h.out.ready:
	case <-time.After(patience):
		h.t.Fatalf("the server does not start:\n%s%s", h.out, h.logged)
	}
	h.host.base = find(h.t, h.out.String(), `ready:\s+(\S+)`)
}

// kill ends the server between two instructions.
func (h *house) kill() {
	if h.cmd == nil {
		return
	}
	if err := h.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		h.t.Error(err)
	}
	_ = h.cmd.Wait() // killed
	h.cmd = nil
	http.DefaultClient.CloseIdleConnections()
}

// open makes a webinar, live, and a speaker of it.
func (h *house) open(title, name string) (speaker script) {
	h.t.Helper()
	var made struct{ ID string }
	h.host.call("POST", "/api/webinars", map[string]string{"title": title}, 201, &made)
	h.path = "/api/webinars/" + made.ID
	h.host.call("POST", h.path+"/live", nil, 200, nil)
	var ticket struct{ Secret string }
	h.host.call("POST", h.path+"/tickets", map[string]string{"role": "speaker", "name": name}, 201, &ticket)
	return script{t: h.t, base: h.host.base, bearer: ticket.Secret}
}

type recordingState struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	Reason    string     `json:"reason"`
	StartedAt *time.Time `json:"started_at"`
}

type segmentState struct {
	ID         string `json:"id"`
	State      string `json:"state"`
	StartMS    int64  `json:"start_ms"`
	DurationMS int64  `json:"duration_ms"`
	Audio      bool   `json:"audio"`
	Video      bool   `json:"video"`
}

type recordingDetail struct {
	Recording recordingState `json:"recording"`
	Segments  []segmentState `json:"segments"`
}

// announced announces a recording, has the speaker agree and starts it as soon as that is allowed.
func (h *house) announced(speaker script) (rec recordingState) {
	h.t.Helper()
	h.host.call("POST", h.path+"/recordings", map[string]any{"strict": true}, 201, &rec)
	path := h.path + "/recordings/" + rec.ID
	h.agree(speaker, path)
	for end := time.Now().Add(patience); ; {
		tried := h.host.try("POST", path+"/start", nil, &rec)
		if tried == http.StatusOK {
			return rec
		}
		if tried != http.StatusConflict || time.Now().After(end) {
			h.t.Fatalf("start: %d", tried)
		}
		h.pause(200 * time.Millisecond)
	}
}

func (h *house) agree(speaker script, recording string) (receipt string) {
	h.t.Helper()
	var n struct{ Hash, Lang string }
	speaker.call("GET", recording+"/notice", nil, 200, &n)
	now := float64(time.Now().UnixMicro()) / 1000
	for _, act := range []string{"shown", "grant"} {
		speaker.call("POST", recording+"/consent", map[string]any{"act": act, "hash": n.Hash, "lang": n.Lang, "click_ms": now, "epoch_ms": now, "rtt_ms": 1}, 200, &receipt)
	}
	return receipt
}

// until asks for the recordings until they are as wished.
func (h *house) until(what string, ok func([]recordingDetail) bool) (list []recordingDetail) {
	h.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); h.pause(50 * time.Millisecond) {
		if h.host.try("GET", h.path+"/recordings", nil, &list) == http.StatusOK && ok(list) {
			return list
		}
	}
	h.t.Fatalf("%s: %+v\n%.2000s", what, list, h.logged)
	return nil
}

// pause waits for what happens elsewhere.
func (h *house) pause(d time.Duration) { <-time.After(d) }

// try is call for what may not succeed; it returns the status, 0 if nobody answers.
func (s script) try(method, path string, in, out any) int {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.bearer)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0
	}
	if res.StatusCode == http.StatusOK && json.Unmarshal(answer, out) != nil {
		s.t.Fatalf("%s %s: %s", method, path, answer)
	}
	return res.StatusCode
}

// serveStore is the object store as a program: "plenum store FOLDER ADDRESS". It says when it is ready, with its keys.
func serveStore(dir, address string, stdout io.Writer) error {
	ctx := context.Background()
	g, err := blob.Embedded(ctx, dir)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(err, g.Close())
	}
	c := g.Config()
	if err := json.NewEncoder(stdout).Encode(storeKeys{Address: l.Addr().String(), Access: c.AccessKey, Secret: c.SecretKey}); err != nil {
		return err
	}
	for {
		in, err := l.Accept()
		if err != nil {
			return errors.Join(err, g.Close())
		}
		go func() {
			defer in.Close()
			out, err := net.Dial("unix", c.Socket)
			if err != nil {
				return
			}
			defer out.Close()
			go func() { _, _ = io.Copy(out, in) }()
			_, _ = io.Copy(in, out)
		}()
	}
}

type storeKeys struct{ Address, Access, Secret string }

// storehouse is an object store in a process of its own.
type storehouse struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	keys storeKeys
}

func newStorehouse(t *testing.T) *storehouse {
	t.Helper()
	s := &storehouse{t: t, dir: filepath.Join(t.TempDir(), "store"), keys: storeKeys{Address: "127.0.0.1:0"}}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start comes back to the address of before.
func (s *storehouse) start() {
	s.t.Helper()
	s.cmd = exec.CommandContext(context.WithoutCancel(s.t.Context()), os.Args[0], "store", s.dir, s.keys.Address)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	if err := json.NewDecoder(out).Decode(&s.keys); err != nil {
		s.t.Fatalf("the store does not start: %v", err)
	}
}

func (s *storehouse) kill() {
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Error(err)
	}
	_ = s.cmd.Wait() // killed
	s.cmd = nil
}

// settings name the store to a server.
func (s *storehouse) settings() []string {
	return []string{"PLENUM_S3_ENDPOINT=" + s.keys.Address, "PLENUM_S3_ACCESS_KEY=" + s.keys.Access, "PLENUM_S3_SECRET_KEY=" + s.keys.Secret, "PLENUM_S3_TLS=false"}
}
