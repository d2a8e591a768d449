package api

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// limitClass is something that one client may do only so often.
type limitClass uint8

const (
	limitLogin limitClass = iota // failed sign-ins
	limitSetup                   // failed set-ups
	limitCode                    // wrong short codes
	limitJoin                    // new seats
	limitAsk                     // questions of one seat
	limitTouch                   // votes for questions and changes of them, of one seat
)

// quota is a token bucket: burst at once, one more every refill.
type quota struct {
	burst  float64
	refill time.Duration
}

// quotaOf says how often. Failures are what counts for logins, set-ups and codes, since a whole lecture hall may sit
// behind one address; a hall may also join at once.
func quotaOf(c limitClass) quota {
	switch c {
	case limitCode:
		return quota{burst: 5, refill: 12 * time.Second}
	case limitJoin:
		return quota{burst: 2000, refill: 50 * time.Millisecond}
	case limitAsk:
		return quota{burst: 5, refill: 20 * time.Second}
	case limitTouch:
		return quota{burst: 40, refill: 500 * time.Millisecond}
	case limitLogin, limitSetup:
	}
	return quota{burst: 10, refill: 6 * time.Second}
}

// maxBuckets bounds the memory; clients beyond it share one bucket.
const maxBuckets = 1 << 16

// limiter counts in memory only. Clients are known by a keyed hash of their address, or of their seat, whose key is
// random and thrown away each day, so nothing here says who they are.
type limiter struct {
	mu      sync.Mutex
	key     [32]byte
	keyFrom time.Time
	swept   time.Time
	now     func() time.Time
	buckets map[bucketID]*bucket
}

type bucketID [16]byte

type bucket struct {
	tokens float64
	at     time.Time
	quota  quota
}

// newLimiter asks now what time it is; nil is [time.Now].
func newLimiter(now func() time.Time) *limiter {
	if now == nil {
		now = time.Now
	}
	return &limiter{now: now, buckets: map[bucketID]*bucket{}}
}

// take takes one try for addr. ok is false when there is none left; wait says when there is one again. giveBack
// returns the try, for tries that turned out to be right.
func (l *limiter) take(class limitClass, addr netip.Addr) (giveBack func(), wait time.Duration, ok bool) {
	return l.takeAs(class, clientOf(addr))
}

// takeAs takes one try for whoever is known by these bytes.
func (l *limiter) takeAs(class limitClass, client []byte) (giveBack func(), wait time.Duration, ok bool) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.keyFrom) >= 24*time.Hour {
		rand.Read(l.key[:]) // never fails, by its contract
		l.keyFrom, l.buckets = now, map[bucketID]*bucket{}
	}
	b := l.bucket(class, client, now)
	b.fill(now)
	if b.tokens < 1 {
		return nil, time.Duration((1 - b.tokens) * float64(b.quota.refill)), false
	}
	b.tokens--
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		b.tokens = min(b.tokens+1, b.quota.burst)
	}, 0, true
}

func (l *limiter) bucket(class limitClass, client []byte, now time.Time) *bucket {
	id := l.id(class, client)
	if b := l.buckets[id]; b != nil {
		return b
	}
	if len(l.buckets) >= maxBuckets {
		l.dropFull(now)
	}
	if len(l.buckets) >= maxBuckets {
		id = bucketID{byte(class)}
		if b := l.buckets[id]; b != nil {
			return b
		}
	}
	q := quotaOf(class)
	b := &bucket{tokens: q.burst, at: now, quota: q}
	l.buckets[id] = b
	return b
}

// dropFull forgets who has not tried for long. It looks at everybody, so a flood of new clients may not call for it
// each time.
func (l *limiter) dropFull(now time.Time) {
	if now.Sub(l.swept) < time.Second {
		return
	}
	l.swept = now
	for id, b := range l.buckets {
		if b.fill(now); b.tokens >= b.quota.burst {
			delete(l.buckets, id)
		}
	}
}

// clientOf is the address; of IPv6 only the /64, since a client owns all of that.
func clientOf(addr netip.Addr) []byte {
	addr = addr.Unmap()
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	return addr.AsSlice()
}

func (l *limiter) id(class limitClass, client []byte) bucketID {
	mac := hmac.New(sha256.New, l.key[:])
	mac.Write([]byte{byte(class)})
	mac.Write(client)
	return bucketID(mac.Sum(nil)[:16])
}

func (b *bucket) fill(now time.Time) {
	b.tokens = min(b.tokens+float64(now.Sub(b.at))/float64(b.quota.refill), b.quota.burst)
	b.at = now
}
