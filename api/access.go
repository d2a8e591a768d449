package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"plenum/webinar"
)

// who says who may use a route.
type who struct {
	level level
	act   webinar.Act // of level seated
}

type level uint8

const (
	anybody   level = iota // no questions asked, but in a webinar whoever says who they are must be right
	signedIn               // an account
	seated                 // a seat in this webinar that may do the act
	measuring              // a token of scope metrics: the numbers are of everybody's webinars, so an account alone is not enough
)

func public() who              { return who{level: anybody} }
func account() who             { return who{level: signedIn} }
func seat(act webinar.Act) who { return who{level: seated, act: act} }
func manage() who              { return seat(webinar.Manage) }
func measure() who             { return who{level: measuring} }

// call is one request on its way: who is asking and, under /api/webinars/{webinar}, about which webinar.
type call struct {
	*gin.Context
	user    *webinar.User
	session string             // the session cookie's secret, if it was that
	scope   webinar.TokenScope // of the API token, if it was one
	webinar webinar.Webinar
	seat    *webinar.Ticket // in that webinar
	secret  string          // the ticket's, unless the owner sits
	bearer  bool            // said so in the Authorization header
}

// ctx is the request's own context: gin's is pooled and must not be kept by anybody.
func (c *call) ctx() context.Context { return c.Request.Context() }

func (c *call) may(act webinar.Act) bool { return c.seat != nil && webinar.May(c.seat.Role, act) }

// serve turns a row of the table into a gin handler: who is asking, may they, then the handler.
func (s *server) serve(r route) gin.HandlerFunc {
	inWebinar := strings.HasPrefix(r.path, "/api/webinars/{webinar}")
	return func(gc *gin.Context) {
		c := &call{Context: gc}
		err := s.whoIsAsking(c, r.who, inWebinar)
		if err == nil && c.scope == webinar.ScopeMetrics && r.who != measure() {
			err = errOnlyNumbers
		}
		if err == nil {
			err = admit(c, r.who, inWebinar)
		}
		if err == nil && s.mustWait(c, r.op) {
			err = errFull
		}
		if err == nil {
			err = r.handle(s, c)
		}
		if err != nil {
			s.fail(gc, err)
		}
	}
}

// mustWait reports that there is no room for a newcomer. Who is on stage, and who has a stream and only lost it for a
// moment, is let in.
func (s *server) mustWait(c *call, op string) bool {
	switch {
	case s.Full == nil || c.seat != nil && c.seat.Role.OnStage():
		return false
	case op == "events" && c.GetHeader("Last-Event-ID") == "", op == "join" && c.seat == nil, op == "watch":
		return s.Full()
	}
	return false
}

// whoIsAsking fills in user, webinar and seat. A webinar that does not exist comes first, so that it answers alike to
// everybody; a credential that is presented in a header and wrong is refused, a stale cookie is merely nothing.
func (s *server) whoIsAsking(c *call, need who, inWebinar bool) error {
	if inWebinar {
		w, err := s.Webinars.Get(c.ctx(), webinar.ID(c.Param("webinar")))
		if err != nil {
			return err
		}
		c.webinar = w
	}
	if header := c.GetHeader("Authorization"); header != "" && (inWebinar || need != public()) {
		c.bearer = true
		return s.byBearer(c, header, inWebinar)
	}
	if secret := s.cookie(c, sessionCookie); secret != "" {
		u, err := s.Accounts.BySession(c.ctx(), secret)
		switch {
		case err == nil:
			c.user, c.session = &u, secret
		case !errors.Is(err, webinar.ErrUnauthenticated):
			return err
		}
	}
	if !inWebinar {
		return nil
	}
	if seated, err := s.asOwner(c); seated || err != nil {
		return err
	}
	for _, name := range []string{seatCookie(c.webinar.ID), frameCookie(c.webinar.ID)} {
		secret := s.cookie(c, name)
		if secret == "" {
			continue
		}
		t, err := s.Webinars.BySecret(c.ctx(), c.webinar.ID, secret)
		switch {
		case err == nil:
			c.seat, c.secret = &t, secret
			return nil
		case !errors.Is(err, webinar.ErrTicketInvalid):
			return err
		}
	}
	return nil
}

