package api

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"plenum/webinar"
)

const (
	// phonePrefix marks what leads from one screen to another, and is no ticket.
	phonePrefix = "go_"
	// phoneFor is how long a code for the phone works: it stands on a screen that others may see.
	phoneFor = 5 * time.Minute
)

// handOver answers a link that seats another screen in the asker's own seat: once, within phoneFor. The ticket itself
// stays where no script reads it. Seats on stage stay on one screen.
func (s *server) handOver(c *call) error {
	if c.seat.Role != webinar.Attendee || c.secret == "" {
		return errOneScreen
	}
	token, expires := s.phones.offer(c.seat.ID, c.secret, time.Now())
	c.JSON(http.StatusCreated, phoneLinkJSON{Link: s.BaseURL + "/vote/" + string(c.webinar.ID) + "#t=" + token, ExpiresAt: expires.UTC()})
	return nil
}

// ticketOf is the secret that somebody brings to the door: a ticket as it is, or the one that a code for the phone stands
// for. Errors: ErrTicketInvalid.
func (s *server) ticketOf(brought string) (string, error) {
	if !strings.HasPrefix(brought, phonePrefix) {
		return brought, nil
	}
	secret, ok := s.phones.take(brought, time.Now())
	if !ok {
		return "", webinar.ErrTicketInvalid
	}
	return secret, nil
}

// phones keeps the codes for phones in memory, one a seat. A server that starts again has forgotten them: people are
// shown another one.
type phones struct {
	mu    sync.Mutex
	open  map[[sha256.Size]byte]phone
	seats map[webinar.TicketID][sha256.Size]byte
	swept time.Time
}

type phone struct {
	seat    webinar.TicketID
	secret  string
	expires time.Time
}

func newPhones() *phones {
	return &phones{open: map[[sha256.Size]byte]phone{}, seats: map[webinar.TicketID][sha256.Size]byte{}}
}

// offer makes a code for the seat of secret; an earlier one of that seat works no more.
func (p *phones) offer(seat webinar.TicketID, secret string, now time.Time) (token string, expires time.Time) {
	token, expires = webinar.NewSecret(phonePrefix), now.Add(phoneFor)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	delete(p.open, p.seats[seat])
	hash := sha256.Sum256([]byte(token))
	p.open[hash], p.seats[seat] = phone{seat: seat, secret: secret, expires: expires}, hash
	return token, expires
}

// take returns what a code stands for, once.
func (p *phones) take(token string, now time.Time) (secret string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hash := sha256.Sum256([]byte(token))
	found, ok := p.open[hash]
	if !ok {
		return "", false
	}
	p.drop(hash, found)
	return found.secret, found.expires.After(now)
}

func (p *phones) drop(hash [sha256.Size]byte, gone phone) {
	delete(p.open, hash)
	delete(p.seats, gone.seat)
}

// sweep forgets what nobody has used, at most once in phoneFor.
func (p *phones) sweep(now time.Time) {
	if now.Sub(p.swept) < phoneFor {
		return
	}
	p.swept = now
	for hash, old := range p.open {
		if !old.expires.After(now) {
			p.drop(hash, old)
		}
	}
}
