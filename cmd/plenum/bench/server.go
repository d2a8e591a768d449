package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const stockServer = "stock-server"

// server is the program again, in a process of its own, and a client's view of it.
type server struct {
	cmd     *exec.Cmd
	data    string // folder to throw away
	stock   bool
	log     *logReader
	base    string // URL of the webinar
	host    http.Header
	http    *http.Client
	printed sync.WaitGroup
	dead    bool // it was made to tell its goroutines
}

// startServer returns when a webinar is live.
func startServer(ctx context.Context, o options, stderr io.Writer) (_ *server, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{stock: o.stock, host: http.Header{}, http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: joinAhead}}}
	if s.data, err = os.MkdirTemp("", "plenum-bench-"); err != nil {
		return nil, err
	}
	args := []string{"serve"}
	if o.stock {
		args = []string{"bench", stockServer}
	}
	s.cmd = exec.CommandContext(ctx, self, args...) //nolint:gosec // this very program, with words of its own
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 20 * time.Second
	s.cmd.Env = append(os.Environ(), "PLENUM_DATA="+s.data, "PLENUM_LISTEN=127.0.0.1:0", "PLENUM_URL=", "PLENUM_TLS_CERT=", "PLENUM_TLS_KEY=",
		"PLENUM_MEDIA_LISTEN=127.0.0.1:0", "PLENUM_MEDIA_ADDRESSES=127.0.0.1", "PLENUM_MEDIA_EGRESS="+o.path, "PLENUM_METRICS_LISTEN=", "PLENUM_S3_ENDPOINT=", "PLENUM_DISK_RESERVE=0", "GOTRACEBACK=all")
	s.log = &logReader{to: stderr}
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.data))
	}
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.data))
	}
	if err := s.open(ctx, out); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// open reads what the server prints and makes a webinar.
func (s *server) open(ctx context.Context, out io.Reader) error {
	lines := bufio.NewScanner(out)
	site, secret := "", ""
	for (site == "" || secret == "") && lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "ready:"); ok {
			site = strings.TrimSpace(at)
		}
		if _, after, ok := strings.Cut(lines.Text(), "/setup#"); ok {
			secret = strings.TrimSpace(after)
		}
	}
	s.printed.Go(func() { _, _ = io.Copy(io.Discard, out) }) // nobody reads on; the server must not block
	if site == "" || secret == "" {
		return errors.New("the server did not start")
	}
	s.base = site + "/api/webinars/bench"
	if s.stock {
		return nil
	}
	account, _ := json.Marshal(map[string]string{"token": secret, "email": "bench@example.org", "name": "Bench", "password": "only for this one run"})
	_, header, err := s.post(ctx, site+"/api/setup", "application/json", account, nil)
	if err != nil {
		return err
	}
	s.host = cookieOf(header)
	answer, _, err := s.post(ctx, site+"/api/webinars", "application/json", []byte(`{"title":"Bench"}`), s.host)
	if err != nil {
		return err
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		return err
	}
	s.base = site + "/api/webinars/" + made.ID
	_, _, err = s.post(ctx, s.base+"/live", "application/json", nil, s.host)
	return err
}

// seat takes a seat of its own, as a browser does.
func (s *server) seat(ctx context.Context) (http.Header, error) {
	if s.stock {
		return nil, nil
	}
	_, header, err := s.post(ctx, s.base+"/join", "application/json", []byte("{}"), nil)
	return cookieOf(header), err
}

func cookieOf(answer http.Header) http.Header {
	h := http.Header{}
	for _, c := range (&http.Response{Header: answer}).Cookies() {
		h.Add("Cookie", c.Name+"="+c.Value)
	}
	return h
}

func (s *server) post(ctx context.Context, to, kind string, body []byte, header http.Header) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body)) //nolint:gosec // to the server that was started here
	if err != nil {
		return nil, nil, err
	}
	if header != nil {
		req.Header = header.Clone()
	}
	req.Header.Set("Content-Type", kind)
	res, err := s.http.Do(req) //nolint:gosec // likewise
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s: %s", to, res.Status, answer)
	}
	return answer, res.Header, err
}

// answers asks the server anything, and returns when it has had the time to say something.
func (s *server) answers(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base, nil) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	res, err := s.http.Do(req) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}

// leave ends the session at path.
func (s *server) leave(ctx context.Context, path string, header http.Header) error {
	at, err := url.Parse(s.base)
	if err != nil {
		return err
	}
	at.Path = path
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, at.String(), nil) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	if header != nil {
		req.Header = header.Clone()
	}
	res, err := s.http.Do(req) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("leaving: %s", res.Status)
	}
	return nil
}

// path is what the server says that it sends over.
func (s *server) path() string {
	if s.stock {
		return "stock"
	}
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.path
}

// logReader passes the server's log on and picks the path out of it, and counts the goroutines that it dies with.
type logReader struct {
	to         io.Writer
	mu         sync.Mutex
	path       string
	dying      bool
	rest       string // of a line
	goroutines int
}

func (l *logReader) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dying {
		l.rest += string(b)
		for line, after, ok := strings.Cut(l.rest, "\n"); ok; line, after, ok = strings.Cut(l.rest, "\n") {
			if strings.HasPrefix(line, "goroutine ") && strings.HasSuffix(line, "]:") {
				l.goroutines++
			}
			l.rest = after
		}
		return len(b), nil
	}
	if _, after, ok := strings.Cut(string(b), "media is ready\" path="); ok {
		l.path = strings.TrimSpace(after)
		return len(b), nil
	}
	return l.to.Write(b)
}

// goroutines counts those of the server, which is over with that: asked to quit, a Go program writes down what each
// goroutine does.
func (s *server) goroutines() (int, error) {
	s.log.mu.Lock()
	s.log.dying = true
	s.log.mu.Unlock()
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return 0, err
	}
	s.printed.Wait()
	_ = s.cmd.Wait() // it ends with an error, as it must
	s.dead = true
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if s.log.goroutines == 0 {
		return 0, errors.New("the server did not tell its goroutines")
	}
	return s.log.goroutines, nil
}

func (s *server) cpu() (time.Duration, error) { return cpuOf(s.cmd.Process.Pid) }
func (s *server) rss() (int64, error)         { return rssOf(s.cmd.Process.Pid) }

func (s *server) stop() error {
	s.http.CloseIdleConnections()
	if s.dead {
		return os.RemoveAll(s.data)
	}
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	s.printed.Wait()
	if end := s.cmd.Wait(); end != nil && s.cmd.ProcessState.ExitCode() > 0 {
		err = errors.Join(err, end)
	}
	return errors.Join(err, os.RemoveAll(s.data))
}
