package api

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"plenum/picture"
	"plenum/polls"
	"plenum/webinar"
)

// uploadLimit is how long an upload may take: 8 MiB at 250 kbit/s.
const uploadLimit = 5 * time.Minute

// addPicture takes the file itself as its body, so that there is no form to take apart.
func (s *server) addPicture(c *call) error {
	// A slow line has to carry megabytes; a writer without deadlines has none to move.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadLimit))
	upload, err := readUpTo(c.Writer, c.Request, picture.MaxBytes, func(mediaType string) bool {
		return slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, mediaType)
	})
	if bad, ok := errors.AsType[*bodyError](err); ok && bad.kind == wrongType {
		return picture.ErrFormat // who chose a drawing or a paper is told about pictures, not about types
	}
	if err != nil {
		return err
	}
	p, err := s.Pictures.Add(c.ctx(), c.webinar.ID, upload)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, pictureWire(c.webinar.ID, p))
	return nil
}

// picture gives a picture to one seat's browser; no cache on the way may keep it. Under its id it never changes.
func (s *server) picture(c *call) error {
	id := polls.PictureID(c.Param("picture"))
	p, file, err := s.Pictures.Open(c.ctx(), c.webinar.ID, id, c.may(webinar.Manage))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	h := c.Writer.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", `"`+string(p.ID)+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // opened by itself it is a picture and nothing else
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, file)
	return nil
}

// sweepPictures erases the files of pictures that have just lost their poll. What cannot be erased now is erased within
// the hour, so the request has not failed.
func (s *server) sweepPictures(c *call) {
	if err := s.Pictures.Sweep(c.ctx()); err != nil {
		s.Log.LogAttrs(c.ctx(), slog.LevelWarn, "sweep of pictures", slog.String("request_id", requestID(c.Context)), slog.String("error", err.Error()))
	}
}
