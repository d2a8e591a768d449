package api

import (
	"net/http"

	"plenum/webinar"
	"plenum/webinar/sfu"
)

// watch takes a WHEP offer and answers it. Before the webinar is live an attendee may connect and gets nothing yet.
func (s *server) watch(c *call) error {
	offer, err := s.offer(c)
	if err != nil {
		return err
	}
	who := sfu.Viewer{Owner: string(c.seat.ID), OnStage: c.seat.Role.OnStage()}
	session, answer, err := s.Media.Watch(c.ctx(), string(c.webinar.ID), who, offer)
	if err != nil {
		return err
	}
	return s.answerOffer(c, webinar.Watch, session, answer)
}

func (s *server) unwatch(c *call) error {
	if err := s.Media.Unwatch(string(c.webinar.ID), c.Param("session"), string(c.seat.ID)); err != nil {
		return err
	}
	c.Status(http.StatusOK)
	return nil
}
