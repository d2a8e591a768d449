package sfu

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v5/packetio"
)

// encoder is a WHIP client that is no browser: it publishes with an offer out of testdata as it stands there, but for
// the fingerprint of its certificate. ICE, DTLS and SRTP are driven by hand, since an offer that pion has not made
// itself cannot be pion's local description. It hears no feedback: it answers neither PLI nor NACK.
type encoder struct {
	t       testing.TB
	offer   sdp.SessionDescription
	answer  sdp.SessionDescription
	session string
	conn    net.Conn // ICE
	out     *srtp.Context
	seq     map[uint32]uint16
}

// offerOf reads an offer with line ends as on the wire.
func offerOf(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".sdp"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\n", "\r\n")
}

// startEncoder publishes the offer and connects.
func startEncoder(t testing.TB, e *Engine, room string, p Publisher, offer string) *encoder {
	t.Helper()
	enc, err := tryEncoder(t, e, room, p, offer)
	if err != nil {
		t.Fatalf("DTLS: %v", err)
	}
	return enc
}

// tryEncoder does the same; the error is that of the DTLS handshake.
func tryEncoder(t testing.TB, e *Engine, room string, p Publisher, offer string) (*encoder, error) {
	t.Helper()
	cert := newCertificate(t)
	sum := sha256.Sum256(cert.Certificate[0])
	finger := strings.ToUpper(strings.ReplaceAll(fmt.Sprintf("% x", sum[:]), " ", ":"))
	text := regexp.MustCompile(`a=fingerprint:sha-256 \S+`).ReplaceAllString(offer, "a=fingerprint:sha-256 "+finger)
	enc := &encoder{t: t, seq: map[uint32]uint16{}}
	if err := enc.offer.UnmarshalString(text); err != nil {
		t.Fatal(err)
	}
	session, answer, err := e.Publish(t.Context(), room, p, text)
	if err != nil {
		t.Fatal(err)
	}
	enc.session = session
	if err := enc.answer.UnmarshalString(answer); err != nil {
		t.Fatal(err)
	}
	return enc, enc.connect(cert)
}

// newCertificate makes an RSA one, as GStreamer does.
func newCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), crypto.Signer(key))
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// said finds an attribute of the n-th m-line, or of the session.
func said(d *sdp.SessionDescription, line int, key string) string {
	if v := attribute(d.MediaDescriptions[line].Attributes, key); v != "" {
		return v
	}
	return attribute(d.Attributes, key)
}

func (c *encoder) connect(cert tls.Certificate) error {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	agent, err := ice.NewAgentWithOptions(
		ice.WithLocalCredentials(said(&c.offer, 0, "ice-ufrag"), said(&c.offer, 0, "ice-pwd")),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}), ice.WithIncludeLoopback(), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithInterfaceFilter(func(name string) bool { return name == "lo" }),
		ice.WithMaxBindingRequests(endlessChecks), ice.WithFailedTimeout(patience), ice.WithLoggerFactory(quiet()),
	)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { agent.GracefulClose() })
	if err := agent.OnCandidate(func(ice.Candidate) {}); err != nil {
		c.t.Fatal(err)
	}
	if err := agent.GatherCandidates(); err != nil {
		c.t.Fatal(err)
	}
	// The first candidate is all that ffmpeg looks at.
	remote, err := ice.UnmarshalCandidate(said(&c.answer, 0, "candidate"))
	if err != nil {
		c.t.Fatal(err)
	}
	if err := agent.AddRemoteCandidate(remote); err != nil {
		c.t.Fatal(err)
	}
	conn, err := agent.Dial(ctx, said(&c.answer, 0, "ice-ufrag"), said(&c.answer, 0, "ice-pwd"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn = conn
	return c.secure(ctx, cert)
}

// secure does the DTLS handshake in the role that the answer leaves, and takes the keys out of it (RFC 5764).
func (c *encoder) secure(ctx context.Context, cert tls.Certificate) error {
	c.t.Helper()
	pipe := &dtlsPipe{Conn: c.conn, in: packetio.NewBuffer()}
	read := make(chan struct{})
	go func() {
		defer close(read)
		pipe.sort()
	}()
	profiles := dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	var secured *dtls.Conn
	var err error
	client := said(&c.answer, 0, "setup") == "passive"
	if client {
		secured, err = dtls.ClientWithOptions(pipe, c.conn.RemoteAddr(), dtls.WithCertificates(cert), dtls.WithInsecureSkipVerify(true), profiles, dtls.WithLoggerFactory(quiet()))
	} else {
		secured, err = dtls.ServerWithOptions(pipe, c.conn.RemoteAddr(), dtls.WithCertificates(cert), dtls.WithInsecureSkipVerify(true), profiles,
			dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithLoggerFactory(quiet()))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		secured.Close()
		c.conn.Close()
		<-read
	})
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	state, _ := secured.ConnectionState()
	profile, ok := secured.SelectedSRTPProtectionProfile()
	if !ok {
		c.t.Fatal("no SRTP profile")
	}
	keys := &srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := keys.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		c.t.Fatal(err)
	}
	if c.out, err = srtp.CreateContext(keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt, keys.Profile); err != nil {
		c.t.Fatal(err)
	}
	return nil
}

