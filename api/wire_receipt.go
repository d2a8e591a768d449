package api

import (
	"time"

	"plenum/recorder"
	"plenum/recorder/consent"
	"plenum/webinar"
)

type receiptLinkJSON struct {
	Link string `json:"link"`
}

type receiptWithdrawalJSON struct {
	Link string `json:"link"`
	Keep bool   `json:"keep"`
	Key  string `json:"key"`
}

// heldJSON is what the page behind a receipt link shows.
type heldJSON struct {
	Webinar     string        `json:"webinar"` // its title
	State       string        `json:"state"`   // of the recording
	AnnouncedAt *time.Time    `json:"announced_at,omitempty"`
	StartedAt   *time.Time    `json:"started_at,omitempty"`
	StoppedAt   *time.Time    `json:"stopped_at,omitempty"`
	ExpiresAt   *time.Time    `json:"expires_at,omitempty"`
	ErasedAt    *time.Time    `json:"erased_at,omitempty"`
	Notice      noticeJSON    `json:"notice"`
	Mine        myConsentJSON `json:"mine"`
	Files       int           `json:"files"`
	Answers     []toldJSON    `json:"answers"`
}

type toldJSON struct {
	Act     string    `json:"act"`
	At      time.Time `json:"at"`
	Scopes  []string  `json:"scopes"`
	Publish bool      `json:"publish"`
	Keep    bool      `json:"keep"`
}

func heldWire(h recorder.Held, title string, lang webinar.Lang) (heldJSON, error) {
	mine, err := consentWire(h.Standing, "")
	rec := h.Recording
	out := heldJSON{
		Webinar: title, State: string(rec.State), AnnouncedAt: instant(rec.AnnouncedAt), StartedAt: instant(rec.StartedAt), StoppedAt: instant(rec.StoppedAt),
		ExpiresAt: instant(rec.ExpiresAt), ErasedAt: instant(h.Erased), Mine: mine, Files: h.Files, Answers: make([]toldJSON, len(h.Told)),
	}
	if out.ErasedAt != nil {
		out.State = "erased"
	}
	if r := h.Standing.Receipt; r != nil && r.Lang != "" { // the text that the person saw
		lang = r.Lang
	}
	out.Notice = noticeJSON{Lang: string(lang), Hash: consent.Hash(h.Notice.Texts[lang]), Text: h.Notice.Texts[lang]}
	for i, told := range h.Told {
		out.Answers[i] = toldJSON{Act: string(told.Kind), At: told.At, Scopes: told.Scopes.Words(), Publish: told.Publish, Keep: told.Reason == consent.Kept}
	}
	return out, err
}
