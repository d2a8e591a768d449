package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plenum/migrations"
)

var bursts = flag.Int("bursts", 2, "how often TestKilledInTheBurst kills the server")

// mortal is a server in a process of its own that is killed and comes back with the same data.
type mortal struct {
	t    *testing.T
	data string
	path string // of the webinar
	host http.Header

	mu    sync.Mutex
	cmd   *exec.Cmd
	site  string
	alive chan struct{} // closed while it is up
}

func (m *mortal) start() (setup string) {
	m.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(m.t.Context()), os.Args[0], "serve")
	settings := settingsFor(m.data)
	for _, s := range configNames() {
		cmd.Env = append(cmd.Env, s+"="+settings(s))
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	lines, site := bufio.NewScanner(out), ""
	for (site == "" || m.path == "" && setup == "") && lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "ready:"); ok {
			site = strings.TrimSpace(at)
		}
		if _, after, ok := strings.Cut(lines.Text(), "/setup#"); ok {
			setup = strings.TrimSpace(after)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cmd, m.site = cmd, site
	close(m.alive)
	return setup
}

// kill is what a power cut does to the process.
func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alive = make(chan struct{})
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait() // it ends with an error, as it must
}

func (m *mortal) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Error(err)
	}
	if err := m.cmd.Wait(); err != nil {
		m.t.Error(err)
	}
}

// up waits until the server is.
func (m *mortal) up() (site string) {
	m.mu.Lock()
	alive := m.alive
	m.mu.Unlock()
	<-alive
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.site
}

// call asks once. An error means that no answer came.
func (m *mortal) call(by *http.Client, method, path string, in any, header http.Header, into any) (int, http.Header, error) {
	var body []byte // none: nothing is said
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return 0, nil, err
		}
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.up()+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if header != nil {
		req.Header = header.Clone()
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := by.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	return res.StatusCode, res.Header, err
}

// must asks something that has to succeed.
func (m *mortal) must(method, path string, in any, header http.Header, into any) http.Header {
	m.t.Helper()
	status, answered, err := m.call(http.DefaultClient, method, path, in, header, into)
	if err != nil || status >= 300 {
		m.t.Fatalf("%s: %d, %v", path, status, err)
	}
	return answered
}

// newMortal has a live webinar.
func newMortal(t *testing.T) *mortal {
	t.Helper()
	m := &mortal{t: t, data: t.TempDir(), alive: make(chan struct{})}
	setup := m.start()
	t.Cleanup(m.stop)
	m.host = cookies(&http.Response{Header: m.must(http.MethodPost, "/api/setup", map[string]string{"token": setup, "email": "a@example.org", "name": "A", "password": "correct horse battery"}, nil, nil)})
	var made struct {
		ID string `json:"id"`
	}
	m.must(http.MethodPost, "/api/webinars", map[string]string{"title": "Burst"}, m.host, &made)
	m.path = "/api/webinars/" + made.ID
	m.must(http.MethodPost, m.path+"/live", nil, m.host, nil)
	return m
}

// burst is one poll whose voters all come at once, some of whom change their minds.
type burst struct {
	*mortal
	history
	seats   []http.Header
	poll    string
	options []string
	acks    atomic.Int64
	atAcks  int64         // after so many …
	doom    chan struct{} // … this is closed, once
}

func (b *burst) open() {
	b.t.Helper()
	var made struct {
		ID      string `json:"id"`
		Options []struct {
			ID string `json:"id"`
		} `json:"options"`
	}
	b.must(http.MethodPost, b.path+"/polls", map[string]any{"question": "Which?", "options": []string{"One", "Two"}, "changeable": true}, b.host, &made)
	b.poll = b.path + "/polls/" + made.ID
	for _, o := range made.Options {
		b.options = append(b.options, o.ID)
	}
	b.must(http.MethodPost, b.poll+"/open", map[string]any{}, b.host, nil)
}

func (b *burst) secret(voter, turn int) (secret, receipt string) {
	raw := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", b.poll, voter, turn))
	h := sha256.Sum256(raw[:])
	return hex.EncodeToString(raw[:]), hex.EncodeToString(h[:])
}

// attempt asks until there is an answer, as a browser does after a lost one, and reports whether the ballot counts.
func (b *burst) attempt(by *http.Client, method string, in map[string]any, o operation) bool {
	for lost := false; ; {
		op := b.invoke(o)
		status, _, err := b.call(by, method, b.poll+"/votes", in, b.seats[o.voter], nil)
		switch {
		case err != nil || status >= 500:
			b.settle(op, unknown)
			if lost = true; b.t.Context().Err() != nil {
				return false
			}
			continue
		case status < 300, lost && status == http.StatusConflict && method == http.MethodPost && b.counted(o):
			b.settle(op, ok)
			if b.acks.Add(1) == b.atAcks {
				close(b.doom)
			}
			return true
		}
		b.settle(op, fail)
		return false
	}
}