func (s *server) byBearer(c *call, header string, inWebinar bool) error {
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return webinar.ErrUnauthenticated
	}
	switch secret = strings.TrimSpace(secret); {
	case strings.HasPrefix(secret, webinar.TokenPrefix):
		u, scope, err := s.Accounts.ByToken(c.ctx(), secret)
		if err != nil {
			return err
		}
		c.scope = scope
		if scope != webinar.ScopeAll {
			return nil // it stands for nobody
		}
		c.user = &u
		if inWebinar {
			_, err = s.asOwner(c)
		}
		return err
	case strings.HasPrefix(secret, webinar.TicketPrefix) && inWebinar:
		t, err := s.Webinars.BySecret(c.ctx(), c.webinar.ID, secret)
		if err != nil {
			return err
		}
		c.seat, c.secret = &t, secret
		return nil
	}
	return webinar.ErrUnauthenticated
}

// asOwner seats the owner of the webinar as its host.
func (s *server) asOwner(c *call) (bool, error) {
	if c.user == nil || c.user.ID != c.webinar.Owner {
		return false, nil
	}
	t, err := s.Webinars.HostSeat(c.ctx(), c.webinar, *c.user)
	if err != nil {
		return false, err
	}
	c.seat = &t
	return true, nil
}

// admit decides. Somebody else's account learns of a foreign webinar what it learns of one that does not exist.
func admit(c *call, w who, inWebinar bool) error {
	switch {
	case w.level == anybody:
		return nil
	case w.level == signedIn && c.user != nil, w.level == measuring && c.scope == webinar.ScopeMetrics:
		return nil
	case w.level == measuring && c.user != nil:
		return errNoNumbers
	case w.level == seated && inWebinar && c.seat != nil:
		if !c.may(w.act) {
			return webinar.ErrForbidden
		}
		return nil
	case w.level == seated && c.user != nil:
		return webinar.ErrNotFound
	}
	return webinar.ErrUnauthenticated
}

// stillSeated asks once more, for what lasts longer than a question: the seat may have been revoked, or its owner signed
// out, since the request came in. It returns the seat as it is now: its role may be another one.
func (s *server) stillSeated(c *call) (webinar.Ticket, error) {
	if c.session != "" && c.seat.Role == webinar.Host {
		if _, err := s.Accounts.BySession(c.ctx(), c.session); err != nil {
			return webinar.Ticket{}, err
		}
	}
	t, err := s.Webinars.Ticket(c.ctx(), c.webinar.ID, c.seat.ID)
	if errors.Is(err, webinar.ErrNotFound) {
		err = webinar.ErrTicketInvalid
	}
	return t, err
}

// sessionCookie holds a sign-in; seat cookies hold a seat in one webinar each, so that several go side by side.
const sessionCookie = "plenum_session"

func seatCookie(id webinar.ID) string { return "plenum_seat_" + string(id[:min(8, len(id))]) }

// cookieName puts __Host- before the name where the site is TLS: browsers then refuse it from anywhere else.
func (s *server) cookieName(name string) string {
	if s.TLS {
		return "__Host-" + name
	}
	return name
}

func (s *server) cookie(c *call, name string) string {
	cookie, err := c.Request.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie keeps secret in the browser until expires; an empty secret takes the cookie away.
func (s *server) setCookie(c *call, name, secret string, expires time.Time) {
	http.SetCookie(c.Writer, s.newCookie(name, secret, expires))
}

func (s *server) newCookie(name, secret string, expires time.Time) *http.Cookie {
	cookie := &http.Cookie{ //nolint:gosec // Secure wherever there is TLS; a local network may do without
		Name: s.cookieName(name), Value: secret, Path: "/", HttpOnly: true, Secure: s.TLS, SameSite: http.SameSiteLaxMode,
	}
	if secret == "" {
		cookie.MaxAge = -1
	} else {
		cookie.MaxAge = int(min(time.Until(expires), 400*24*time.Hour).Seconds()) // browsers keep none for longer
	}
	return cookie
}
