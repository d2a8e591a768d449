package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"plenum/webinar/sfu"
)

const fragmentType = "application/trickle-ice-sdpfrag"

// The preconditions of a PATCH (RFC 9725 section 4.3.1).
var (
	errNoMatch = errors.New("no If-Match")
	errStale   = errors.New("If-Match names nothing that is")
)

func (s *server) patchPublication(c *call) error { return s.patch(c, s.Media.PatchPublication) }

func (s *server) patchView(c *call) error { return s.patch(c, s.Media.PatchViewer) }

// patch takes an SDP fragment of a WHIP or WHEP client: new ICE credentials begin a new ICE session on the connection
// that there is, candidates are of no use to a server that only answers.
func (s *server) patch(c *call, apply func(ctx context.Context, room, session, owner string, match []string, fragment string) (string, error)) error {
	body, err := readBody(c.Writer, c.Request, fragmentType)
	if err != nil {
		return err
	}
	lines := c.Request.Header.Values("If-Match")
	if len(lines) == 0 {
		return errNoMatch
	}
	match := tags(strings.Join(lines, ","))
	if len(match) == 0 {
		return errStale
	}
	answer, err := apply(c.ctx(), string(c.webinar.ID), c.Param("session"), string(c.seat.ID), match, string(body))
	if err != nil {
		return err
	}
	if answer == "" {
		c.Status(http.StatusNoContent)
		return nil
	}
	c.Header("ETag", etag(answer))
	s.offerRelay(c)
	c.Data(http.StatusOK, fragmentType, []byte(answer))
	return nil
}

// etag is the entity tag of the ICE session that an answer belongs to.
func etag(answer string) string { return `"` + sfu.ICETag(answer) + `"` }

// tags reads an If-Match (RFC 9110 section 13.1.1). Weak tags never match, and none of ours holds a comma.
func tags(header string) []string {
	var all []string
	for t := range strings.SplitSeq(header, ",") {
		t = strings.TrimSpace(t)
		if t == sfu.AnyICE {
			all = append(all, t)
		} else if len(t) > 2 && t[0] == '"' && t[len(t)-1] == '"' && t[1:len(t)-1] != sfu.AnyICE {
			all = append(all, t[1:len(t)-1])
		}
	}
	return all
}