// ssrc is the declared stream of the first line of a kind; the n-th further layer has the n-th number after it.
func (c *encoder) ssrc(kind string) (line int, ssrc uint32) {
	for i, m := range c.offer.MediaDescriptions {
		if m.MediaName.Media != kind {
			continue
		}
		id, _, _ := strings.Cut(attribute(m.Attributes, "ssrc"), " ")
		n, err := strconv.ParseUint(id, 10, 32)
		if err == nil {
			return i, uint32(n)
		}
	}
	panic("the offer names no stream of " + kind)
}

// send encrypts and sends one packet of the kind in the format that stands first in the offer. Layer is the index of
// its rid, if the offer has some.
func (c *encoder) send(kind string, layer int, ts uint32, marker bool, payload []byte) error {
	line, ssrc := c.ssrc(kind)
	ssrc += uint32(layer)
	m := c.offer.MediaDescriptions[line]
	pt, err := strconv.ParseUint(m.MediaName.Formats[0], 10, 7)
	if err != nil {
		return err
	}
	c.seq[ssrc]++
	p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: marker, PayloadType: uint8(pt), SequenceNumber: c.seq[ssrc], Timestamp: ts, SSRC: ssrc}, Payload: payload}
	for _, a := range m.Attributes {
		id, uri, _ := strings.Cut(a.Value, " ")
		n, _ := strconv.ParseUint(id, 10, 4)
		value := map[string]string{sdp.SDESMidURI: attribute(m.Attributes, "mid"), sdp.SDESRTPStreamIDURI: strconv.Itoa(layer)}[uri]
		if a.Key != "extmap" || value == "" || !has(m.Attributes, "rid") {
			continue
		}
		if err := p.SetExtension(uint8(n), []byte(value)); err != nil {
			return err
		}
	}
	raw, err := p.Marshal()
	if err != nil {
		return err
	}
	sealed, err := c.out.EncryptRTP(nil, raw, nil)
	if err != nil {
		return err
	}
	_, err = c.conn.Write(sealed)
	return err
}

// dtlsPipe gives DTLS its share of what comes over ICE (RFC 7983); the rest, feedback, goes unheard.
type dtlsPipe struct {
	net.Conn
	in *packetio.Buffer
}

func (p *dtlsPipe) sort() {
	defer p.in.Close()
	buf := make([]byte, 1600)
	for {
		n, err := p.Read(buf)
		if err != nil {
			return
		}
		if n > 0 && buf[0] >= 20 && buf[0] <= 63 {
			_, _ = p.in.Write(buf[:n], nil) // what does not fit is lost, as in a network
		}
	}
}

func (p *dtlsPipe) ReadFrom(b []byte) (int, net.Addr, error) {
	n, _, err := p.in.Read(b, nil)
	return n, p.RemoteAddr(), err
}

func (p *dtlsPipe) WriteTo(b []byte, _ net.Addr) (int, error) { return p.Write(b) }

func (p *dtlsPipe) SetReadDeadline(t time.Time) error { return p.in.SetReadDeadline(t) }
func (p *dtlsPipe) Close() error                      { return p.in.Close() }
