package consent

import (
	"context"
	"time"

	"plenum/webinar"
)

// Told is one entry of a recording, read.
type Told struct {
	Kind Kind
	Event
}

// Story returns what the ledger tells of a recording, in its order. Entries whose payload was erased are left out.
func (l *Ledger) Story(ctx context.Context, w webinar.ID, rec RecordingID) ([]Told, error) {
	var out []Told
	err := l.each(ctx, w, func(e Entry) error {
		if e.Recording != rec || e.Erased() {
			return nil
		}
		ev, err := e.Event()
		if err != nil {
			return err
		}
		out = append(out, Told{Kind: e.Kind, Event: ev})
		return nil
	})
	return out, err
}

// Turn is one entry in the life of a recording.
type Turn struct {
	Kind   Kind
	At     time.Time
	Reason string
}

// Turns returns the turns between the start and the end of a recording in their order. Those whose payload was erased are left out.
func (l *Ledger) Turns(ctx context.Context, w webinar.ID, rec RecordingID) ([]Turn, error) {
	story, err := l.Story(ctx, w, rec)
	var out []Turn
	for _, told := range story {
		switch told.Kind {
		case Start, Pause, Resume, Stop:
			out = append(out, Turn{Kind: told.Kind, At: told.At, Reason: told.Reason})
		default: // no turn
		}
	}
	return out, err
}
