package api

import (
	"bytes"
	"fmt"
	"net/http"

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
	return s.answerPoll(c, http.StatusOK, p, err)
}

func (s *server) deletePoll(c *call) error {
	if err := s.Polls.Delete(c.ctx(), c.webinar.ID, pollID(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func draftOf(in pollRequestJSON) polls.Draft {
	return polls.Draft{Question: in.Question, Kind: polls.Kind(in.Kind), Options: in.Options, Secrecy: polls.Secrecy(in.Secrecy), Changeable: in.Changeable, Rules: polls.Rules(in.Rules), Plan: in.plan(), Key: in.Key}
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
	p, tally, err := s.Polls.Results(c.ctx(), c.webinar.ID, pollID(c))
	if err != nil {
		return err
	}
	var out bytes.Buffer // whole before the first byte goes, so that a fault still has an answer
	if err := polls.WriteCSV(&out, p, tally); err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="poll-%d.csv"`, p.Position))
	c.Data(http.StatusOK, "text/csv; charset=utf-8", out.Bytes())
	return nil
}
