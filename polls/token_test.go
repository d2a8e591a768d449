package polls

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"plenum/webinar"
)

// booth is what a voter's browser does for a secret poll.
type booth struct {
	client  blindrsa.Client
	public  *rsa.PublicKey
	receipt string
	blinded []byte
	state   blindrsa.State
}

func (f *fixture) enter(tb testing.TB, p Poll, seed ...any) *booth {
	tb.Helper()
	return f.enterWeighing(tb, p, 1, seed...)
}

// enterWeighing is for a vote of that weight.
func (f *fixture) enterWeighing(tb testing.TB, p Poll, weight int, seed ...any) *booth {
	tb.Helper()
	keys, err := f.TokenKeys(tb.Context(), room, p.ID)
	if err != nil {
		tb.Fatal(err)
	}
	i := slices.IndexFunc(keys, func(k TokenKey) bool { return k.Weight == weight })
	if i < 0 {
		tb.Fatalf("no key of weight %d among %d", weight, len(keys))
	}
	k, err := x509.ParsePKIXPublicKey(keys[i].Key)
	if err != nil {
		tb.Fatal(err)
	}
	b := &booth{public: k.(*rsa.PublicKey)}
	_, b.receipt = secretOf(seed...)
	if b.client, err = blindrsa.NewClient(blindrsa.SHA384PSSDeterministic, b.public); err != nil {
		tb.Fatal(err)
	}
	if b.blinded, b.state, err = b.client.Blind(rand.Reader, []byte(b.receipt)); err != nil {
		tb.Fatal(err)
	}
	return b
}

