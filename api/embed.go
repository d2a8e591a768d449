package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"plenum/polls"
	"plenum/webinar"
)

// embedPage is where the page for frames of other sites is; behind it stands a webinar or one of its polls.
const embedPage = "/embed/poll/"

// errNotEmbeddable: the host has named no site.
var errNotEmbeddable = errors.New("no site may show this webinar's polls")

func (s *server) getEmbed(c *call) error {
	origins, err := s.Webinars.Origins(c.ctx(), c.webinar.ID)
	return s.answerEmbed(c, origins, err)
}

func (s *server) setEmbed(c *call) error {
	var in originsJSON
	if err := c.read(&in); err != nil {
		return err
	}
	origins, err := s.Webinars.SetOrigins(c.ctx(), c.webinar.ID, in.Origins)
	return s.answerEmbed(c, origins, err)
}

func (s *server) answerEmbed(c *call, origins []string, err error) error {
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, embedJSON{Origins: origins, Link: s.BaseURL + embedPage + string(c.webinar.ID)})
	return nil
}

// resolveEmbed tells the page in a frame which webinar it shows.
func (s *server) resolveEmbed(c *call) error {
	w, poll, err := s.embedded(c.ctx(), c.Param("embed"))
	if err != nil {
		return err
	}
	if err := s.embeddable(c.ctx(), w); err != nil {
		return err
	}
	c.JSON(http.StatusOK, embeddedJSON{WebinarID: string(w), PollID: string(poll)})
	return nil
}

// embedded finds what an address of embedPage names. Errors: ErrNotFound.
func (s *server) embedded(ctx context.Context, id string) (webinar.ID, polls.PollID, error) {
	w, err := s.Webinars.Get(ctx, webinar.ID(id))
	if !errors.Is(err, webinar.ErrNotFound) {
		return w.ID, "", err
	}
	of, err := s.Polls.WebinarOf(ctx, polls.PollID(id))
	if err != nil {
		return "", "", err
	}
	w, err = s.Webinars.Get(ctx, of)
	return w.ID, polls.PollID(id), err
}

// embeddable returns errNotEmbeddable unless some site may show the webinar's polls.
func (s *server) embeddable(ctx context.Context, w webinar.ID) error {
	origins, err := s.Webinars.Origins(ctx, w)
	if err == nil && len(origins) == 0 {
		err = errNotEmbeddable
	}
	return err
}

// frameAncestors is who may frame the page at path: nobody, but for the page made for it. It fails closed.
func (s *server) frameAncestors(ctx context.Context, path string) string {
	const nobody = "'none'"
	id, ok := strings.CutPrefix(path, embedPage)
	if !ok || id == "" || strings.Contains(id, "/") {
		return nobody
	}
	w, _, err := s.embedded(ctx, id)
	if err != nil {
		return nobody
	}
	origins, err := s.Webinars.Origins(ctx, w)
	if err != nil || len(origins) == 0 {
		return nobody
	}
	return strings.Join(origins, " ")
}

// frameCookie holds a seat of a page in another site's frame. Browsers keep it apart for each of those sites (CHIPS), so
// it recognises nobody elsewhere; it wants TLS.
func frameCookie(id webinar.ID) string { return seatCookie(id) + "_frame" }

// keepSeat leaves the seat's secret in the browser. Without TLS a frame gets what every page gets, which browsers keep in
// frames of the same site only.
func (s *server) keepSeat(c *call, secret string, expires time.Time, framed bool) {
	if !framed || !s.TLS {
		s.setCookie(c, seatCookie(c.webinar.ID), secret, expires)
		return
	}
	cookie := s.newCookie(frameCookie(c.webinar.ID), secret, expires) //nolint:gosec // made as every cookie is
	cookie.SameSite, cookie.Partitioned = http.SameSiteNoneMode, true
	http.SetCookie(c.Writer, cookie)
}