// counted asks whether this seat's vote is in: the answer to a retry that was refused.
func (b *burst) counted(o operation) bool {
	for {
		var all []struct {
			ID    string `json:"id"`
			Voted bool   `json:"voted"`
		}
		if status, _, err := b.call(http.DefaultClient, http.MethodGet, b.path+"/polls", nil, b.seats[o.voter], &all); err == nil && status == http.StatusOK {
			for _, p := range all {
				if strings.HasSuffix(b.poll, p.ID) {
					return p.Voted
				}
			}
			return false
		}
	}
}

func (b *burst) voter(i int) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	answer := func(turn int) map[string]any {
		return map[string]any{"options": []string{b.options[(i+turn)%2]}}
	}
	secret, receipt := b.secret(i, 0)
	in := b.attempt(client, http.MethodPost, map[string]any{"answer": answer(0), "receipt": receipt},
		operation{voter: i, receipt: receipt, option: b.options[i%2]})
	for turn := 1; in && turn <= i%3; turn++ {
		before := receipt
		was := secret
		secret, receipt = b.secret(i, turn)
		in = b.attempt(client, http.MethodPut, map[string]any{"secret": was, "answer": answer(turn), "receipt": receipt},
			operation{voter: i, before: before, receipt: receipt, option: b.options[(i+turn)%2]})
	}
}

// judge compares what the voters were told with the file itself and with the published result.
func (b *burst) judge() {
	b.t.Helper()
	var closed struct {
		Tally struct {
			Votes []int `json:"votes"`
			Total int   `json:"total"`
		} `json:"tally"`
	}
	b.must(http.MethodPost, b.poll+"/close", nil, b.host, &closed)
	result := map[string]int{}
	for i, n := range closed.Tally.Votes {
		result[b.options[i]] = n
	}
	db, err := migrations.Open(b.t.Context(), filepath.Join(b.data, databaseFile))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = closeDatabase(db) }()
	var rows []struct{ Receipt, Answer string }
	if err := db.Raw("SELECT receipt, answer FROM ballots WHERE poll_id = ?", b.poll[strings.LastIndexByte(b.poll, '/')+1:]).Scan(&rows).Error; err != nil {
		b.t.Fatal(err)
	}
	box := map[string]string{}
	for _, r := range rows {
		var answer struct {
			Options []string `json:"options"`
		}
		if err := json.Unmarshal([]byte(r.Answer), &answer); err != nil || len(answer.Options) != 1 {
			b.t.Fatalf("%s: %v", r.Answer, err)
		}
		box[r.Receipt] = answer.Options[0]
	}
	for _, fault := range b.check(box, result) {
		b.t.Error(fault)
	}
	if closed.Tally.Total != len(box) || b.acks.Load() == 0 {
		b.t.Errorf("%d counted, %d in the box, %d acknowledged", closed.Tally.Total, len(box), b.acks.Load())
	}
}

// The server is killed in the middle of a burst of votes and changes, comes back, and the voters ask again for what they
// had no answer to; then the poll is closed while some of them are still at it.
func TestKilledInTheBurst(t *testing.T) {
	t.Parallel() // most of it is waiting
	const voters = 60
	m := newMortal(t)
	seats := make([]http.Header, voters)
	for i := range seats {
		seats[i] = cookies(&http.Response{Header: m.must(http.MethodPost, m.path+"/join", map[string]any{}, nil, nil)})
	}
	died := 0
	for round := range *bursts {
		b := &burst{mortal: m, seats: seats, atAcks: 1 + rand.Int64N(voters), doom: make(chan struct{})}
		b.open()
		var wg sync.WaitGroup
		for i := range voters {
			wg.Go(func() { b.voter(i) })
		}
		select {
		case <-b.doom:
		case <-t.Context().Done():
			t.Fatal("the burst did not get so far")
		}
		m.kill()
		died++
		m.start()
		if round%2 == 0 { // the closing comes among the retries
			op := b.invoke(operation{voter: -1})
			m.must(http.MethodPost, b.poll+"/close", nil, m.host, nil)
			b.settle(op, ok)
		}
		wg.Wait()
		b.judge()
		if t.Failed() {
			t.Fatalf("round %d, after %d acknowledgements", round, b.atAcks)
		}
	}
	if died != *bursts {
		t.Errorf("killed %d times", died)
	}
}
