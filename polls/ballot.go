package polls

import (
	"plenum/webinar"
)

// Receipt is what a ballot lies under: the SHA-256 of a secret that only the voter's browser knows, in 64 lower-case
// hexadecimal digits. The voter makes it, so the server cannot tell whose it is.
type Receipt string

// Ballot is one answer. It holds nothing about who gave it, nor when.
type Ballot struct {
	Receipt Receipt
	Poll    PollID
	Answer  Answer
	Weight  int // of a motion's; 0 and 1 are the same
}

// Answer is what somebody says to a poll. Each kind asks for its own part; the rest is nil.
type Answer struct {
	Options []OptionID       // single, multiple, rating, quiz: those that are chosen; ranking: all, the best one first
	Points  map[OptionID]int // points: what each option gets
	Number  *float64         // guess

	Texts   []string // text, cloud
	Removed int      // text, cloud: how many texts a host has removed since
}

// read checks an answer and returns it in the form in which it is stored.
func (p Poll) read(a Answer) (Answer, error) {
	out, err := kindOf(p.Kind).read(p, a)
	if err != nil {
		return Answer{}, err
	}
	if a.Options != nil && out.Options == nil || a.Points != nil && out.Points == nil || a.Number != nil && out.Number == nil || a.Texts != nil && out.Texts == nil {
		return Answer{}, ErrAnswer
	}
	return out, nil
}

// ParseReceipt reports a malformed receipt as a *webinar.InvalidError.
func ParseReceipt(s string) (Receipt, error) {
	malformed := len(s) != 64
	for i := 0; i < len(s) && !malformed; i++ {
		c := s[i]
		malformed = (c < '0' || c > '9') && (c < 'a' || c > 'f')
	}
	if malformed {
		return "", &webinar.InvalidError{Field: "receipt", Reason: "malformed"}
	}
	return Receipt(s), nil
}

// standing is what the database says about a vote before it is written.
type standing struct {
	state   State
	over    bool  // time is up, though nobody has written yet that the poll is closed
	fits    error // what is wrong with the answer
	ticket  bool
	voted   bool
	receipt bool  // lies in some box already
	mandate error // of a motion: why the voter may not vote for that member
}

// verdict is the one place that decides whether a vote counts. Who has voted is told so even after the closing: it
// may be the answer to a vote whose acknowledgement got lost.
func (s standing) verdict() error {
	switch {
	case !s.ticket:
		return webinar.ErrTicketInvalid
	case s.voted:
		return ErrAlreadyVoted
	case s.state == StateClosed, s.state == StateOpen && s.over:
		return ErrClosed
	case s.state != StateOpen:
		return ErrNotOpen
	case s.mandate != nil:
		return s.mandate
	case s.fits != nil:
		return s.fits
	case s.receipt:
		return ErrReceiptTaken
	}
	return nil
}
