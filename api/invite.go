package api

import (
	"net/http"
	"slices"
	"strings"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// maxListed is how many people one answer lists; a name finds the others.
const maxListed = 100

// listPeople tells a host who is in the room, by the name that each gave.
func (s *server) listPeople(c *call) error {
	seats, err := s.Webinars.Seats(c.ctx(), c.webinar.ID, s.Hub.Present(c.webinar.ID))
	if err != nil {
		return err
	}
	out := peopleJSON{People: []meJSON{}, Total: len(seats)}
	wanted := strings.ToLower(strings.TrimSpace(c.Query("name")))
	for _, t := range seats {
		if len(out.People) < maxListed && strings.Contains(strings.ToLower(t.Name), wanted) {
			out.People = append(out.People, meWire(t))
		}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// invite asks somebody in the room on stage.
func (s *server) invite(c *call) error {
	id := webinar.TicketID(c.Param("ticket"))
	if _, err := s.Webinars.Ticket(c.ctx(), c.webinar.ID, id); err != nil {
		return err
	}
	if !slices.Contains(s.Hub.Present(c.webinar.ID), id) {
		return webinar.ErrNotHere
	}
	room, err := s.guestRoom(c)
	if err != nil {
		return err
	}
	if err := s.Webinars.Invite(c.ctx(), c.webinar, id, room); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// sendBack takes an invitation back, or a guest off the stage. It answers when nothing of them is forwarded any more.
func (s *server) sendBack(c *call) error {
	_, err := s.Webinars.LeaveStage(c.ctx(), c.webinar.ID, webinar.TicketID(c.Param("ticket")), webinar.StepSentBack)
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// answerInvitation is the invited person's own yes or not now.
func (s *server) answerInvitation(c *call) error {
	var in invitationAnswerJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if in.Come == nil {
		return &webinar.InvalidError{Field: "come", Reason: "empty"}
	}
	if !*in.Come {
		return s.answerSeat(c)(s.Webinars.Decline(c.ctx(), c.webinar.ID, c.seat.ID))
	}
	room, err := s.guestRoom(c)
	if err != nil {
		return err
	}
	return s.answerSeat(c)(s.Webinars.Come(c.ctx(), c.webinar, c.seat.ID, room))
}

// leaveStage ends what a guest sends and leaves them among the attendees.
func (s *server) leaveStage(c *call) error {
	return s.answerSeat(c)(s.Webinars.LeaveStage(c.ctx(), c.webinar.ID, c.seat.ID, webinar.StepLeft))
}

func (s *server) answerSeat(c *call) func(webinar.Ticket, error) error {
	return func(t webinar.Ticket, err error) error {
		if err == nil {
			c.JSON(http.StatusOK, meWire(t))
		}
		return err
	}
}

// guestRoom is how many guests the stage can take beside the hosts and speakers who are on it.
func (s *server) guestRoom(c *call) (int, error) {
	publishers := s.Media.Publishers(string(c.webinar.ID))
	ids := make([]webinar.TicketID, len(publishers))
	for i, owner := range publishers {
		ids[i] = webinar.TicketID(owner)
	}
	people, err := s.Webinars.Seats(c.ctx(), c.webinar.ID, ids)
	room := s.StagePeople
	for _, p := range people {
		if p.Role != webinar.Guest {
			room--
		}
	}
	return room, err
}

// askedFirst refuses what a guest sends while a recording is announced or runs whose question they have not seen.
func (s *server) askedFirst(c *call) error {
	if c.seat.Role != webinar.Guest {
		return nil
	}
	asked, err := s.Recorder.Asked(c.ctx(), c.webinar.ID, *c.seat)
	if err == nil && !asked {
		err = consent.ErrNotShown
	}
	return err
}
