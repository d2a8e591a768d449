package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"plenum/polls"
	"plenum/webinar"
)

func (s *server) listPolls(c *call) error {
	views, err := s.Polls.List(c.ctx(), c.webinar.ID, c.seat.ID, c.may(webinar.Manage))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, pollsWire(views))
	return nil
}

func (s *server) createPoll(c *call) error {
	var in pollRequestJSON
	if err := c.read(&in); err != nil {
		return err
	}
	p, err := s.Polls.Create(c.ctx(), c.webinar.ID, draftOf(in))
	return s.answerPoll(c, http.StatusCreated, p, err)
}

func (s *server) updatePoll(c *call) error {
	var in pollRequestJSON
	if err := c.read(&in); err != nil {
		return err
	}
	p, err := s.Polls.Update(c.ctx(), c.webinar.ID, pollID(c), draftOf(in))
	s.sweepPictures(c)
	return s.answerPoll(c, http.StatusOK, p, err)
}

func (s *server) deletePoll(c *call) error {
	if err := s.Polls.Delete(c.ctx(), c.webinar.ID, pollID(c)); err != nil {
		return err
	}
	s.sweepPictures(c)
	c.Status(http.StatusNoContent)
	return nil
}

func draftOf(in pollRequestJSON) polls.Draft {
	out := polls.Draft{Question: in.Question, Kind: polls.Kind(in.Kind), Options: in.Options, Secrecy: polls.Secrecy(in.Secrecy), Changeable: in.Changeable, Motion: in.Motion.motion(), Rules: polls.Rules(in.Rules), Plan: in.plan(), Key: in.Key}
	for _, p := range in.Pictures {
		out.Pictures = append(out.Pictures, polls.DraftPicture{Option: p.Option, ID: polls.PictureID(p.ID), Alt: p.Alt})
	}
	return out
}

func pollID(c *call) polls.PollID { return polls.PollID(c.Param("poll")) }

// answerPoll shows the poll with its result, as a host sees it.
func (s *server) answerPoll(c *call, status int, p polls.Poll, err error) error {
	if err != nil {
		return err
	}
	v, err := s.Polls.Get(c.ctx(), c.webinar.ID, p.ID, c.seat.ID, true)
	if err != nil {
		return err
	}
	c.JSON(status, pollWire(v))
	return nil
}

func (s *server) pollResults(c *call) error {
	return s.sendResults(c, "csv", "text/csv; charset=utf-8", polls.WriteCSV)
}

func (s *server) pollWorkbook(c *call) error {
	return s.sendResults(c, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", polls.WriteXLSX)
}

func (s *server) pollPDF(c *call) error {
	return s.sendResults(c, "pdf", "application/pdf", func(w io.Writer, p polls.Poll, t polls.Tally) error {
		return polls.WritePDF(w, p, t, c.webinar.Lang, time.Now())
	})
}

func (s *server) sendResults(c *call, ext, kind string, write func(io.Writer, polls.Poll, polls.Tally) error) error {
	p, tally, err := s.Polls.Results(c.ctx(), c.webinar.ID, pollID(c))
	if err != nil {
		return err
	}
	var out bytes.Buffer // whole before the first byte goes, so that a fault still has an answer
	if err := write(&out, p, tally); err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="poll-%d.%s"`, p.Position, ext))
	c.Data(http.StatusOK, kind, out.Bytes())
	return nil
}
