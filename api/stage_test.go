package api

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"testing"

	"plenum/webinar"
	"plenum/webinar/media"
	"plenum/webinar/sfu"
)

// seatMap finds people by id; an id "broken" is a database that does not answer.
type seatMap map[webinar.TicketID]webinar.Ticket

func (m seatMap) Ticket(_ context.Context, _ webinar.ID, id webinar.TicketID) (webinar.Ticket, error) {
	if id == "broken" {
		return webinar.Ticket{}, errors.New("no database")
	}
	t, ok := m[id]
	if !ok {
		return t, webinar.ErrNotFound
	}
	return t, nil
}

// heard keeps what was published.
type heard []webinar.Event

func (h *heard) Publish(e webinar.Event) { *h = append(*h, e) }

func TestScreens(t *testing.T) {
	var events heard
	log := &logBuffer{}
	s := &Screens{Events: &events, Log: slog.New(slog.NewTextHandler(log, nil)), Seats: seatMap{
		"a": {ID: "a", Name: "Ada", Role: webinar.Host}, "b": {ID: "b", Name: "Bo", Role: webinar.Speaker},
	}}
	s.StageChanged("w", []sfu.SourceState{{Owner: "b", Kind: media.Mic, Muted: true}, {Owner: "gone", Kind: media.Mic}, {Owner: "a", Kind: media.Screen}, {Owner: "b", Kind: media.Camera}})
	s.StageChanged("w", []sfu.SourceState{{Owner: "broken", Kind: media.Mic}})
	s.StageChanged("w", nil)
	s.SlotsChanged("w", "", []sfu.Slot{{Video: true, Index: 2, Owner: "a", Kind: media.Screen}})
	s.SlotsChanged("w", "b", nil)
	s.SpeakingChanged("w", []string{"b", "a"})
	s.SpeakingChanged("w", nil)
	s.HealthChanged("w", sfu.Health{Connected: 9, Poor: 1, Sound: 8, SoundOK: 7})
	want := heard{
		{Webinar: "w", To: webinar.Everyone(), Body: webinar.StageChanged{People: []webinar.OnStage{
			{Ticket: "b", Name: "Bo", Role: webinar.Speaker, Sources: []webinar.StageSource{{Kind: "mic", Muted: true}, {Kind: "camera"}}},
			{Ticket: "a", Name: "Ada", Role: webinar.Host, Sources: []webinar.StageSource{{Kind: "screen"}}},
		}}},
		{Webinar: "w", To: webinar.Everyone(), Body: webinar.StageChanged{}},
		{Webinar: "w", To: webinar.Attendees(), Body: webinar.SlotsChanged{Slots: []webinar.Slot{{Video: true, Index: 2, Owner: "a", Kind: "screen"}}}},
		{Webinar: "w", To: webinar.Only("b"), Body: webinar.SlotsChanged{Slots: []webinar.Slot{}}},
		{Webinar: "w", To: webinar.Everyone(), Body: webinar.Speaking{People: []webinar.TicketID{"b", "a"}}, Coalesce: "speaking"},
		{Webinar: "w", To: webinar.Everyone(), Body: webinar.Speaking{People: []webinar.TicketID{}}, Coalesce: "speaking"},
		{Webinar: "w", To: webinar.Hosts(), Body: webinar.Health{Connected: 9, Poor: 1, Sound: 8, SoundOK: 7}, Coalesce: "health"},
	}
	if !reflect.DeepEqual(events, want) {
		t.Errorf("got  %+v\nwant %+v", events, want)
	}
	if log.String() == "" {
		t.Error("a stage that cannot be read is not logged")
	}
	// Nothing on stage is an empty list on the wire, not null.
	if _, data, err := EncodeEvent(events[1]); err != nil || string(data) != `{"people":[]}` {
		t.Errorf("%s %v", data, err)
	}
}
