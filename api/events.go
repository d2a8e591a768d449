package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"plenum/webinar"
	"plenum/webinar/live"
)

const (
	heartbeat  = 25 * time.Second // proxies close what is silent for 30 s and more, pages what is for a minute
	writeLimit = 10 * time.Second // a client that takes nothing for so long is gone
)

// events streams what happens in the webinar to one client: the snapshot first unless the client resumes, then each
// event as it comes. When the client lags the stream ends, and it comes back with Last-Event-ID.
func (s *server) events(c *call) error {
	listener := live.Listener{Ticket: c.seat.ID, Role: c.seat.Role}
	stream, resumed := s.Hub.Subscribe(c.ctx(), c.webinar.ID, listener, c.GetHeader("Last-Event-ID"))
	defer stream.Close()
	if errors.Is(stream.Err(), live.ErrClosed) {
		return webinar.ErrBusy
	}
	seat, err := s.stillSeated(c) // whoever revoked it before the subscription could not end the stream
	if err != nil {
		return err
	}
	if seat.Role != listener.Role { // nor could who changed it
		s.Hub.Reseat(c.webinar.ID, seat.ID, seat.Role)
	}
	c.seat = &seat
	var first []byte
	if !resumed {
		snap, err := s.snapshot(c)
		if err != nil {
			return err
		}
		if first, err = json.Marshal(snap); err != nil {
			return fmt.Errorf("write snapshot: %w", err)
		}
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	out := newEventWriter(c.Writer)
	out.retry(time.Second + rand.N(2*time.Second)) //nolint:gosec // no secret: not everybody shall come back at once
	if !resumed {
		out.event(live.Message{ID: stream.Since(), Name: "snapshot", Data: first})
	}
	if out.flush() != nil {
		return nil // the client has gone, and its answer has begun
	}
	pump(stream, out, func() bool { _, err := s.stillSeated(c); return err == nil })
	return nil
}

// pump writes until the stream ends, the client does not take it, or, asked with each heartbeat, it may no longer have it.
func pump(stream *live.Stream, out *eventWriter, may func() bool) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case m, ok := <-stream.C():
			if !ok {
				return
			}
			out.event(m)
			for range len(stream.C()) { // what waits goes out in one write
				if m, ok := <-stream.C(); ok {
					out.event(m)
				}
			}
		case <-beat.C:
			if !may() {
				return
			}
			out.event(live.Message{Name: "alive", Data: []byte("{}")})
		}
		if out.flush() != nil {
			return
		}
	}
}

// eventWriter writes server-sent events, each flush within writeLimit.
type eventWriter struct {
	w   io.Writer
	rc  *http.ResponseController
	buf []byte
}

func newEventWriter(w http.ResponseWriter) *eventWriter {
	rc := http.NewResponseController(w)
	unhurried(rc)
	return &eventWriter{w: w, rc: rc}
}

// unhurried lifts the server's limits on reading and writing, which are for short requests; a read limit that passes
// while an answer is being written cancels it. A writer without deadlines has none to lift.
func unhurried(rc *http.ResponseController) {
	_ = rc.SetReadDeadline(time.Time{})
	_ = rc.SetWriteDeadline(time.Time{})
}

func (e *eventWriter) retry(d time.Duration) {
	e.buf = fmt.Appendf(e.buf, "retry: %d\n\n", d.Milliseconds())
}

// event appends one message; JSON holds no line break.
func (e *eventWriter) event(m live.Message) {
	if m.ID != "" {
		e.buf = append(append(append(e.buf, "id: "...), m.ID...), '\n')
	}
	e.buf = append(append(append(e.buf, "event: "...), m.Name...), "\ndata: "...)
	e.buf = append(append(e.buf, m.Data...), "\n\n"...)
}

func (e *eventWriter) flush() error {
	// A writer without deadlines, as in a test, is written to without.
	_ = e.rc.SetWriteDeadline(time.Now().Add(writeLimit))
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	if err == nil {
		err = e.rc.Flush()
	}
	_ = e.rc.SetWriteDeadline(time.Time{}) // HTTP/2 resets an idle stream whose deadline passes
	return err
}
