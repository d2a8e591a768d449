package api

import (
	"plenum/recorder"
	"plenum/webinar"
)

// form is the media type of what is made, and how the name of its file ends.
func form(m recorder.Making) (media, ending string) {
	switch m {
	case recorder.MP4:
		return "video/mp4", ".mp4"
	case recorder.Sheet:
		return "image/webp", ".webp"
	case recorder.Peaks:
		return "application/json", "-peaks.json"
	case recorder.Mix, recorder.Composite:
	}
	return "video/webm", "-composite.webm"
}

// made hands out what was made of a recording. What the page itself needs is no copy; a film is one.
func (s *server) made(c *call) error {
	what := recorder.Making(c.Param("making"))
	d, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	file, m, err := s.Recorder.OpenMade(c.ctx(), c.webinar.ID, d.Recording.ID, what)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	if what == recorder.MP4 || what == recorder.Composite {
		if err := s.took(c, d.Recording.ID, recorder.Taken(what), m.ID); err != nil {
			return err
		}
	}
	media, ending := form(what)
	serveFilm(c, m.ID, media, fileName(d.Recording, ending), film{&kept{Reader: file, check: func() error {
		now, err := s.Recorder.Made(c.ctx(), c.webinar.ID, d.Recording.ID, what)
		if err == nil && now.ID != m.ID { // somebody took something back
			err = webinar.ErrNotFound
		}
		return err
	}}, file})
	return nil
}

// make has something made, and answers with the timeline as it is now. Asking twice is asking once.
func (s *server) make(c *call) error {
	if err := s.Recorder.Ask(c.ctx(), c.webinar.ID, recordingID(c), recorder.Making(c.Param("making"))); err != nil {
		return err
	}
	return s.timeline(c)
}
