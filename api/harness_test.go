package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"plenum/migrations/fresh"
	"plenum/picture"
	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/recorder"
	"plenum/webinar"
	"plenum/webinar/live"
	"plenum/webinar/sfu"
	"plenum/webinar/talk"
)

// atOnce is how many of the tests that may run beside others do: they wait for the recorder more than they work.
const atOnce = "4"

// TestMain adds -update, which writes the golden files, and fails when a goroutine is left.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil { // the command line still has the last word
		panic(err)
	}
	flag.Bool("update", false, "write the golden files")
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come: long, since it costs nothing when it comes, and a machine that is
// busy elsewhere may give the test a small part of its time for many seconds.
const patience = 2 * time.Minute

// site is a whole installation but for the front end: real services on a database of its own, behind a real server.
type site struct {
	t         testing.TB
	url       string
	handler   http.Handler // what is behind url
	doc       *contract
	log       *logBuffer
	spool     string
	accounts  *webinar.Accounts
	webinars  *webinar.Service
	hub       *live.Hub
	media     *sfu.Engine
	polls     *polls.Service
	pictures  *polls.Pictures
	questions *talk.Questions
	recorder  *recorder.Service
	db        *gorm.DB
	before    atomic.Pointer[func(*gorm.DB)] // see [site.beforeStatement]
}

// logBuffer takes the log of a whole site.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newSite(t testing.TB, change ...func(*Deps)) *site {
	t.Helper()
	s := &site{t: t, doc: readContract(t), log: &logBuffer{}, spool: t.TempDir()}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	db, err := fresh.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"))
	must(t, err)
	s.db = db
	conn, err := db.DB()
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close()) })

	must(t, db.Callback().Raw().Before("*").Register("watch", func(tx *gorm.DB) {
		if before := s.before.Load(); before != nil {
			(*before)(tx)
		}
	}))
	s.hub = live.NewHub(EncodeEvent, log)
	s.accounts = webinar.NewAccounts(db, 24*time.Hour)
	screens := &Screens{Events: s.hub, Log: log}
	s.recorder = newRecorder(t, s.spool, db, s.hub, s.planned, log)
	s.media = newMedia(t, s.recorder, screens, log)
	s.polls, err = polls.New(t.Context(), db, s.hub, log)
	must(t, err)
	t.Cleanup(func() { must(t, s.polls.Close()) })
	shelf, err := picture.OpenShelf(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, shelf.Close()) })
	s.pictures = polls.NewPictures(db, shelf)
	s.questions = talk.New(db, s.hub, time.Hour, log)
	t.Cleanup(func() { must(t, s.questions.Close()) })
	s.webinars = webinar.NewService(db, s.hub, webinar.Retention{Webinar: 14 * 24 * time.Hour, Seat: 24 * time.Hour, MaxLive: 12 * time.Hour, Recording: 30 * 24 * time.Hour}, s.hooks())
	screens.Seats = s.webinars

	d := Deps{
		Accounts: s.accounts, Webinars: s.webinars, Hub: s.hub, Media: s.media, Polls: s.polls, Pictures: s.pictures, Assembly: assembly.New(db, s.webinars, s.hub), Questions: s.questions, Recorder: s.recorder, Numbers: Metrics(s.media, s.hub, s.recorder),
		BaseURL: "http://plenum.test", StagePeople: 3, Log: log,
		App: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") }),
	}
	for _, f := range change {
		f(&d)
	}
	handler, err := New(d)
	must(t, err)
	server := httptest.NewServer(handler)
	s.url, s.handler = server.URL, handler
	t.Cleanup(func() { // the streams first, or the server waits for them
		s.hub.Close()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

func (s *site) planned(ctx context.Context, w webinar.ID) (webinar.Plan, error) {
	found, err := s.webinars.Get(ctx, w)
	return found.Recording, err
}

func (s *site) hooks() webinar.Hooks {
	return webinar.Hooks{
		Live:   func(id webinar.ID) { s.media.SetLive(string(id), true) },
		End:    func(ctx context.Context, id webinar.ID) error { return s.endParts(ctx, id) },
		Needed: func(ctx context.Context, id webinar.ID) (time.Time, error) { return s.polls.SurveyEnd(ctx, id) },
		Revoked: func(id webinar.ID, ticket webinar.TicketID) {
			s.media.Drop(string(id), string(ticket))
			s.hub.End(id, ticket)
		},
		Reseat: func(t webinar.Ticket) {
			s.hub.Reseat(t.Webinar, t.ID, t.Role)
			if !t.Role.OnStage() {
				s.media.Drop(string(t.Webinar), string(t.ID))
			}
		},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asker is somebody with or without a credential.
type asker struct {
	bearer  string
	cookies []*http.Cookie
	header  http.Header
}

func bearer(secret string) asker { return asker{bearer: secret} }

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   []byte
	cookie []*http.Cookie
}

func (r reply) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
}

// problem returns the code of a problem, or the body.
func (r reply) problem() string {
	var p problem
	if r.header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(r.body, &p) != nil {
		return string(r.body)
	}
	return p.Code
}

// do calls an operation by its id and holds the answer against the contract. body is JSON unless it is SDP.
func (s *site) do(who asker, op string, params map[string]string, body string) reply {
	s.t.Helper()
	r := routeOf(s.t, op)
	path := r.path
	for k, v := range params {
		path = strings.ReplaceAll(path, "{"+k+"}", v)
	}
	if q := params["?"]; q != "" {
		path += "?" + q
	}
	contentType := "application/json"
	switch op {
	case "publish", "watch":
		contentType = sdpType
	case "setCaptions":
		contentType = captionType
	case "patchPublication", "patchView":
		contentType = fragmentType
	}
	got := s.send(who, r.method, path, contentType, body)
	s.doc.checkReply(s.t, op, got)
	return got
}

func (s *site) send(who asker, method, path, contentType, body string) reply {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	must(s.t, err)
	if body != "" {
		req.Header.Set("Content-Type", contentType)
	}
	who.sign(req)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer func() { _ = res.Body.Close() }()
	out, err := io.ReadAll(res.Body)
	must(s.t, err)
	return reply{status: res.StatusCode, header: res.Header, body: out, cookie: res.Cookies()}
}

func (a asker) sign(req *http.Request) {
	for k, v := range a.header {
		req.Header[k] = v
	}
	if a.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+a.bearer)
	}
	for _, c := range a.cookies {
		req.AddCookie(c)
	}
}

