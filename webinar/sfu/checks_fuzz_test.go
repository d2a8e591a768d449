package sfu

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// checker sends checks of one ICE session to the port.
type checker struct {
	conn     *net.UDPConn
	user     stun.Username
	password stun.MessageIntegrity
}

func newChecker(t testing.TB, e *Engine, user, password string) *checker {
	t.Helper()
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(e.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &checker{conn, stun.NewUsername(user), stun.NewShortTermIntegrity(password)}
}

// signed is a message of any kind with any attributes, under the right name and password.
func (c *checker) signed(t testing.TB, kind uint16, attributes []byte) []byte {
	t.Helper()
	m := stun.New()
	m.Type.ReadValue(kind & 0x3fff) // STUN's first two bits are clear
	if err := m.NewTransactionID(); err != nil {
		t.Fatal(err)
	}
	m.WriteHeader()
	if err := c.user.AddTo(m); err != nil {
		t.Fatal(err)
	}
	m.Raw = append(m.Raw, attributes[:len(attributes)&^3]...)
	m.Length = uint32(len(m.Raw) - 20) // without the header
	m.WriteLength()
	if err := errors.Join(c.password.AddTo(m), stun.Fingerprint.AddTo(m)); err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// ask sends a check as browsers do and waits for its answer. It returns how much came before that.
func (c *checker) ask(t *testing.T) (before int) {
	t.Helper()
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, c.user, c.password, stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.conn.Write(m.Raw); err != nil {
		t.Fatal(err)
	}
	c.conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 2048)
	for {
		n, err := c.conn.Read(buf)
		if err != nil {
			t.Fatalf("the port answers no more: %v", err)
		}
		got := &stun.Message{Raw: buf[:n]}
		if got.Decode() == nil && got.TransactionID == m.TransactionID && got.Type == stun.BindingSuccess {
			return before
		}
		before += n
	}
}

// FuzzChecks sends to the port what is STUN or nearly so: from a stranger as it is, and from somebody who has the
// password of a session. The first gets nothing back, the second no more than was sent, and the next check is answered.
func FuzzChecks(f *testing.F) {
	still := patientTiming()
	still.keepAlive = time.Hour
	e, err := start(Config{Listen: "127.0.0.1:0"}, &watcher{}, &board{}, still)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { e.Close() })
	text := sample(f, webrtc.RTPTransceiverDirectionRecvonly, 1, 1)
	_, answer, err := e.Watch(f.Context(), "r", Viewer{Owner: "o"}, text)
	if err != nil {
		f.Fatal(err)
	}
	user, password := ICETag(answer)+":"+ICETag(text), valueOf(answer, pwdLine)
	known, stranger := newChecker(f, e, user, password), newChecker(f, e, user, strings.Repeat("x", len(password)))

	check, err := stun.Build(stun.TransactionID, stun.BindingRequest, stranger.user, stranger.password, stun.Fingerprint)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(0x0001), check.Raw)                                                              // as a stranger's whole, as a friend's attributes
	f.Add(uint16(0x0001), []byte{0x00, 0x25, 0, 0})                                               // USE-CANDIDATE
	f.Add(uint16(0x0001), []byte{0x80, 0x29, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8})                       // ICE-CONTROLLED: a conflict
	f.Add(uint16(0x0001), []byte{0x00, 0x24, 0, 1, 0xff, 0, 0, 0})                                // PRIORITY, cut short
	f.Add(uint16(0x0001), []byte{0x00, 0x06, 0xff, 0xff})                                         // USERNAME beyond the end
	f.Add(uint16(0x0101), []byte{0x00, 0x20, 0, 8, 0, 1, 0, 0, 127, 0, 0, 1})                     // an answer to what was never asked
	f.Add(uint16(0x0011), []byte{})                                                               // an indication
	f.Add(uint16(0x0003), []byte{0x00, 0x19, 0, 4, 17, 0, 0, 0, 0, 0x0d, 0, 4, 0, 0, 0xff, 0xff}) // as to a TURN server
	f.Add(uint16(0x0001), append([]byte{0x7f, 0xff, 0x02, 0x00}, make([]byte, 512)...))           // an attribute that must be understood
	f.Add(uint16(0x0111), append([]byte{0x00, 0x09, 0, 4, 0, 0, 4, 87}, check.Raw[:20]...))       // a refusal, and another header
	f.Fuzz(func(t *testing.T, kind uint16, b []byte) {
		b = b[:min(len(b), 1200)]
		if _, err := stranger.conn.Write(b); err != nil {
			t.Fatal(err)
		}
		sent := known.signed(t, kind, b)
		if _, err := known.conn.Write(sent); err != nil {
			t.Fatal(err)
		}
		if got := known.ask(t); got > len(sent)+32 {
			t.Fatalf("%d bytes were answered with %d", len(sent), got)
		}
		stranger.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		if n, err := stranger.conn.Read(make([]byte, 2048)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a stranger got %d bytes (%v) for % x", n, err, b)
		}
	})
}
