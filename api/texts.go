package api

import (
	"net/http"

	"plenum/polls"
)

// listTexts is all that people said, for hosts.
func (s *server) listTexts(c *call) error {
	list, err := s.Polls.Texts(c.ctx(), c.webinar.ID, pollID(c))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, textsWire(list))
	return nil
}

// moderateText decides about a text. It is named by itself: there is no id that would lead to the ballots that say it.
func (s *server) moderateText(c *call) error {
	var in moderationJSON
	if err := c.read(&in); err != nil {
		return err
	}
	var err error
	if in.State == "removed" {
		err = s.Polls.RemoveText(c.ctx(), c.webinar.ID, pollID(c), in.Text)
	} else {
		err = s.Polls.Moderate(c.ctx(), c.webinar.ID, pollID(c), in.Text, polls.TextState(in.State))
	}
	if err != nil {
		return err
	}
	return s.listTexts(c)
}
