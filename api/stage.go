package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"plenum/webinar"
	"plenum/webinar/sfu"
)

// seats finds a person in a webinar.
type seats interface {
	Ticket(context.Context, webinar.ID, webinar.TicketID) (webinar.Ticket, error)
}

// Screens tells people in a webinar what the SFU's slots and stage hold: it gives the SFU's ids their names.
// It implements sfu.Screens.
type Screens struct {
	Events webinar.Publisher
	Seats  seats
	Log    *slog.Logger
}

// SlotsChanged tells the audience, or the one person on stage who owner is, what each slot carries now.
func (s *Screens) SlotsChanged(room, owner string, slots []sfu.Slot) {
	to := webinar.Attendees()
	if owner != "" {
		to = webinar.Only(webinar.TicketID(owner))
	}
	s.Events.Publish(webinar.Event{Webinar: webinar.ID(room), To: to, Body: webinar.SlotsChanged{Slots: slotsOf(slots)}})
}

// StageChanged tells everybody who sends what.
func (s *Screens) StageChanged(room string, sources []sfu.SourceState) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	people, err := onStage(ctx, s.Seats, webinar.ID(room), sources)
	if err != nil {
		s.Log.LogAttrs(ctx, slog.LevelError, "stage not read", slog.String("webinar", room), slog.String("error", err.Error()))
		return
	}
	s.Events.Publish(webinar.Event{Webinar: webinar.ID(room), To: webinar.Everyone(), Body: webinar.StageChanged{People: people}})
}

// LayersChanged tells the publisher of a picture which of its layers are watched.
func (s *Screens) LayersChanged(room, owner string, l sfu.Layers) {
	s.Events.Publish(webinar.Event{
		Webinar: webinar.ID(room), To: webinar.Only(webinar.TicketID(owner)), Body: webinar.LayersChanged{Kind: string(l.Kind), Rids: l.Rids},
	})
}

func slotsOf(slots []sfu.Slot) []webinar.Slot {
	out := make([]webinar.Slot, len(slots))
	for i, s := range slots {
		out[i] = webinar.Slot{Video: s.Video, Index: s.Index, Owner: webinar.TicketID(s.Owner), Kind: string(s.Kind)}
	}
	return out
}

// onStage groups sources by person, in the order of their first source. Somebody whose seat is gone is left out: the
// end of what they send is on its way.
func onStage(ctx context.Context, in seats, w webinar.ID, sources []sfu.SourceState) ([]webinar.OnStage, error) {
	var people []webinar.OnStage
	for _, src := range sources {
		id := webinar.TicketID(src.Owner)
		i := slices.IndexFunc(people, func(p webinar.OnStage) bool { return p.Ticket == id })
		if i < 0 {
			t, err := in.Ticket(ctx, w, id)
			if errors.Is(err, webinar.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			i = len(people)
			people = append(people, webinar.OnStage{Ticket: id, Name: t.Name, Role: t.Role})
		}
		people[i].Sources = append(people[i].Sources, webinar.StageSource{Kind: string(src.Kind), Muted: src.Muted})
	}
	return people, nil
}

func (s *server) stage(ctx context.Context, w webinar.ID) (stageJSON, error) {
	people, err := onStage(ctx, s.Webinars, w, s.Media.Sources(string(w)))
	return stageWire(people), err
}

func (s *server) beat(c *call) error {
	var in beatJSON
	if err := c.read(&in); err != nil {
		return err
	}
	s.Recorder.Beat(c.webinar.ID, *c.seat, in.EpochMS, in.RTTMS)
	c.Status(http.StatusNoContent)
	return nil
}