// token has the receipt signed for a ticket.
func (f *fixture) token(tb testing.TB, p Poll, who webinar.TicketID, b *booth) []byte {
	tb.Helper()
	signed, err := f.Sign(tb.Context(), room, p.ID, who, b.blinded)
	if err != nil {
		tb.Fatal(err)
	}
	token, err := b.client.Finalize(b.state, signed)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// personal makes personal tickets of the seats.
func (f *fixture) personal(tb testing.TB) {
	tb.Helper()
	if err := f.db.Exec("UPDATE tickets SET issued = 1").Error; err != nil {
		tb.Fatal(err)
	}
}

func TestSecretVoteCountsOnce(t *testing.T) {
	f := newFixture(t, 3)
	p := f.asked(t, Draft{Secrecy: Secret})
	if _, err := f.Sign(t.Context(), room, p.ID, "t0", f.enter(t, p, 0).blinded); !errors.Is(err, ErrNotPersonal) {
		t.Errorf("an open link got a token: %v", err)
	}
	f.personal(t)
	if err := f.vote(t, p, "t0", 0); !errors.Is(err, ErrNeedsToken) {
		t.Errorf("a vote with a session: %v", err)
	}
	b := f.enter(t, p, 1)
	token := f.token(t, p, "t0", b)
	again := f.token(t, p, "t0", b) // the answer got lost
	if string(token) != string(again) {
		t.Error("the same request has another answer")
	}
	if _, err := f.Sign(t.Context(), room, p.ID, "t0", f.enter(t, p, 2).blinded); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("a second token for one ticket: %v", err)
	}
	for name, c := range map[string]struct {
		ballot SecretBallot
		want   error
	}{
		"no token":                  {SecretBallot{Answer: choose(p, 0), Receipt: b.receipt, Signature: nil}, ErrToken},
		"a token for another":       {SecretBallot{Answer: choose(p, 0), Receipt: f.enter(t, p, 3).receipt, Signature: token}, ErrToken},
		"an option of another poll": {SecretBallot{Answer: Answer{Options: []OptionID{"x"}}, Receipt: b.receipt, Signature: token}, ErrUnknownOption},
	} {
		if _, err := f.Cast(t.Context(), room, p.ID, c.ballot); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	f.wantVotes(t, p, 0, 0)
	ballot := SecretBallot{Answer: choose(p, 1), Receipt: b.receipt, Signature: token}
	if _, err := f.Cast(t.Context(), room, p.ID, ballot); err != nil {
		t.Fatal(err)
	}
	for _, option := range []int{1, 0} {
		ballot.Answer = choose(p, option)
		if _, err := f.Cast(t.Context(), room, p.ID, ballot); !errors.Is(err, ErrAlreadyVoted) {
			t.Errorf("a token was spent twice: %v", err)
		}
	}
	f.restart(t)
	f.wantVotes(t, p, 0, 1)

	late := f.enter(t, p, 4)
	unspent := f.token(t, p, "t1", late)
	next := f.asked(t, Draft{Secrecy: Secret})
	if _, err := f.Cast(t.Context(), room, next.ID, SecretBallot{Answer: choose(next, 0), Receipt: late.receipt, Signature: unspent}); !errors.Is(err, ErrToken) {
		t.Errorf("a token of another poll: %v", err)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Cast(t.Context(), room, p.ID, SecretBallot{Answer: choose(p, 0), Receipt: late.receipt, Signature: unspent}); !errors.Is(err, ErrClosed) {
		t.Errorf("after the closing: %v", err)
	}
	if _, err := f.Sign(t.Context(), room, p.ID, "t2", f.enter(t, p, 5).blinded); !errors.Is(err, ErrClosed) {
		t.Errorf("a token after the closing: %v", err)
	}
	if k, err := f.store.tokenKeys(t.Context(), p.ID); err != nil || len(k) != 1 || len(k[1].private) != 0 || len(k[1].public) == 0 {
		t.Errorf("the private key outlives the poll: %d bytes, %v", len(k[1].private), err)
	}
	f.wantVotes(t, p, 0, 1)
}

func TestMalformedBlindedMessages(t *testing.T) {
	f := newFixture(t, 1)
	f.personal(t)
	p := f.asked(t, Draft{Secrecy: Secret})
	for _, size := range []int{0, 1, tokenBytes - 1, tokenBytes + 1} {
		if _, err := f.Sign(t.Context(), room, p.ID, "t0", make([]byte, size)); err == nil {
			t.Errorf("%d bytes were signed", size)
		}
	}
	if _, err := f.Sign(t.Context(), room, f.asked(t, Draft{}).ID, "t0", make([]byte, tokenBytes)); !errors.Is(err, ErrNotSecret) {
		t.Errorf("of an anonymous poll: %v", err)
	}
	if _, err := f.TokenKeys(t.Context(), room, f.draft(t, room, "a", "b").ID); !errors.Is(err, ErrNotSecret) {
		t.Errorf("key of a draft: %v", err)
	}
}

// All that the server ever has of a secret poll is, for each ticket, the blinded message that it signed, and in the box
// ballots with receipts and signatures. Every message fits every ballot: for each pair there is exactly one blinding
// factor under which this message is this ballot's, and it was drawn from all of them alike. So nothing, with any
// computing power, tells whose ballot is whose.
func TestEveryTokenFitsEveryBallot(t *testing.T) {
	const voters = 6
	f := newFixture(t, voters)
	f.personal(t)
	p := f.asked(t, Draft{Secrecy: Secret})
	keys, err := f.store.tokenKeys(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.ParsePKCS1PrivateKey(keys[1].private)
	if err != nil {
		t.Fatal(err)
	}
	var booths []*booth
	var tokens [][]byte
	for i := range voters {
		b := f.enter(t, p, "v", i)
		booths, tokens = append(booths, b), append(tokens, f.token(t, p, webinar.TicketID(fmt.Sprint("t", i)), b))
	}
	for i := voters - 1; i >= 0; i-- {
		if _, err := f.Cast(t.Context(), room, p.ID, SecretBallot{Answer: choose(p, i%2), Receipt: booths[i].receipt, Signature: tokens[i]}); err != nil {
			t.Fatal(err)
		}
	}
	everyFits(t, private, booths, tokens)
	if tickets, ballots := apart(t, f, p, "t", booths); tickets != voters || ballots != voters {
		t.Errorf("while it is open, the test looked at %d tickets and %d ballots", tickets, ballots)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	tickets, ballots := apart(t, f, p, "t", booths)
	if tickets != 0 || ballots != voters {
		t.Errorf("%d tickets are known to have had a token, %d ballots", tickets, ballots)
	}
}

// everyFits checks that each blinded message may be that of each token.
func everyFits(t *testing.T, private *rsa.PrivateKey, booths []*booth, tokens [][]byte) {
	t.Helper()
	n, e := private.N, big.NewInt(int64(private.E))
	for i, b := range booths {
		for j, token := range tokens {
			message := new(big.Int).Exp(new(big.Int).SetBytes(token), e, n) // what the signature is of
			inverse := new(big.Int).ModInverse(message, n)
			if inverse == nil {
				t.Fatal("no inverse")
			}
			power := new(big.Int).Mod(inverse.Mul(inverse, new(big.Int).SetBytes(b.blinded)), n)
			factor := new(big.Int).Exp(power, private.D, n)
			blinded := new(big.Int).Exp(factor, e, n)
			if blinded.Mod(blinded.Mul(blinded, message), n); blinded.Cmp(new(big.Int).SetBytes(b.blinded)) != 0 {
				t.Errorf("the message of voter %d cannot be that of ballot %d", i, j)
			}
		}
	}
}

// apart checks that no row of any table holds a voter, whose names are a letter and a number, and a ballot of theirs or of
// another; and that it is not written who has cast one. It counts whom and what it found.
func apart(t *testing.T, f *fixture, p Poll, letter string, booths []*booth) (handed, ballots int) {
	t.Helper()
	for table, found := range rows(t, f.db) {
		for _, row := range found {
			voter, ballot := false, slices.ContainsFunc(p.Options, func(o Option) bool { return strings.Contains(row, string(o.ID)) })
			for i, b := range booths {
				voter = voter || strings.Contains(row, fmt.Sprint(":", letter, i, " ")) || strings.Contains(row, fmt.Sprint(":", letter, i, "]"))
				ballot = ballot || strings.Contains(row, b.receipt)
			}
			switch {
			case voter && ballot:
				t.Errorf("%s holds both: %s", table, row)
			case voter && table == "poll_tokens":
				handed++
			case ballot && table == "ballots":
				ballots++
			case voter && table == "voted":
				t.Errorf("who has cast a secret ballot is written: %s", row)
			}
		}
	}
	return handed, ballots
}
