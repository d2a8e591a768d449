package api

import (
	"math"
	"net/http"
	"net/netip"
	"time"

	"plenum/webinar"
)

func (s *server) setup(c *call) error {
	var in setupJSON
	return s.guess(c, limitSetup, &in, func() error {
		u, session, err := s.Accounts.Setup(c.ctx(), in.Token, in.Email, in.Name, in.Password)
		if err != nil {
			return err
		}
		return s.signedIn(c, http.StatusCreated, u, session)
	})
}

// checkSetup tells the page before anything is typed whether the link works.
func (s *server) checkSetup(c *call) error {
	var in linkJSON
	return s.guess(c, limitSetup, &in, func() error {
		if err := s.Accounts.CheckSetup(c.ctx(), in.Token); err != nil {
			return err
		}
		c.Status(http.StatusNoContent)
		return nil
	})
}

// checkPassword tells whose password a link changes.
func (s *server) checkPassword(c *call) error {
	var in linkJSON
	return s.guess(c, limitSetup, &in, func() error {
		u, err := s.Accounts.ByPasswordLink(c.ctx(), in.Token)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, accountWire(u))
		return nil
	})
}

func (s *server) newPassword(c *call) error {
	var in newPasswordJSON
	return s.guess(c, limitSetup, &in, func() error {
		u, session, err := s.Accounts.NewPassword(c.ctx(), in.Token, in.Password)
		if err != nil {
			return err
		}
		return s.signedIn(c, http.StatusOK, u, session)
	})
}

func (s *server) signIn(c *call) error {
	var in signInJSON
	return s.guess(c, limitLogin, &in, func() error {
		u, session, err := s.Accounts.SignIn(c.ctx(), in.Email, in.Password)
		if err != nil {
			return err
		}
		return s.signedIn(c, http.StatusOK, u, session)
	})
}

func (s *server) signedIn(c *call, status int, u webinar.User, session string) error {
	if c.session != "" { // whoever signs in again gets a new session and the old one ends
		if err := s.Accounts.SignOut(c.ctx(), c.session); err != nil {
			return err
		}
	}
	s.setCookie(c, sessionCookie, session, time.Now().Add(s.Accounts.Lifetime()))
	c.JSON(status, accountWire(u))
	return nil
}

func (s *server) signOut(c *call) error {
	if c.session != "" {
		if err := s.Accounts.SignOut(c.ctx(), c.session); err != nil {
			return err
		}
		s.setCookie(c, sessionCookie, "", time.Time{})
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) account(c *call) error {
	c.JSON(http.StatusOK, accountWire(*c.user))
	return nil
}

// read takes the request's body as strict JSON.
func (c *call) read(into any) error { return readJSON(c.Writer, c.Request, into) }

// readAny is read for requests that need no body.
func (c *call) readAny(into any) error {
	if c.Request.ContentLength == 0 {
		return nil
	}
	return c.read(into)
}

// guess reads a request that names a secret, and answers it. Who names a wrong one, which makes answer fail, has spent a
// try; who names the right one gets it back.
func (s *server) guess(c *call, class limitClass, into any, answer func() error) error {
	if err := c.read(into); err != nil {
		return err
	}
	giveBack, err := s.try(c, class)
	if err != nil {
		return err
	}
	if err := answer(); err != nil {
		return err
	}
	giveBack()
	return nil
}

// try takes one try of the client, or returns a *tooManyError.
func (s *server) try(c *call, class limitClass) (giveBack func(), err error) {
	addr, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		addr = netip.IPv4Unspecified() // a listener without addresses: everybody is one client
	}
	giveBack, wait, ok := s.limits.take(class, addr)
	if !ok {
		return nil, &tooManyError{seconds: int(math.Ceil(wait.Seconds()))}
	}
	return giveBack, nil
}

// paced takes one try of the seat, or returns a *tooManyError.
func (s *server) paced(c *call, class limitClass) error {
	if _, wait, ok := s.limits.takeAs(class, []byte(c.seat.ID)); !ok {
		return &tooManyError{seconds: int(math.Ceil(wait.Seconds()))}
	}
	return nil
}
