package polls

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// A secret poll has keys of its own. Each voter makes a receipt, as for any ballot, blinds it and has it signed once;
// the server sees neither the receipt nor the signature that the voter makes of its own. Later, and without a session,
// the ballot comes with both, so that the server knows that it signed for it and not for whom.
const (
	tokenVariant = blindrsa.SHA384PSSDeterministic // the receipt is random enough for RFC 9474, section 6.2
	tokenBits    = 2048
	tokenBytes   = tokenBits / 8
)

// tokenKey is the key of a secret poll, each half in PKCS #1; private is empty once the poll has closed.
type tokenKey struct{ private, public []byte }

// tokenKeys are the keys of a poll by what a vote weighs, so that a ballot tells its weight and nothing else of its
// voter. But for motions that is 1.
type tokenKeys map[int]tokenKey

func newTokenKey() (tokenKey, error) {
	k, err := rsa.GenerateKey(rand.Reader, tokenBits)
	if err != nil {
		return tokenKey{}, fmt.Errorf("key of a secret poll: %w", err)
	}
	return tokenKey{x509.MarshalPKCS1PrivateKey(k), x509.MarshalPKCS1PublicKey(&k.PublicKey)}, nil
}

// add makes the keys of weights that are not there yet.
func (k tokenKeys) add(weights []int) error {
	for _, weight := range weights {
		if _, ok := k[weight]; ok {
			continue
		}
		made, err := newTokenKey()
		if err != nil {
			return err
		}
		k[weight] = made
	}
	return nil
}

// only leaves out the keys of weights that nobody's vote has.
func (k tokenKeys) only(weights []int) tokenKeys {
	out := make(tokenKeys, len(weights))
	for _, weight := range weights {
		out[weight] = k[weight]
	}
	return out
}

// keysFor makes the keys that a poll needs at its opening, outside the writer, which has no time for it.
func (s *Service) keysFor(ctx context.Context, w webinar.ID, id PollID) (tokenKeys, error) {
	keys := tokenKeys{}
	p, err := s.store.get(ctx, w, id)
	if err != nil || p.Secrecy != Secret {
		return keys, err
	}
	weights := []int{1}
	if p.IsMotion() {
		roll, err := assembly.In(s.store.db).Roll(ctx, w)
		if err != nil {
			return keys, listFault(err)
		}
		if weights = weightsOf(roll.Electors(p.Motion.Heads)); len(weights) > maxWeights {
			return keys, nil // it will not open
		}
	}
	return keys, keys.add(weights)
}

// TokenKey is the public key with which ballots of one weight are signed.
type TokenKey struct {
	Weight int
	Key    []byte // as SubjectPublicKeyInfo (RFC 5280)
}

// TokenKeys returns the public keys of a secret poll that was opened, by ascending weight. Errors: ErrNotFound, ErrNotOpen,
// ErrNotSecret.
func (s *Service) TokenKeys(ctx context.Context, w webinar.ID, id PollID) ([]TokenKey, error) {
	_, keys, err := s.secretPoll(ctx, w, id)
	if err != nil {
		return nil, err
	}
	out := make([]TokenKey, 0, len(keys))
	for _, weight := range slices.Sorted(maps.Keys(keys)) {
		public, err := x509.ParsePKCS1PublicKey(keys[weight].public)
		if err != nil {
			return nil, fault("read key", err)
		}
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			return nil, fault("read key", err)
		}
		out = append(out, TokenKey{weight, der})
	}
	return out, nil
}

func (s *Service) secretPoll(ctx context.Context, w webinar.ID, id PollID) (stored, tokenKeys, error) {
	p, err := s.store.get(ctx, w, id)
	switch {
	case err != nil:
		return p, nil, err
	case p.Secrecy != Secret:
		return p, nil, ErrNotSecret
	case p.State == StateDraft:
		return p, nil, ErrNotOpen
	}
	keys, err := s.store.tokenKeys(ctx, id)
	return p, keys, err
}

// Sign signs the blinded message of a voter, once for each ticket: the same message again has the same answer, another one
// is refused with ErrAlreadyVoted. Errors besides: ErrNotFound, ErrNotSecret, ErrNotOpen, ErrClosed, ErrNotPersonal,
// webinar.ErrTicketInvalid, *webinar.InvalidError.
func (s *Service) Sign(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, blinded []byte) ([]byte, error) {
	return s.sign(ctx, w, id, voter{ticket: who}, blinded)
}

// SignFor signs in a motion for a member of the list, once for each, with the key of the weight that the vote of that
// member has. Errors besides those of Sign: ErrNotMotion, ErrLate, ErrRepresented, assembly.ErrGuest, assembly.ErrOnPaper,
// assembly.ErrNoMandate.
func (s *Service) SignFor(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, member assembly.MemberID, blinded []byte) ([]byte, error) {
	return s.sign(ctx, w, id, voter{who, member}, blinded)
}

func (s *Service) sign(ctx context.Context, w webinar.ID, id PollID, who voter, blinded []byte) ([]byte, error) {
	if len(blinded) != tokenBytes {
		return nil, &webinar.InvalidError{Field: "blinded", Reason: "malformed"}
	}
	p, _, err := s.secretPoll(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if p.State == StateClosed {
		return nil, ErrClosed
	}
	var key *rsa.PrivateKey
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		key, err = tx.handOut(p.Poll, who, blinded, s.openings.over(id), s.wall())
		return err
	}, kept: func() {}})
	if err != nil {
		return nil, err
	}
	signature, err := blindrsa.NewSigner(key).BlindSign(blinded)
	return signature, fault("sign token", err)
}

// SecretBallot is a ballot as it comes without a session.
type SecretBallot struct {
	Answer    Answer
	Receipt   string
	Signature []byte // of the poll's key for that weight, over the receipt's digits
	Weight    int    // of the vote; 0 and 1 are the same
}

// Cast stores the ballot of a secret poll, whosever it is, and returns when it is on the disk. Errors: ErrNotFound,
// ErrNotSecret, ErrToken, ErrAlreadyVoted for a receipt that lies in the box, ErrNotOpen, ErrClosed, *webinar.InvalidError,
// and what the kind of the poll has against the answer.
func (s *Service) Cast(ctx context.Context, w webinar.ID, id PollID, b SecretBallot) (time.Time, error) {
	r, err := ParseReceipt(b.Receipt)
	if err != nil {
		return time.Time{}, err
	}
	p, keys, err := s.secretPoll(ctx, w, id)
	if err != nil {
		return time.Time{}, err
	}
	weight := max(1, b.Weight)
	if err := keys.verify(weight, r, b.Signature); err != nil {
		return time.Time{}, err
	}
	var read Answer
	var at time.Time
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		var fits error
		read, fits = p.read(b.Answer)
		return tx.cast(p.Poll, keys[weight].public, Ballot{Receipt: r, Poll: id, Answer: read, Weight: weight}, standing{fits: fits, over: s.openings.over(id), ticket: true})
	}, kept: func() {
		at = s.wall()
		s.open.add(id, read, weight)
	}})
	if err != nil {
		return time.Time{}, err
	}
	return at.UTC(), nil
}

func (k tokenKeys) verify(weight int, r Receipt, signature []byte) error {
	key, ok := k[weight]
	if !ok {
		return ErrToken
	}
	public, err := x509.ParsePKCS1PublicKey(key.public)
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
