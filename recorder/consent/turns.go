package consent

import (
	"context"
	"time"

	"plenum/webinar"
)

// Turn is one entry in the life of a recording.
type Turn struct {
	Kind   Kind // Start, Pause, Resume or Stop
	At     time.Time
	Reason string
}

// Turns returns the turns of a recording in their order. Those whose payload was erased are left out.
func (l *Ledger) Turns(ctx context.Context, w webinar.ID, rec RecordingID) ([]Turn, error) {
	var out []Turn
	err := l.each(ctx, w, func(e Entry) error {
		switch e.Kind {
		case Start, Pause, Resume, Stop:
		default:
			return nil
		}
		if e.Recording != rec || e.Erased() {
			return nil
		}
		ev, err := e.Event()
		if err != nil {
			return err
		}
		out = append(out, Turn{Kind: e.Kind, At: ev.At, Reason: ev.Reason})
		return nil
	})
	return out, err
}
