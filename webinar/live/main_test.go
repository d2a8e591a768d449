package live

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"plenum/webinar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const room1 webinar.ID = "w1"

type note struct{ N int }

// codec counts its calls and writes bodies as JSON.
type codec struct{ calls atomic.Int64 }

func (c *codec) encode(e webinar.Event) (string, []byte, error) {
	c.calls.Add(1)
	if err, ok := e.Body.(error); ok {
		return "", nil, err
	}
	data, err := json.Marshal(e.Body)
	return fmt.Sprintf("%T", e.Body), data, err
}

func newHub(tb testing.TB) (*Hub, *codec) {
	tb.Helper()
	c := &codec{}
	h := NewHub(c.encode, slog.New(slog.DiscardHandler))
	tb.Cleanup(h.Close)
	return h, c
}

func say(h *Hub, n int) { sayTo(h, webinar.Everyone(), n) }

func sayTo(h *Hub, to webinar.Audience, n int) {
	h.Publish(webinar.Event{Webinar: room1, To: to, Body: note{n}})
}

func count(h *Hub, key string, n int) {
	h.Publish(webinar.Event{Webinar: room1, To: webinar.Everyone(), Body: note{n}, Coalesce: key})
}

func attendee(t string) Listener { return Listener{webinar.TicketID(t), webinar.Attendee} }
func host(t string) Listener     { return Listener{webinar.TicketID(t), webinar.Host} }

// drain reads what is queued and returns the notes in it; other events are left out.
func drain(t *testing.T, s *Stream) (notes []int, last string) {
	t.Helper()
	for {
		select {
		case m, ok := <-s.C():
			if !ok {
				return notes, last
			}
			if m.ID != "" {
				last = m.ID
			}
			if m.Name != "live.note" {
				continue
			}
			var n note
			if err := json.Unmarshal(m.Data, &n); err != nil {
				t.Fatal(err)
			}
			notes = append(notes, n.N)
		default:
			return notes, last
		}
	}
}
