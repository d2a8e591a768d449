package api

import (
	"net/http"
	"time"

	"plenum/recorder"
)

type downloadJSON struct {
	ID     string     `json:"id"`
	Who    string     `json:"who"`
	Mine   bool       `json:"mine"`
	What   string     `json:"what"`
	How    string     `json:"how"`
	At     time.Time  `json:"at"`
	TaskAt *time.Time `json:"task_at,omitempty"`
	DoneAt *time.Time `json:"done_at,omitempty"`
}

// taker is who downloads: the account, or the seat of a host without one.
func taker(c *call) string {
	if c.user != nil {
		return string(c.user.ID)
	}
	return string(c.seat.Subject)
}

// wonders reports that a page asks for no more than the first byte: it wants to know whether there is something to be had,
// and that is no copy.
func wonders(c *call) bool { return c.GetHeader("Range") == "bytes=0-0" }

// took writes down what is about to be handed out. How is what the address says.
func (s *server) took(c *call, recording recorder.RecordingID, what recorder.Taken, object string) error {
	if wonders(c) {
		return nil
	}
	how := recorder.AsFile
	switch what {
	case recorder.TookLedger: // nothing to play
	default:
		if c.Query("download") != "1" {
			how = recorder.AsPlay
		}
	}
	return s.tookAs(c, recording, what, object, how)
}

func (s *server) tookAs(c *call, recording recorder.RecordingID, what recorder.Taken, object string, how recorder.Taking) error {
	return s.Recorder.Took(c.ctx(), recording, recorder.Download{Who: taker(c), What: what, Object: object, How: how})
}

// tookWords writes down a copy of names and words. It reads them before, since what cannot be read is not taken, and again
// after it: a withdrawal in between finds the copy in the list, and one before the second reading is heeded by it.
func (s *server) tookWords(c *call, what recorder.Taken, object string, read func() error) error {
	if err := read(); err != nil {
		return err
	}
	if err := s.tookAs(c, recordingID(c), what, object, recorder.AsFile); err != nil {
		return err
	}
	return read()
}

func (s *server) downloads(c *call) error {
	list, err := s.Recorder.Downloads(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	out := make([]downloadJSON, len(list))
	for i, d := range list {
		out[i] = downloadJSON{ID: d.ID, Who: d.Who, Mine: d.Who == taker(c), What: string(d.What), How: string(d.How), At: d.At.UTC(), TaskAt: instant(d.Task), DoneAt: instant(d.Done)}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// copyDeleted ticks off the task to delete a copy.
func (s *server) copyDeleted(c *call) error {
	if err := s.Recorder.CopyDeleted(c.ctx(), c.webinar.ID, recordingID(c), c.Param("download"), c.seat.Subject); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
