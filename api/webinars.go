package api

import (
	"errors"
	"net/http"
	"time"

	"plenum/webinar"
)

func (s *server) resolveCode(c *call) error {
	var in codeJSON
	if err := c.read(&in); err != nil {
		return err
	}
	giveBack, err := s.try(c, limitCode)
	if err != nil {
		return err
	}
	id, err := s.Webinars.ByCode(c.ctx(), in.Code)
	if err != nil {
		return err
	}
	giveBack()
	c.JSON(http.StatusOK, codeResultJSON{WebinarID: string(id)})
	return nil
}

func (s *server) listWebinars(c *call) error {
	list, err := s.Webinars.List(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	out := make([]webinarJSON, len(list))
	for i, w := range list {
		out[i] = s.hostWebinar(w)
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// hostWebinar is a webinar as its host sees it, with code and link.
func (s *server) hostWebinar(w webinar.Webinar) webinarJSON {
	out := webinarWire(w)
	out.Code, out.Link = w.Code, s.BaseURL+"/w/"+string(w.ID)
	return out
}

// seenBy is a webinar as the asker may see it.
func (s *server) seenBy(c *call, w webinar.Webinar) webinarJSON {
	if c.may(webinar.Manage) {
		return s.hostWebinar(w)
	}
	return webinarWire(w)
}

func (s *server) createWebinar(c *call) error {
	var in webinarRequestJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := errors.Join(checkKey(in.Key), checkStart(in.StartsAt)); err != nil {
		return err
	}
	w, err := s.Webinars.Create(c.ctx(), *c.user, webinar.Draft{
		Title: in.Title, StartsAt: in.StartsAt, Lang: webinar.Lang(in.Lang), Key: in.Key, Recording: in.RecordingPlan.plan(),
	})
	if err != nil {
		return err
	}
	// The host's seat is made here, so that no GET has to.
	if _, err := s.Webinars.HostSeat(c.ctx(), w, *c.user); err != nil {
		return err
	}
	c.JSON(http.StatusCreated, s.hostWebinar(w))
	return nil
}

func checkKey(key string) error {
	_, err := webinar.CleanText("key", key, 64, false)
	return err
}

// checkStart refuses what is surely a slip of the keyboard, and years that RFC 3339 cannot write. The zero time is now.
func checkStart(t time.Time) error {
	if !t.IsZero() && (t.Year() < 2000 || t.Year() > 2200) {
		return &webinar.InvalidError{Field: "starts_at", Reason: "malformed"}
	}
	return nil
}

func (s *server) getWebinar(c *call) error {
	out := arrivalJSON{Webinar: s.seenBy(c, c.webinar), ServerTime: time.Now().UTC()}
	r, ok := s.Recorder.Current(c.webinar.ID)
	if c.webinar.State == webinar.Ended { // who comes late is told what became of it
		var err error
		if r, ok, err = s.Recorder.Last(c.ctx(), c.webinar.ID); err != nil {
			return err
		}
		survey, err := s.Polls.SurveyEnd(c.ctx(), c.webinar.ID)
		if err != nil {
			return err
		}
		out.SurveyUntil = instant(survey)
	}
	if ok {
		out.Recording = new(recordingWire(r))
	}
	if c.seat != nil {
		out.Me = new(meWire(*c.seat))
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) updateWebinar(c *call) error {
	var in webinarPatchJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if in.StartsAt != nil {
		if err := checkStart(*in.StartsAt); err != nil {
			return err
		}
	}
	p := webinar.Patch{Title: in.Title, StartsAt: in.StartsAt, Lang: in.Lang}
	if in.RecordingPlan != nil {
		p.Recording = new(in.RecordingPlan.plan())
	}
	w, err := s.Webinars.Update(c.ctx(), c.webinar.ID, p)
	return s.answerWebinar(c, w, err)
}

func (s *server) deleteWebinar(c *call) error {
	if err := s.Webinars.Delete(c.ctx(), c.webinar.ID); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) goLive(c *call) error {
	w, err := s.Webinars.GoLive(c.ctx(), c.webinar.ID)
	return s.answerWebinar(c, w, err)
}

func (s *server) endWebinar(c *call) error {
	w, err := s.Webinars.End(c.ctx(), c.webinar.ID)
	return s.answerWebinar(c, w, err)
}

func (s *server) answerWebinar(c *call, w webinar.Webinar, err error) error {
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, s.hostWebinar(w))
	return nil
}
