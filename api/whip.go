package api

import (
	"errors"
	"net/http"
	"strings"

	"plenum/webinar"
	"plenum/webinar/media"
	"plenum/webinar/sfu"
)

const sdpType = "application/sdp"

// publish takes a WHIP offer (RFC 9725) and answers it.
func (s *server) publish(c *call) error {
	offer, err := s.offer(c)
	if err != nil {
		return err
	}
	if err := s.askedFirst(c); err != nil {
		return err
	}
	var screen bool
	switch c.Query("group") {
	case "", "camera":
	case "screen":
		screen = true
	default:
		return &webinar.InvalidError{Field: "group", Reason: "malformed"}
	}
	muted, err := mutedFromStart(c)
	if err != nil {
		return err
	}
	who := sfu.Publisher{Owner: string(c.seat.ID), Subject: string(c.seat.Subject), Screen: screen, Muted: muted}
	session, answer, err := s.Media.Publish(c.ctx(), string(c.webinar.ID), who, offer)
	if err != nil {
		return err
	}
	return s.answerOffer(c, webinar.Publish, session, answer)
}

// mutedFromStart reads ?muted=mic,camera: what is muted before its first packet, so that nothing slips out until mute
// is called.
func mutedFromStart(c *call) (map[media.Kind]bool, error) {
	muted := map[media.Kind]bool{}
	for word := range strings.SplitSeq(c.Query("muted"), ",") {
		switch kind := media.Kind(word); kind {
		case "":
		case media.Mic, media.Camera, media.Screen, media.ScreenAudio:
			muted[kind] = true
		default:
			return nil, &webinar.InvalidError{Field: "muted", Reason: "malformed"}
		}
	}
	return muted, nil
}

// offer reads the SDP. Media of a webinar that has ended is over for everybody.
func (s *server) offer(c *call) (string, error) {
	if c.webinar.State == webinar.Ended {
		return "", webinar.ErrEnded
	}
	body, err := readBody(c.Writer, c.Request, sdpType)
	if err != nil {
		return "", err
	}
	return string(body), nil
}

// answerOffer answers with what was just begun, unless the seat was revoked or may no longer do the act, or the webinar
// ended meanwhile: whoever did that has not seen this session, so it ends here.
func (s *server) answerOffer(c *call, act webinar.Act, session, answer string) error {
	face, end := "whep", s.Media.Unwatch
	if act == webinar.Publish {
		face, end = "whip", s.Media.Unpublish
	}
	seat, err := s.stillSeated(c)
	if err == nil && (!webinar.May(seat.Role, act) || seat.Role.OnStage() != c.seat.Role.OnStage()) {
		err = webinar.ErrForbidden
	}
	if err == nil {
		var w webinar.Webinar
		if w, err = s.Webinars.Get(c.ctx(), c.webinar.ID); err == nil && w.State == webinar.Ended {
			err = webinar.ErrEnded
		}
	}
	if err != nil {
		if ended := end(string(c.webinar.ID), session, string(c.seat.ID)); !errors.Is(ended, sfu.ErrNoSession) {
			err = errors.Join(err, ended)
		}
		return err
	}
	c.Header("Location", "/api/webinars/"+string(c.webinar.ID)+"/"+face+"/"+session)
	c.Header("ETag", etag(answer))
	c.Header("Accept-Patch", fragmentType)
	s.offerRelay(c)
	c.Data(http.StatusCreated, sdpType, []byte(answer))
	return nil
}

func (s *server) unpublish(c *call) error {
	if err := s.Media.Unpublish(string(c.webinar.ID), c.Param("session"), string(c.seat.ID)); err != nil {
		return err
	}
	c.Status(http.StatusOK)
	return nil
}

// mute answers when the SFU forwards nothing more of what was muted.
func (s *server) mute(c *call) error {
	var in muteJSON
	if err := c.read(&in); err != nil {
		return err
	}
	muted := map[media.Kind]bool{}
	for kind, value := range map[media.Kind]*bool{
		media.Mic: in.Mic, media.Camera: in.Camera, media.Screen: in.Screen, media.ScreenAudio: in.ScreenAudio,
	} {
		if value != nil {
			muted[kind] = *value
		}
	}
	if err := s.Media.Mute(string(c.webinar.ID), c.Param("session"), string(c.seat.ID), muted); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
