package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/migrations"
)

// patience is how long a test waits for what must come: long, since it costs nothing when it comes, and a machine that is
// busy elsewhere may give the test a small part of its time for many seconds.
const patience = 3 * time.Minute

// settingsFor is a server of its own on loopback.
func settingsFor(dir string) func(string) string {
	return env("PLENUM_DATA", dir, "PLENUM_LISTEN", "127.0.0.1:0", "PLENUM_MEDIA_LISTEN", "127.0.0.1:0",
		"PLENUM_MEDIA_ADDRESSES", "127.0.0.1", "PLENUM_DISK_RESERVE", "1")
}

// output is a stream that a test may read while the server writes.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	ready chan struct{} // closed with the first blank line at the end
	done  bool
}

func newOutput() *output { return &output{ready: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	if !o.done && strings.HasSuffix(o.text.String(), "\n\n") {
		o.done = true
		close(o.ready)
	}
	return len(b), nil
}

func (o *output) String() string { o.mu.Lock(); defer o.mu.Unlock(); return o.text.String() }

// started runs a server until the returned function stops it and returns its error.
func started(t *testing.T, dir string) (printed string, logged *output, stop func() error) {
	t.Helper()
	return startedWith(t, settingsFor(dir))
}

func startedWith(t *testing.T, settings func(string) string) (printed string, logged *output, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, logged := newOutput(), newOutput()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"serve"}, settings, out, logged) }()
	stop = func() error { cancel(); err := <-ended; ended <- err; return err }
	t.Cleanup(func() { _ = stop() })
	select {
	case <-out.ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("server ended: %v\n%s", err, logged)
	case <-time.After(patience):
		t.Fatalf("server not ready:\n%s%s", out, logged)
	}
	return out.String(), logged, stop
}

func find(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in:\n%s", pattern, text)
	}
	return m[1]
}

func post(t *testing.T, url string, in any, header http.Header) (int, string) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

func TestServeFromNothingAndAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	printed, logged, stop := started(t, dir)
	base := find(t, printed, `ready:\s+(\S+)`)
	token := find(t, printed, `/setup#(\S+)`)
	if strings.Contains(logged.String(), token) {
		t.Error("the one-time link is in the log")
	}
	if code, body := post(t, base+"/api/setup", map[string]string{
		"token": token, "email": "ada@example.org", "name": "Ada", "password": "correct horse battery",
	}, http.Header{}); code != http.StatusCreated {
		t.Fatalf("setup: %d %s", code, body)
	}
	if _, err := lockFolder(dir); !errors.Is(err, errLocked) {
		t.Errorf("a second server on the same data: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatalf("stop: %v\n%s", err, logged)
	}

	var out bytes.Buffer
	if err := run(t.Context(), []string{"token", "create", "--user", "ada@example.org"}, settingsFor(dir), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	bearer := http.Header{"Authorization": {"Bearer " + strings.TrimSpace(out.String())}}
	printed, logged, stop = started(t, dir)
	if strings.Contains(printed, "/setup#") {
		t.Error("a second set-up link was printed")
	}
	base = find(t, printed, `ready:\s+(\S+)`)
	out.Reset()
	if err := run(t.Context(), []string{"user", "password", "--email", "ada@example.org"}, settingsFor(dir), &out, io.Discard); err != nil {
		t.Fatal(err) // while the server runs
	}
	if code, body := post(t, base+"/api/password", map[string]string{
		"token": find(t, out.String(), `http://\S+/password#(\S+)`), "password": "another horse battery",
	}, http.Header{}); code != http.StatusOK {
		t.Errorf("a new password: %d %s", code, body)
	}
	if err := run(t.Context(), []string{"user", "password", "--email", "nobody@example.org"}, settingsFor(dir), &out, io.Discard); !errors.Is(err, errNoAccount) {
		t.Errorf("a link for nobody: %v", err)
	}
	if code, body := post(t, base+"/api/webinars", map[string]string{"title": "Open data"}, bearer); code != http.StatusCreated {
		t.Errorf("create with a token: %d %s", code, body)
	}
	if err := stop(); err != nil {
		t.Errorf("stop: %v\n%s", err, logged)
	}
	everythingIsPrivate(t, dir)
}

// everythingIsPrivate: every file 0600, every folder 0700, the socket included.
func everythingIsPrivate(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 4 {
		t.Errorf("only %d files in the data folder", files)
	}
}

func TestServeRefusesANewerDatabase(t *testing.T) {
	dir := t.TempDir()
	db, err := migrations.Open(t.Context(), filepath.Join(dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)").Error; err != nil {
		t.Fatal(err)
	}
	if err := closeDatabase(db); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"serve"}, settingsFor(dir), io.Discard, io.Discard); !errors.Is(err, migrations.ErrNewer) {
		t.Errorf("%v", err)
	}
}

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	for _, c := range []struct {
		args []string
		want error
	}{
		{[]string{"help"}, nil},
		{[]string{"version"}, nil},
		{[]string{"config"}, nil},
		{[]string{"ledger", "verify"}, nil},
		{[]string{"sing"}, errUsage},
		{[]string{"serve", "now"}, errUsage},
		{[]string{"token", "create"}, errUsage},
		{[]string{"token", "create", "--user", "a@example.org", "more"}, errUsage},
		{[]string{"ledger", "verify", "--loud"}, errUsage},
		{[]string{"ledger", "verify", filepath.Join(dir, "missing")}, os.ErrNotExist},
	} {
		out.Reset()
		err := run(t.Context(), c.args, settingsFor(dir), &out, io.Discard)
		if !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.args, err)
		}
		if c.want == nil && out.Len() == 0 {
			t.Errorf("%v printed nothing", c.args)
		}
	}
	if err := run(t.Context(), []string{"token", "create", "--user", "nobody@example.org"}, settingsFor(dir), &out, io.Discard); err == nil {
		t.Error("a token for nobody")
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ listen, url, want string }{
		{"0.0.0.0:8080", "", "http://localhost:8080"},
		{"[::]:8080", "", "http://localhost:8080"},
		{"127.0.0.1:8080", "", "http://localhost:8080"},
		{"[::1]:8080", "", "http://[::1]:8080"},
		{"192.0.2.7:8080", "", "http://192.0.2.7:8080"},
		{"0.0.0.0:8080", "https://plenum.example.org/", "https://plenum.example.org"},
	} {
		cfg, err := loadConfig(env("PLENUM_URL", c.url))
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.address(addr(c.listen)).String(); got != c.want {
			t.Errorf("%s %s: %s", c.listen, c.url, got)
		}
		if lan := cfg.lanAddress(addr(c.listen)); lan != nil && (c.url != "" || !strings.Contains(c.listen, "0.0.0.0") && !strings.Contains(c.listen, "[::]")) {
			t.Errorf("%s %s: links point to %s", c.listen, c.url, lan)
		}
	}
}

type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }
