package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"plenum/recorder"
	"plenum/webinar"
)

func recordingID(c *call) recorder.RecordingID { return c.Param("recording") }

func (s *server) listRecordings(c *call) error {
	list, err := s.Recorder.List(c.ctx(), c.webinar.ID)
	if err != nil {
		return err
	}
	out := make([]recordingDetailJSON, len(list))
	for i, d := range list {
		out[i] = detailWire(d)
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) getRecording(c *call) error {
	d, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, detailWire(d))
	return nil
}

func (s *server) timeline(c *call) error {
	var t recorder.Timeline
	read := func() (err error) {
		t, err = s.Recorder.Timeline(c.ctx(), c.webinar.ID, recordingID(c))
		return err
	}
	if c.Query("download") == "1" && !wonders(c) {
		if err := s.tookWords(c, recorder.TookTimeline, "", read); err != nil {
			return err
		}
		attach(c, fileName(t.Recording, "-timeline.json"))
	} else if err := read(); err != nil {
		return err
	}
	c.JSON(http.StatusOK, timelineWire(t))
	return nil
}

func (s *server) trim(c *call) error {
	var in trimJSON
	if err := c.read(&in); err != nil {
		return err
	}
	t := recorder.Trim{From: ms(in.FromMS), To: ms(in.ToMS)}
	if t.All() {
		return recorder.ErrTrim
	}
	return s.setTrim(c, t)
}

func (s *server) untrim(c *call) error { return s.setTrim(c, recorder.Trim{}) }

// setTrim answers with the timeline as it is now.
func (s *server) setTrim(c *call, t recorder.Trim) error {
	if err := s.Recorder.SetTrim(c.ctx(), c.webinar.ID, recordingID(c), t); err != nil {
		return err
	}
	return s.timeline(c)
}

func (s *server) sharing(c *call) error {
	sh, err := s.Recorder.Sharing(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, sharingJSON{Allowed: sh.Allowed(), People: sh.People, Lacking: sh.Lacking})
	return nil
}

func (s *server) deleteRecording(c *call) error {
	if err := s.Recorder.Delete(c.ctx(), c.webinar.ID, recordingID(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) announce(c *call) error {
	var in announceJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := checkKey(in.Key); err != nil {
		return err
	}
	if c.webinar.State == webinar.Ended {
		return webinar.ErrEnded
	}
	strict := in.Strict == nil || *in.Strict
	r, err := s.Recorder.Announce(c.ctx(), c.webinar.ID, c.seat.Subject, strict, in.Key)
	return answerRecording(c, http.StatusCreated, r, err)
}

func (s *server) startRecording(c *call) error { return s.step(c, s.Recorder.Start) }

func (s *server) pauseRecording(c *call) error { return s.step(c, s.Recorder.Pause) }

func (s *server) resumeRecording(c *call) error { return s.step(c, s.Recorder.Resume) }

func (s *server) stopRecording(c *call) error { return s.step(c, s.Recorder.Stop) }

type stepFunc func(context.Context, webinar.ID, recorder.RecordingID, webinar.SubjectID) (recorder.Recording, error)

func (s *server) step(c *call, step stepFunc) error {
	r, err := step(c.ctx(), c.webinar.ID, recordingID(c), c.seat.Subject)
	return answerRecording(c, http.StatusOK, r, err)
}

func answerRecording(c *call, status int, r recorder.Recording, err error) error {
	if err != nil {
		return err
	}
	c.JSON(status, recordingWire(r))
	return nil
}

// segment hands out one WebM file, in parts if the client asks for them. Its name tells when and which, not who.
func (s *server) segment(c *call) error {
	d, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	id := c.Param("segment")
	n := slices.IndexFunc(d.Segments, func(seg recorder.Segment) bool { return seg.ID == id })
	if n < 0 {
		return webinar.ErrNotFound
	}
	if c.Query("download") == "1" {
		t, err := s.Recorder.Timeline(c.ctx(), c.webinar.ID, d.Recording.ID)
		if err != nil {
			return err
		}
		part := slices.IndexFunc(t.Parts, func(p recorder.Part) bool { return p.ID == id })
		if part >= 0 && !t.Trim.All() {
			return s.clip(c, t, part)
		}
	}
	file, _, err := s.Recorder.OpenSegment(c.ctx(), c.webinar.ID, d.Recording.ID, id)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := s.took(c, d.Recording.ID, recorder.TookSegment, id); err != nil {
		return err
	}
	name := fileName(d.Recording, fmt.Sprintf("-%d.webm", n+1))
	serveFilm(c, id, "video/webm", name, film{&kept{Reader: file, check: func() error { return s.stillThere(c, d.Recording.ID, id) }}, file})
	return nil
}

// fileStamp is the time in the name of a download.
const fileStamp = "20060102-150405"

// serveFilm answers with a film that never changes under its id, or with the part of it that was asked for.
func serveFilm(c *call, id, form, name string, film io.ReadSeeker) {
	c.Header("Content-Type", form)
	c.Header("ETag", `"`+id+`"`) // lets a player go on after a break
	if c.Query("download") == "1" {
		attach(c, name)
	} else if c.GetHeader("Range") != "" {
		film = newPlaying(c.ctx(), film)
	}
	unhurried(http.NewResponseController(c.Writer))
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, film)
}

// program hands out the one file that was cut together from the segments.
func (s *server) program(c *call) error {
	d, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	file, p, err := s.Recorder.OpenProgram(c.ctx(), c.webinar.ID, d.Recording.ID)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := s.took(c, d.Recording.ID, recorder.TookProgram, p.ID); err != nil {
		return err
	}
	serveFilm(c, p.ID, "video/webm", fileName(d.Recording, ".webm"), film{&kept{Reader: file, check: func() error {
		now, err := s.Recorder.Program(c.ctx(), c.webinar.ID, d.Recording.ID)
		if err == nil && now.ID != p.ID { // made anew without somebody
			err = webinar.ErrNotFound
		}
		return err
	}}, file})
	return nil
}

func (s *server) stillThere(c *call, recording recorder.RecordingID, segment string) error {
	d, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recording)
	if err == nil && !slices.ContainsFunc(d.Segments, func(seg recorder.Segment) bool { return seg.ID == segment }) {
		err = webinar.ErrNotFound
	}
	return err
}

// kept is a file whose download breaks off soon after its owner has withdrawn.
type kept struct {
	io.Reader
	check   func() error
	checked time.Time
}

const checkEvery = 500 * time.Millisecond

func (k *kept) Read(p []byte) (int, error) {
	if now := time.Now(); now.Sub(k.checked) >= checkEvery {
		if err := k.check(); err != nil {
			return 0, err
		}
		k.checked = now
	}
	return k.Reader.Read(p)
}

// film is a kept file in which a player may jump.
type film struct {
	*kept
	io.Seeker
}

// ledger hands out the whole chain of the webinar: a part of a chain proves nothing.
func (s *server) ledger(c *call) error {
	if _, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recordingID(c)); err != nil {
		return err
	}
	var out bytes.Buffer // whole before the first byte goes, so that a fault still has an answer
	if err := s.Recorder.Ledger(c.ctx(), c.webinar.ID, &out); err != nil {
		return err
	}
	if err := s.took(c, recordingID(c), recorder.TookLedger, ""); err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="ledger.jsonl"`)
	c.Data(http.StatusOK, "application/x-ndjson", out.Bytes())
	return nil
}
