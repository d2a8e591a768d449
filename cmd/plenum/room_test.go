package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRoomKeepsAReserve(t *testing.T) {
	for _, x := range []struct{ limit, most, crowded uint64 }{
		{64, 32, 16}, {256, 208, 184}, {1024, 896, 832}, {1 << 20, 1<<20 - 1024, 1<<20 - 1536},
	} {
		if most, crowded := room(x.limit); uint64(most) != x.most || uint64(crowded) != x.crowded {
			t.Errorf("of %d: %d and %d", x.limit, most, crowded)
		}
	}
}

// confined is a server in a process of its own that may have only so many descriptors.
type confined struct {
	t    *testing.T
	site string
	base string // of a live webinar
	host http.Header
	// The other ports that take connections: media over TCP, and the relay.
	media, relay string
}

func newConfined(t *testing.T, descriptors string) *confined {
	t.Helper()
	c := &confined{t: t, host: http.Header{}, media: freeAddress(t), relay: freeAddress(t)}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "/bin/sh", "-c", "ulimit -n "+descriptors+` && exec "$0" serve`, os.Args[0])
	settings := settingsFor(t.TempDir())
	for _, s := range configNames() {
		cmd.Env = append(cmd.Env, s+"="+settings(s))
	}
	cmd.Env = append(cmd.Env, "PLENUM_MEDIA_LISTEN="+c.media, "PLENUM_TURN_LISTEN="+c.relay)
	logged := newOutput()
	cmd.Stderr = logged
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v:\n%s", err, logged)
		}
	})
	lines, token := bufio.NewScanner(out), ""
	for (c.site == "" || token == "") && lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "ready:"); ok {
			c.site = strings.TrimSpace(at)
		}
		if _, after, ok := strings.Cut(lines.Text(), "/setup#"); ok {
			token = strings.TrimSpace(after)
		}
	}
	res := c.send(http.DefaultClient, http.MethodPost, c.site+"/api/setup", map[string]string{"token": token, "email": "a@example.org", "name": "A", "password": "correct horse battery"}, nil)
	c.host = cookies(res)
	var made struct {
		ID string `json:"id"`
	}
	res = c.send(http.DefaultClient, http.MethodPost, c.site+"/api/webinars", map[string]string{"title": "Full house"}, c.host)
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil {
		t.Fatal(err)
	}
	c.base = c.site + "/api/webinars/" + made.ID
	if res = c.send(http.DefaultClient, http.MethodPost, c.base+"/live", nil, c.host); res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	return c
}

func configNames() (names []string) {
	for _, s := range settings() {
		names = append(names, s.name)
	}
	return names
}

func cookies(res *http.Response) http.Header {
	h := http.Header{}
	for _, k := range res.Cookies() {
		h.Add("Cookie", k.Name+"="+k.Value)
	}
	return h
}

// send fails the test if there is no answer. The body is closed with the test.
func (c *confined) send(by *http.Client, method, to string, in any, header http.Header) *http.Response {
	c.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, to, strings.NewReader(string(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	if header != nil {
		req.Header = header.Clone()
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "de")
	res, err := by.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { res.Body.Close() })
	return res
}

// TestFullHouse: who is there goes on, who comes is told, the server neither dies nor spins, and later there is room.
func TestFullHouse(t *testing.T) {
	t.Parallel() // most of it is waiting
	c := newConfined(t, "256")
	keeps := &http.Client{Transport: &http.Transport{}} // one connection that stays
	defer keeps.CloseIdleConnections()
	joined := c.send(keeps, http.MethodPost, c.base+"/join", map[string]string{}, nil)
	drain(joined)
	seat := cookies(joined)
	drain(c.send(keeps, http.MethodGet, c.base+"/polls", nil, c.host))

	for what, port := range map[string]string{"media over TCP": c.media, "the relay": c.relay} {
		if c.ends(port) {
			t.Errorf("%s takes no connection although there is room", what)
		}
	}

	var streams []*http.Response
	var refused *http.Response
	for refused == nil && len(streams) < 256 {
		own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if res := c.send(own, http.MethodGet, c.base+"/events", nil, seat); res.StatusCode == http.StatusOK {
			streams = append(streams, res)
		} else {
			refused = res
		}
	}
	if refused == nil || len(streams) < 60 {
		t.Fatalf("after %d streams: %v", len(streams), refused)
	}
	var told struct{ Code, Detail string }
	if err := json.NewDecoder(refused.Body).Decode(&told); err != nil || refused.StatusCode != http.StatusServiceUnavailable || told.Code != "full" || !strings.Contains(told.Detail, "niemanden mehr") {
		t.Errorf("%v, %s, %+v", err, refused.Status, told)
	}
	idle := c.fill()
	for what, port := range map[string]string{"media over TCP": c.media, "the relay": c.relay} {
		if !c.ends(port) {
			t.Errorf("a stranger on the port of %s takes what is kept", what)
		}
	}
	// Who is there hears what the host does over a connection of before.
	if res := c.send(keeps, http.MethodPost, c.base+"/tickets", map[string]string{"role": "speaker", "name": "Eve"}, c.host); res.StatusCode != http.StatusCreated {
		t.Errorf("the host gets %s", res.Status)
	} else {
		drain(res)
	}
	res := c.send(keeps, http.MethodPost, c.base+"/polls", map[string]any{"question": "Still there?", "options": []string{"Yes", "No"}}, c.host)
	var poll struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(res.Body).Decode(&poll); err != nil {
		t.Fatal(err)
	}
	drain(res)
	if res = c.send(keeps, http.MethodPost, c.base+"/polls/"+poll.ID+"/open", map[string]any{}, c.host); res.StatusCode != http.StatusOK {
		t.Fatalf("the poll of %q opens with %s", poll.ID, res.Status)
	}
	drain(res)
	lines := bufio.NewScanner(streams[0].Body)
	lines.Buffer(nil, 1<<20)
	heard := false
	for !heard && lines.Scan() {
		heard = strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), "Still there?")
	}
	if !heard {
		t.Errorf("the stream ended: %v", lines.Err())
	}
	for _, i := range idle {
		i.Close()
	}
	for _, s := range streams[1:] {
		s.Body.Close()
	}
	c.roomAgain()
}

// freeAddress is one of loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ends says whether the server closes a connection to that port at once.
func (c *confined) ends(port string) bool {
	c.t.Helper()
	conn, err := net.Dial("tcp", port)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(time.Second))
	_, err = conn.Read(make([]byte, 1))
	return err != nil && !os.IsTimeout(err)
}

func drain(res *http.Response) { _, _ = io.Copy(io.Discard, res.Body) }

// fill opens connections that say nothing until the server takes no more.
func (c *confined) fill() (idle []net.Conn) {
	c.t.Helper()
	at, err := url.Parse(c.site)
	if err != nil {
		c.t.Fatal(err)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		conn, err := net.Dial("tcp", at.Host)
		if err != nil {
			c.t.Fatal(err)
		}
		idle = append(idle, conn)
		conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); err != nil && !os.IsTimeout(err) {
			return idle
		}
	}
	c.t.Error("the server takes any number of connections")
	return idle
}

func (c *confined) roomAgain() {
	c.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		<-tick.C
		own := &http.Transport{DisableKeepAlives: true}
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+"/join", strings.NewReader("{}"))
		if err != nil {
			c.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := own.RoundTrip(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	c.t.Error("there is no room for anybody later")
}