func routeOf(t testing.TB, op string) route {
	t.Helper()
	for _, r := range routes() {
		if r.op == op {
			return r
		}
	}
	t.Fatalf("no route is called %s", op)
	return route{}
}

// want fails unless the answer has the status and, for problems, the code.
func (s *site) want(got reply, status int, code string) reply {
	s.t.Helper()
	if got.status != status || (code != "" && got.problem() != code) {
		s.t.Fatalf("got %d %s, want %d %s", got.status, got.problem(), status, code)
	}
	return got
}

// account makes a user and returns an API token of theirs.
func (s *site) account(email string) asker {
	s.t.Helper()
	_, err := s.accounts.Add(s.t.Context(), email, "Name of "+email, "a long password")
	must(s.t, err)
	token, err := s.accounts.NewToken(s.t.Context(), email, webinar.ScopeAll)
	must(s.t, err)
	return bearer(token)
}

// webinar creates one and returns its id.
func (s *site) webinar(host asker) string {
	s.t.Helper()
	var w webinarJSON
	s.want(s.do(host, "createWebinar", nil, `{"title":"A webinar"}`), http.StatusCreated, "").into(s.t, &w)
	return w.ID
}

// ticket issues a personal ticket.
func (s *site) ticket(host asker, w, role string) (asker, newTicketJSON) {
	s.t.Helper()
	var n newTicketJSON
	s.want(s.do(host, "createTicket", in(w), `{"role":"`+role+`","name":"A `+role+`"}`), http.StatusCreated, "").into(s.t, &n)
	return bearer(n.Secret), n
}

// in names the webinar and further parameters, given in pairs.
func in(w string, more ...string) map[string]string {
	m := map[string]string{"webinar": w}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}
