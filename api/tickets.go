package api

import (
	"errors"
	"net/http"
	"time"

	"plenum/webinar"
)

// join seats whoever asks. The owner sits as host and needs no cookie; a ticket in the body or the header must be
// right; a cookie that no longer is counts as none, and its bearer gets a new seat.
func (s *server) join(c *call) error {
	var in joinJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if in.Framed {
		if err := s.embeddable(c.ctx(), c.webinar.ID); err != nil {
			return err
		}
	}
	switch {
	case in.Ticket != "":
		ticket, err := s.ticketOf(in.Ticket)
		if err != nil {
			return err
		}
		return s.sitDown(c, in, ticket)
	case c.may(webinar.Manage):
		c.JSON(http.StatusOK, meWire(*c.seat))
		return nil
	case c.seat != nil:
		return s.sitDown(c, in, c.secret)
	}
	if _, err := s.try(c, limitJoin); err != nil {
		return err
	}
	return s.sitDown(c, in, "")
}

func (s *server) sitDown(c *call, in joinJSON, secret string) error {
	t, secret, err := s.Webinars.Join(c.ctx(), c.webinar, webinar.JoinRequest{Name: in.Name, Secret: secret})
	if err != nil {
		return err
	}
	if !c.bearer {
		s.keepSeat(c, secret, t.Expires, in.Framed)
	}
	c.JSON(http.StatusOK, meWire(t))
	return nil
}

func (s *server) leave(c *call) error {
	if c.seat.Role == webinar.Guest || c.seat.Invited {
		_, err := s.Webinars.LeaveStage(c.ctx(), c.webinar.ID, c.seat.ID, webinar.StepLeft)
		if err != nil && !errors.Is(err, webinar.ErrNotInvited) {
			return err
		}
	}
	s.Media.Drop(string(c.webinar.ID), string(c.seat.ID))
	s.Hub.End(c.webinar.ID, c.seat.ID)
	if !c.bearer && c.seat.Role != webinar.Host {
		s.setCookie(c, seatCookie(c.webinar.ID), "", time.Time{})
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) listTickets(c *call) error {
	list, err := s.Webinars.Issued(c.ctx(), c.webinar.ID)
	if err != nil {
		return err
	}
	out := make([]ticketJSON, len(list))
	for i, t := range list {
		out[i] = ticketWire(t)
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) createTicket(c *call) error {
	var in ticketRequestJSON
	if err := c.read(&in); err != nil {
		return err
	}
	t, secret, err := s.Webinars.Issue(c.ctx(), c.webinar, webinar.Role(in.Role), in.Name)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, newTicketJSON{
		ID: string(t.ID), Role: string(t.Role), Name: t.Name, Secret: secret, ExpiresAt: t.Expires.UTC(),
		Link: s.ticketPage(t) + "#t=" + secret, // a fragment never reaches a log
	})
	return nil
}

// ticketPage is the front end's page for somebody with that ticket.
func (s *server) ticketPage(t webinar.Ticket) string {
	if t.Role == webinar.Speaker {
		return s.StageURL + "/s/" + string(t.Webinar)
	}
	return s.BaseURL + "/w/" + string(t.Webinar)
}

func (s *server) revokeTicket(c *call) error {
	if err := s.Webinars.Revoke(c.ctx(), c.webinar.ID, webinar.TicketID(c.Param("ticket"))); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
