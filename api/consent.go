package api

import (
	"net/http"

	"plenum/recorder"
	"plenum/recorder/consent"
	"plenum/webinar"
)

// previewNotice shows what a recording with the plan in the request would announce.
func (s *server) previewNotice(c *call) error {
	var in recordingPlanJSON
	if err := c.read(&in); err != nil {
		return err
	}
	plan, err := s.Webinars.CleanPlan(in.plan())
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, s.noticeAhead(plan))
	return nil
}

// plannedNotice shows whoever has the link what a recording of the webinar would announce; 404 if none is planned.
func (s *server) plannedNotice(c *call) error {
	if !c.webinar.Recording.Told() {
		return webinar.ErrNotFound
	}
	c.JSON(http.StatusOK, s.noticeAhead(c.webinar.Recording))
	return nil
}

// noticeAhead is the notice in every language, with the strict rule, which holds unless a host says otherwise.
func (s *server) noticeAhead(plan webinar.Plan) []noticeJSON {
	n := s.Recorder.NoticeOf(plan, true)
	langs := webinar.Langs()
	out := make([]noticeJSON, 0, len(langs))
	for _, l := range langs {
		out = append(out, noticeJSON{Lang: string(l), Hash: consent.Hash(n.Texts[l]), Text: n.Texts[l]})
	}
	return out
}

func (s *server) notice(c *call) error {
	lang := webinar.Lang(c.Query("lang"))
	if lang == "" {
		lang = c.webinar.Lang
	}
	n, err := s.Recorder.Notice(c.ctx(), c.webinar.ID, recordingID(c))
	if err != nil {
		return err
	}
	text, ok := n.Texts[lang]
	if !ok {
		return &webinar.InvalidError{Field: "lang", Reason: "unknown-language"}
	}
	c.JSON(http.StatusOK, noticeJSON{Lang: string(lang), Hash: consent.Hash(text), Text: text})
	return nil
}

func (s *server) myConsent(c *call) error {
	st, err := s.Recorder.MyConsent(c.ctx(), c.webinar.ID, recordingID(c), *c.seat)
	return s.answerConsent(c, st, err)
}

// answer takes what somebody says about being recorded themselves. Whose answer it is comes from the seat.
func (s *server) answer(c *call) error {
	var in answerJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := checkKey(in.Key); err != nil {
		return err
	}
	scopes, err := consent.ParseScopes(in.Scopes)
	if err != nil {
		return &webinar.InvalidError{Field: "scopes", Reason: "malformed"}
	}
	if in.Scopes != nil && scopes == 0 {
		return &webinar.InvalidError{Field: "scopes", Reason: "too-few", Limit: 1} // an empty list is not "all"
	}
	a := recorder.Answer{
		Scopes: scopes, Publish: in.Publish, Hash: in.Hash, Lang: webinar.Lang(in.Lang),
		ClickMS: in.ClickMS, EpochMS: in.EpochMS, RTTMS: in.RTTMS, Key: in.Key,
	}
	switch in.Act {
	case "shown":
		a.Act = consent.Shown
	case "grant":
		a.Act = consent.Grant
	case "refuse":
		a.Act = consent.Refuse
	case "withdraw":
		a.Act = consent.Withdraw
	default:
		return &webinar.InvalidError{Field: "act", Reason: "malformed"}
	}
	st, err := s.Recorder.Answer(c.ctx(), c.webinar.ID, recordingID(c), *c.seat, a)
	return s.answerConsent(c, st, err)
}

func (s *server) answerConsent(c *call, st consent.Standing, err error) error {
	if err != nil {
		return err
	}
	out, err := s.ownConsent(c, st)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// ownConsent is a standing for the person whose it is. Who has answered gets the receipt link.
func (s *server) ownConsent(c *call, st consent.Standing) (myConsentJSON, error) {
	secret, err := s.Recorder.ReceiptLink(c.ctx(), c.webinar.ID, c.seat.Subject, st)
	if err != nil {
		return myConsentJSON{}, err
	}
	return consentWire(st, secret)
}
