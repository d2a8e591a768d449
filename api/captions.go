package api

import (
	"net/http"

	"plenum/recorder"
)

// captionType is the media type of captions; maxCaptions is the most that one upload may carry, in bytes.
const (
	captionType = "text/vtt"
	maxCaptions = 1 << 20
)

func (s *server) captions(c *call) error {
	d, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	lang := c.Param("lang")
	var body []byte
	read := func() (err error) {
		body, err = s.Recorder.ReadCaptions(c.ctx(), c.webinar.ID, d.Recording.ID, lang)
		return err
	}
	if c.Query("download") == "1" {
		if err := s.tookWords(c, recorder.TookCaptions, lang, read); err != nil {
			return err
		}
		attach(c, fileName(d.Recording, "-"+lang+".vtt"))
	} else if err := read(); err != nil {
		return err
	}
	c.Data(http.StatusOK, captionType, body)
	return nil
}

// setCaptions answers with the timeline as it is now, as dropCaptions does.
func (s *server) setCaptions(c *call) error {
	if _, err := s.Recorder.Get(c.ctx(), c.webinar.ID, recordingID(c)); err != nil {
		return err // before a whole file is read
	}
	body, err := readUpTo(c.Writer, c.Request, maxCaptions, func(mediaType string) bool { return mediaType == captionType })
	if err != nil {
		return err
	}
	if err := s.Recorder.SetCaptions(c.ctx(), c.webinar.ID, recordingID(c), c.Param("lang"), body); err != nil {
		return err
	}
	return s.timeline(c)
}

func (s *server) dropCaptions(c *call) error {
	if err := s.Recorder.DropCaptions(c.ctx(), c.webinar.ID, recordingID(c), c.Param("lang")); err != nil {
		return err
	}
	return s.timeline(c)
}
