package api

import (
	"encoding/binary"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, addr := newLimiter(nil), netip.MustParseAddr("192.0.2.1")
		for range 5 {
			if _, _, ok := l.take(limitCode, addr); !ok {
				t.Fatal("refused within the burst")
			}
		}
		_, wait, ok := l.take(limitCode, addr)
		if ok || wait <= 0 || wait > 12*time.Second {
			t.Fatalf("sixth try: %v after %v", ok, wait)
		}
		if _, _, ok := l.take(limitLogin, addr); !ok {
			t.Error("one class stands for another")
		}
		if _, _, ok := l.take(limitCode, netip.MustParseAddr("192.0.2.2")); !ok {
			t.Error("one client stands for another")
		}
		time.Sleep(wait)
		giveBack, _, ok := l.take(limitCode, addr)
		if !ok {
			t.Fatal("refused after the wait")
		}
		giveBack()
		if _, _, ok := l.take(limitCode, addr); !ok {
			t.Error("a try that was given back is gone")
		}
		key := l.key
		time.Sleep(24 * time.Hour)
		if _, _, ok := l.take(limitCode, addr); !ok || l.key == key {
			t.Error("the key does not change by the day")
		}
	})
}

func TestLimiterKnowsNetworksOfIPv6(t *testing.T) {
	l := newLimiter(nil)
	a, b, far := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff:1"), netip.MustParseAddr("2001:db8:0:1::1")
	id := func(addr netip.Addr) bucketID { return l.id(limitCode, clientOf(addr)) }
	if id(a) != id(b) || id(a) == id(far) {
		t.Error("clients of IPv6 are not told apart by /64")
	}
	if id(netip.MustParseAddr("192.0.2.1")) != id(netip.MustParseAddr("::ffff:192.0.2.1")) {
		t.Error("an IPv4 address counts twice")
	}
}

func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter(nil)
	for i := range uint32(maxBuckets + 1000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i)
		l.take(limitCode, netip.AddrFrom4(b))
	}
	if n := len(l.buckets); n > maxBuckets+1 {
		t.Errorf("%d buckets", n)
	}
}

// clockStands lets nobody's tries come back, however long they take.
func clockStands(d *Deps) {
	at := time.Now()
	d.Now = func() time.Time { return at }
}

func TestWrongCodesAreLimitedAndRightOnesAreNot(t *testing.T) {
	s := newSite(t, clockStands)
	host := s.account("host@example.org")
	w := s.webinar(host)
	var a arrivalJSON
	s.want(s.do(host, "getWebinar", in(w), ""), http.StatusOK, "").into(t, &a)
	if a.Webinar.Code == "" || a.Webinar.Link != "http://plenum.test/w/"+w {
		t.Fatalf("the host sees %+v", a.Webinar)
	}
	for range 20 {
		s.want(s.do(asker{}, "resolveCode", nil, `{"code":"`+a.Webinar.Code+`"}`), http.StatusOK, "")
	}
	for range 5 {
		s.want(s.do(asker{}, "resolveCode", nil, `{"code":"WRONG"}`), http.StatusNotFound, "not-found")
	}
	got := s.want(s.do(asker{}, "resolveCode", nil, `{"code":"WRONG"}`), http.StatusTooManyRequests, "too-many-tries")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	for range 10 {
		s.want(s.do(asker{}, "signIn", nil, `{"email":"host@example.org","password":"wrong"}`), http.StatusUnauthorized, "bad-login")
	}
	s.want(s.do(asker{}, "signIn", nil, `{"email":"host@example.org","password":"a long password"}`), http.StatusTooManyRequests, "too-many-tries")
}
