package polls

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"plenum/webinar"
)

// A secret poll has a key of its own. Each voter makes a receipt, as for any ballot, blinds it and has it signed once;
// the server sees neither the receipt nor the signature that the voter makes of its own. Later, and without a session,
// the ballot comes with both, so that the server knows that it signed for it and not for whom.
const (
	tokenVariant = blindrsa.SHA384PSSDeterministic // the receipt is random enough for RFC 9474, section 6.2
	tokenBits    = 2048
	tokenBytes   = tokenBits / 8
)

// tokenKey is the key of a secret poll, each half in PKCS #1; private is empty once the poll has closed.
type tokenKey struct{ private, public []byte }

func newTokenKey() (tokenKey, error) {
	k, err := rsa.GenerateKey(rand.Reader, tokenBits)
	if err != nil {
		return tokenKey{}, fmt.Errorf("key of a secret poll: %w", err)
	}
	return tokenKey{x509.MarshalPKCS1PrivateKey(k), x509.MarshalPKCS1PublicKey(&k.PublicKey)}, nil
}

// keyFor makes the key that a poll needs at its opening, outside the writer, which has no time for it.
func (s *Service) keyFor(ctx context.Context, w webinar.ID, id PollID) (tokenKey, error) {
	p, err := s.store.get(ctx, w, id)
	if err != nil || p.Secrecy != Secret {
		return tokenKey{}, err
	}
	return newTokenKey()
}

// TokenKey returns the public key of a secret poll that was opened, as SubjectPublicKeyInfo (RFC 5280). Errors:
// ErrNotFound, ErrNotOpen, ErrNotSecret.
func (s *Service) TokenKey(ctx context.Context, w webinar.ID, id PollID) ([]byte, error) {
	_, k, err := s.secretPoll(ctx, w, id)
	if err != nil {
		return nil, err
	}
	public, err := x509.ParsePKCS1PublicKey(k.public)
	if err != nil {
		return nil, fault("read key", err)
	}
	return x509.MarshalPKIXPublicKey(public)
}

func (s *Service) secretPoll(ctx context.Context, w webinar.ID, id PollID) (stored, tokenKey, error) {
	p, err := s.store.get(ctx, w, id)
	switch {
	case err != nil:
		return p, tokenKey{}, err
	case p.Secrecy != Secret:
		return p, tokenKey{}, ErrNotSecret
	case p.State == StateDraft:
		return p, tokenKey{}, ErrNotOpen
	}
	k, err := s.store.tokenKey(ctx, id)
	return p, k, err
}

// Sign signs the blinded message of a voter, once for each ticket: the same message again has the same answer, another one
// is refused with ErrAlreadyVoted. Errors besides: ErrNotFound, ErrNotSecret, ErrNotOpen, ErrClosed, ErrNotPersonal,
// webinar.ErrTicketInvalid, *webinar.InvalidError.
func (s *Service) Sign(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, blinded []byte) ([]byte, error) {
	if len(blinded) != tokenBytes {
		return nil, &webinar.InvalidError{Field: "blinded", Reason: "malformed"}
	}
	p, k, err := s.secretPoll(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if p.State == StateClosed {
		return nil, ErrClosed
	}
	private, err := x509.ParsePKCS1PrivateKey(k.private)
	if err != nil { // erased since it was read
		return nil, ErrClosed
	}
	request := sha256.Sum256(blinded)
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		return tx.handOut(p.Poll, who, request, s.openings.over(id), s.wall())
	}, kept: func() {}})
	if err != nil {
		return nil, err
	}
	signature, err := blindrsa.NewSigner(private).BlindSign(blinded)
	if err != nil { // a number that is none of the key's
		return nil, &webinar.InvalidError{Field: "blinded", Reason: "malformed"}
	}
	return signature, nil
}

// SecretBallot is a ballot as it comes without a session.
type SecretBallot struct {
	Answer    Answer
	Receipt   string
	Signature []byte // of the poll's key, over the receipt's digits
}

// Cast stores the ballot of a secret poll, whosever it is, and returns when it is on the disk. Errors: ErrNotFound,
// ErrNotSecret, ErrToken, ErrAlreadyVoted for a receipt that lies in the box, ErrNotOpen, ErrClosed, *webinar.InvalidError,
// and what the kind of the poll has against the answer.
func (s *Service) Cast(ctx context.Context, w webinar.ID, id PollID, b SecretBallot) (time.Time, error) {
	r, err := ParseReceipt(b.Receipt)
	if err != nil {
		return time.Time{}, err
	}
	p, k, err := s.secretPoll(ctx, w, id)
	if err != nil {
		return time.Time{}, err
	}
	if err := k.verify(r, b.Signature); err != nil {
		return time.Time{}, err
	}
	var read Answer
	var at time.Time
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		var fits error
		read, fits = p.read(b.Answer)
		return tx.cast(p.Poll, Ballot{Receipt: r, Poll: id, Answer: read}, standing{fits: fits, over: s.openings.over(id), ticket: true})
	}, kept: func() {
		at = s.wall()
		s.open.add(id, read, 1)
	}})
	if err != nil {
		return time.Time{}, err
	}
	return at.UTC(), nil
}

func (k tokenKey) verify(r Receipt, signature []byte) error {
	public, err := x509.ParsePKCS1PublicKey(k.public)
	if err != nil {
		return fault("read key", err)
	}
	v, err := blindrsa.NewVerifier(tokenVariant, public)
	if err != nil {
		return fault("read key", err)
	}
	if v.Verify([]byte(r), signature) != nil {
		return ErrToken
	}
	return nil
}
