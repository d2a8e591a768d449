package api

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
	"plenum/webinar/live"
)

// event is one server-sent event as a client reads it.
type event struct{ id, name, data string }

// eventStream is an open stream; next returns its events, and ok false once the server ended it.
type eventStream struct {
	s     *site
	head  http.Header
	retry string
	lines chan string
	close func()
}

// open opens the event stream; every stream is closed by the end of the test.
func (s *site) open(who asker, w, lastID string) *eventStream {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/webinars/"+w+"/events", nil)
	must(s.t, err)
	who.sign(req)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(res.Body)
		s.t.Fatalf("%d %s", res.StatusCode, body)
	}
	e := &eventStream{s: s, head: res.Header, lines: make(chan string)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(e.lines)
		defer func() { _ = res.Body.Close() }()
		scan := bufio.NewScanner(res.Body)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			select {
			case e.lines <- scan.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	e.close = func() { cancel(); <-done }
	s.t.Cleanup(e.close)
	return e
}

func (e *eventStream) next() (got event, ok bool) {
	e.s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, open := <-e.lines:
			key, value, _ := strings.Cut(line, ": ")
			switch {
			case !open:
				return got, false
			case line == "" && got.name != "":
				return got, true
			case key == "id":
				got.id = value
			case key == "event":
				got.name = value
			case key == "data":
				got.data = value
			case key == "retry":
				e.retry = value
			}
		case <-deadline:
			e.s.t.Fatal("no event comes")
		}
	}
}

// wait skips events until one has the name.
func (e *eventStream) wait(name string) event {
	e.s.t.Helper()
	for {
		got, ok := e.next()
		if !ok {
			e.s.t.Fatalf("the stream ended before %s", name)
		}
		var v any
		must(e.s.t, json.Unmarshal([]byte(got.data), &v))
		schema := dict{"$ref": e.s.doc.root["x-events"].(dict)[got.name]}
		for _, fault := range e.s.doc.check(schema, v, "event "+got.name, true) {
			e.s.t.Error(fault)
		}
		if got.name == name {
			return got
		}
	}
}

func TestEventsBeginWithASnapshotAndResume(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	attendee, _ := s.ticket(host, w, "attendee")
	var p pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"?","options":["a","b"]}`), http.StatusCreated, "").into(t, &p)

	hosts, guests := s.open(host, w, ""), s.open(attendee, w, "")
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := guests.head.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for stream, want := range map[*eventStream]struct {
		role  string
		polls int
		code  bool
	}{hosts: {"host", 1, true}, guests: {"attendee", 0, false}} {
		first, _ := stream.next()
		var snap snapshotJSON
		must(t, json.Unmarshal([]byte(first.data), &snap))
		if first.name != "snapshot" || first.id == "" || stream.retry == "" {
			t.Fatalf("the stream begins with %+v, retry %q", first, stream.retry)
		}
		if snap.Me.Role != want.role || len(snap.Polls) != want.polls || (snap.Webinar.Code != "") != want.code || snap.Webinar.ID != w {
			t.Errorf("snapshot %s", first.data)
		}
	}

	s.want(s.do(host, "goLive", in(w), ""), http.StatusOK, "")
	live := guests.wait("webinar")
	if !strings.Contains(live.data, `"state":"live"`) || strings.Contains(live.data, `"code"`) || live.id == "" {
		t.Errorf("%+v", live)
	}
	guests.close()
	s.want(s.do(host, "openPoll", in(w, "poll", p.ID), ""), http.StatusOK, "")
	resumed := s.open(attendee, w, live.id)
	if got := resumed.wait("poll"); !strings.Contains(got.data, `"state":"open"`) {
		t.Errorf("missed event: %+v", got)
	}
	if got, _ := s.open(attendee, w, "unknown-7").next(); got.name != "snapshot" {
		t.Errorf("an unknown Last-Event-ID begins with %+v", got)
	}
	vote := `{"answer":{"options":["` + p.Options[1].ID + `"]},"receipt":"` + strings.Repeat("ab", 32) + `"}`
	s.want(s.do(attendee, "vote", in(w, "poll", p.ID), vote), http.StatusCreated, "")
	for got := hosts.wait("tally"); !strings.Contains(got.data, `"total":1,"votes":[0,1]`); got = hosts.wait("tally") {
		if got.id != "" {
			t.Errorf("a tally is no point to resume from: %+v", got)
		}
	}
}

func TestEventsEndWithTheSeat(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	revoked, ticket := s.ticket(host, w, "speaker")
	leaving, _ := s.ticket(host, w, "attendee")
	for who, end := range map[*asker]func(){
		&revoked: func() {
			s.want(s.do(host, "revokeTicket", in(w, "ticket", ticket.ID), ""), http.StatusNoContent, "")
		},
		&leaving: func() { s.want(s.do(leaving, "leave", in(w), ""), http.StatusNoContent, "") },
	} {
		stream := s.open(*who, w, "")
		stream.wait("snapshot")
		end()
		for ok := true; ok; {
			_, ok = stream.next()
		}
	}
	s.want(s.do(revoked, "events", in(w), ""), http.StatusUnauthorized, "ticket-invalid")
	s.want(s.do(revoked, "join", in(w), `{}`), http.StatusUnauthorized, "ticket-invalid")
}

func TestEventsEndWithTheServer(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	stream := s.open(host, w, "")
	stream.wait("snapshot")
	s.hub.Close()
	for ok := true; ok; {
		_, ok = stream.next()
	}
	s.want(s.do(host, "events", in(w), ""), http.StatusServiceUnavailable, "busy")
}

// TestLaggardIsEnded publishes to a client that does not read until the stream is ended for it; whoever resumes gets on.
func TestLaggardIsEnded(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	stream := s.open(host, w, "")
	first := stream.wait("snapshot")
	people := []webinar.OnStage{{Name: strings.Repeat("x", 60000)}} // much, so that the socket fills up
	for s.hub.Watching(webinar.ID(w)) > 0 {
		s.hub.Publish(webinar.Event{Webinar: webinar.ID(w), Body: webinar.StageChanged{People: people}})
	}
	last := first.id
	for {
		got, ok := stream.next()
		if !ok {
			break
		}
		if got.id != "" {
			last = got.id
		}
	}
	s.hub.Publish(webinar.Event{Webinar: webinar.ID(w), Body: webinar.Changed{Webinar: webinar.Webinar{Title: "the end"}}})
	again := s.open(host, w, last)
	for {
		if got, ok := again.next(); !ok {
			t.Fatal("the resumed stream ended")
		} else if got.name == "webinar" && strings.Contains(got.data, "the end") {
			return
		}
	}
}

// TestHeartbeat lets an hour pass: a silent stream says something every 25 s until its seat is gone.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.NewHub(EncodeEvent, slog.New(slog.DiscardHandler))
		stream, _ := hub.Subscribe(t.Context(), "w", live.Listener{Ticket: "a", Role: webinar.Attendee}, "")
		rec, begin, asked := httptest.NewRecorder(), time.Now(), 0
		pump(stream, newEventWriter(rec), func() bool { asked++; return time.Since(begin) < time.Hour })
		hub.Close()
		if got := strings.Count(rec.Body.String(), "event: alive\ndata: {}\n\n"); time.Since(begin) != time.Hour || asked != 144 || got < 143 {
			t.Errorf("%d heartbeats in %v, asked %d times", got, time.Since(begin), asked)
		}
	})
}
