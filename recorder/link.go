package recorder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// ErrLink is a receipt link that nobody was given, or whose time is over.
var ErrLink = errors.New("unknown receipt link")

// linkOutlives is how long a receipt link says that a recording is erased.
const linkOutlives = 30 * 24 * time.Hour

// Held is what a receipt link shows: one person's standing towards one recording.
type Held struct {
	Recording Recording // of an erased one only the id, the webinar and the times are left
	Erased    time.Time // zero: it is there
	Standing  consent.Standing
	Notice    consent.Notice
	Told      []consent.Told // the person's own answers, the oldest first
	Files     int            // of this person, in the recording now
}

// ReceiptLink returns the secret under which somebody who has answered comes back without a seat, and none for who has not.
// It is known from then on.
func (s *Service) ReceiptLink(ctx context.Context, w webinar.ID, who webinar.SubjectID, st consent.Standing) (string, error) {
	secret := s.secret(w, who, st)
	if secret == "" {
		return "", nil
	}
	if err := s.rows.addLink(ctx, linkRow{Hash: webinar.HashSecret(secret), WebinarID: w, RecordingID: st.Recording, SubjectID: who}); err != nil {
		return "", err
	}
	return secret, nil
}

// secret is the same each time: made with the key, so that it need not be stored, and looked up by its hash.
func (s *Service) secret(w webinar.ID, who webinar.SubjectID, st consent.Standing) string {
	if st.Receipt == nil || st.Receipt.Kind == consent.Shown {
		return ""
	}
	mac := hmac.New(sha256.New, s.c.Key.Seed())
	for _, part := range []string{"plenum receipt link v1", string(w), st.Recording, string(who)} {
		mac.Write([]byte(part))
		mac.Write([]byte{0}) // no id holds one
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// Held returns what a receipt link shows, or ErrLink.
func (s *Service) Held(ctx context.Context, secret string) (Held, error) {
	link, err := s.rows.link(ctx, secret)
	if err != nil {
		return Held{}, err
	}
	return s.held(ctx, link)
}

func (s *Service) held(ctx context.Context, link linkRow) (Held, error) {
	book, err := s.room(link.WebinarID).open(ctx)
	if err != nil {
		return Held{}, err
	}
	var h Held
	if h.Standing, err = book.Standing(link.RecordingID, link.SubjectID); err != nil {
		return Held{}, ErrLink // the evidence is gone
	}
	if h.Notice, err = book.Notice(link.RecordingID); err != nil {
		return Held{}, ErrLink
	}
	story, err := s.ledger.Story(ctx, link.WebinarID, link.RecordingID)
	if err != nil {
		return Held{}, failed("read ledger", err)
	}
	for _, told := range story {
		if told.Subject == link.SubjectID && told.Kind != consent.Shown {
			h.Told = append(h.Told, told)
		}
	}
	d, err := s.Get(ctx, link.WebinarID, link.RecordingID)
	if errors.Is(err, ErrNotFound) {
		h.Recording, h.Erased = remembered(link, story)
		return h, nil
	}
	if err != nil {
		return Held{}, err
	}
	h.Recording = d.Recording
	h.Files, err = s.rows.filesOf(ctx, link.RecordingID, link.SubjectID)
	return h, err
}

// remembered is what the ledger knows of a recording that is gone.
func remembered(link linkRow, story []consent.Told) (rec Recording, erased time.Time) {
	rec = Recording{ID: link.RecordingID, Webinar: link.WebinarID}
	for _, told := range story {
		switch told.Kind {
		case consent.Announce:
			rec.AnnouncedAt = told.At
		case consent.Start:
			rec.StartedAt = told.At
		case consent.Stop, consent.Abort:
			rec.StoppedAt, erased = told.At, told.At // an erasure that the ledger did not take was later
		case consent.Erase:
			erased = told.At
		default: // not of interest here
		}
	}
	return rec, erased
}

// WithdrawHeld takes a consent back by its receipt link: during the recording and after it. When it returns nil, the
// gates are closed and what was recorded of the person is erased or durably marked for that; with keep, what was recorded
// until now stays. Withdrawing from what is erased changes nothing. Errors: ErrLink, ErrLedger (the gates are closed and
// the files erased all the same; try again), ErrStorage, consent.ErrAnswer.
func (s *Service) WithdrawHeld(ctx context.Context, secret string, keep bool, key string) (Held, error) {
	ctx = context.WithoutCancel(ctx) // see Answer
	link, err := s.rows.link(ctx, secret)
	if err != nil {
		return Held{}, err
	}
	h, err := s.held(ctx, link)
	if err != nil || !h.Erased.IsZero() {
		return h, err
	}
	if keep && h.Standing.State != consent.Granted || h.Standing.State == consent.Refused && h.Files == 0 {
		return h, nil // there is nothing to take back
	}
	r := s.room(link.WebinarID)
	book, err := r.open(ctx)
	if err != nil {
		return Held{}, err
	}
	ca := consent.Answer{Recording: link.RecordingID, Subject: link.SubjectID, Actor: link.SubjectID, Surface: "link", Keep: keep, Key: key}
	_, err = r.no(ctx, book, ca, consent.Withdraw)
	if r.current().ID == link.RecordingID {
		r.tellCounts()
		r.tellStanding(link.RecordingID, link.SubjectID)
	}
	if err != nil {
		return Held{}, err
	}
	return s.held(ctx, link)
}
