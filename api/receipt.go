package api

import (
	"errors"
	"net/http"

	"plenum/recorder"
	"plenum/webinar"
)

// readReceipt shows what a receipt link leads to. The secret comes in the body, so that it stands in no address.
func (s *server) readReceipt(c *call) error {
	var in receiptLinkJSON
	if err := c.read(&in); err != nil {
		return err
	}
	h, err := s.Recorder.Held(c.ctx(), in.Link)
	return s.answerHeld(c, h, err)
}

// withdrawReceipt answers once the gates are closed and the files are erased or marked for it.
func (s *server) withdrawReceipt(c *call) error {
	var in receiptWithdrawalJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := checkKey(in.Key); err != nil {
		return err
	}
	h, err := s.Recorder.WithdrawHeld(c.ctx(), in.Link, in.Keep, in.Key)
	return s.answerHeld(c, h, err)
}

func (s *server) answerHeld(c *call, h recorder.Held, err error) error {
	if err != nil {
		return err
	}
	title := ""
	w, err := s.Webinars.Get(c.ctx(), h.Recording.Webinar)
	switch {
	case err == nil:
		title = w.Title
	case !errors.Is(err, webinar.ErrNotFound): // the recording may outlive it
		return err
	}
	out, err := heldWire(h, title, speaks(c.Request))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, out)
	return nil
}
