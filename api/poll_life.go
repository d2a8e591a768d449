package api

import (
	"net/http"
	"time"

	"plenum/polls"
)

// openPoll takes a body, but needs none: the run-sheet says for how long a poll is open.
func (s *server) openPoll(c *call) error {
	var in openPollJSON
	if err := c.readAny(&in); err != nil {
		return err
	}
	p, err := s.Polls.OpenPoll(c.ctx(), c.webinar.ID, pollID(c), polls.Opening{For: time.Duration(in.OpenForMs) * time.Millisecond, SmallKnown: in.SmallClasses})
	return s.answerPoll(c, http.StatusOK, p, err)
}

func (s *server) undoPoll(c *call) error {
	p, err := s.Polls.UndoOpening(c.ctx(), c.webinar.ID, pollID(c))
	return s.answerPoll(c, http.StatusOK, p, err)
}

// closePoll takes a body, but needs none.
func (s *server) closePoll(c *call) error {
	var in closePollJSON
	if err := c.readAny(&in); err != nil {
		return err
	}
	end := s.Polls.ClosePoll
	if in.WithoutPaper {
		end = s.Polls.CloseWithoutPaper
	}
	p, err := end(c.ctx(), c.webinar.ID, pollID(c))
	return s.answerPoll(c, http.StatusOK, p, err)
}

func (s *server) setPollEnd(c *call) error {
	var in pollEndJSON
	if err := c.read(&in); err != nil {
		return err
	}
	p, err := s.Polls.SetEnd(c.ctx(), c.webinar.ID, pollID(c), moment(in.ClosesAt))
	return s.answerPoll(c, http.StatusOK, p, err)
}

func (s *server) setPollResults(c *call) error {
	var in pollVisibilityJSON
	if err := c.read(&in); err != nil {
		return err
	}
	p, err := s.Polls.SetResults(c.ctx(), c.webinar.ID, pollID(c), polls.Results(in.Results))
	return s.answerPoll(c, http.StatusOK, p, err)
}

// repeatPoll takes a body, but needs none.
func (s *server) repeatPoll(c *call) error {
	var in repeatPollJSON
	if err := c.readAny(&in); err != nil {
		return err
	}
	p, err := s.Polls.Repeat(c.ctx(), c.webinar.ID, pollID(c), in.SmallClasses)
	return s.answerPoll(c, http.StatusOK, p, err)
}

func (s *server) movePoll(c *call) error {
	var in pollPlaceJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.Polls.Move(c.ctx(), c.webinar.ID, pollID(c), in.Before); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// moment is a time that may be missing.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
