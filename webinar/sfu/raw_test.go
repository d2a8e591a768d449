package sfu

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"
)

// raw is a client that was let in and holds to no rule: it connects as any other does and then sends what it likes.
type raw struct {
	t       testing.TB
	agent   *ice.Agent
	conn    *ice.Conn
	dtls    *dtls.Conn
	keys    *srtp.Context
	session string
	answer  string
	ended   bool // a write failed
}

// newRaw connects with an offer of one sound and one picture.
func newRaw(t testing.TB, e *Engine, publish bool) *raw {
	t.Helper()
	r := &raw{t: t}
	lo := func(ip net.IP) bool { return ip.IsLoopback() }
	agent, err := ice.NewAgentWithOptions(ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}), ice.WithIncludeLoopback(), ice.WithIPFilter(lo),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled), ice.WithMaxBindingRequests(endlessChecks), ice.WithFailedTimeout(patience), ice.WithLoggerFactory(quiet()))
	if err != nil {
		t.Fatal(err)
	}
	r.agent = agent
	t.Cleanup(func() { agent.GracefulClose() })
	if err := agent.OnCandidate(func(ice.Candidate) {}); err != nil {
		t.Fatal(err)
	}
	if err := agent.GatherCandidates(); err != nil {
		t.Fatal(err)
	}
	ufrag, pwd, err := agent.GetLocalUserCredentials()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	var finger []string
	for _, b := range sha256.Sum256(cert.Certificate[0]) {
		finger = append(finger, fmt.Sprintf("%02X", b))
	}
	dir := webrtc.RTPTransceiverDirectionRecvonly
	if publish {
		dir = webrtc.RTPTransceiverDirectionSendonly
	}
	offer := sample(t, dir, 1, 1)
	for line, value := range map[string]string{"ice-ufrag": ufrag, "ice-pwd": pwd, "fingerprint": "sha-256 " + strings.Join(finger, ":")} {
		offer = regexp.MustCompile(`a=`+line+`:[^\r\n]*`).ReplaceAllString(offer, "a="+line+":"+value)
	}
	offer = regexp.MustCompile(`a=ssrc(-group)?:[^\r\n]*\r\n`).ReplaceAllString(offer, "")
	if publish {
		offer += "a=ssrc:7 cname:m\r\na=ssrc:7 msid:m picture\r\n"
	}
	var answer string
	if publish {
		r.session, answer, err = e.Publish(t.Context(), "raw", Publisher{Owner: "mallory"}, offer)
	} else {
		r.session, answer, err = e.Watch(t.Context(), "r", Viewer{Owner: "mallory"}, offer)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.answer = answer
	r.connect(answer, cert)
	return r
}

func (r *raw) connect(answer string, cert tls.Certificate) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	value := func(line string) string {
		return regexp.MustCompile(`a=` + line + `:([^\r\n]*)`).FindStringSubmatch(answer)[1]
	}
	c, err := ice.UnmarshalCandidate(value("candidate"))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.agent.AddRemoteCandidate(c); err != nil {
		r.t.Fatal(err)
	}
	if r.conn, err = r.agent.Dial(ctx, value("ice-ufrag"), value("ice-pwd")); err != nil {
		r.t.Fatal(err)
	}
	if r.dtls, err = dtls.ClientWithOptions(dtlsnet.PacketConnFromConn(r.conn), r.conn.RemoteAddr(),
		dtls.WithCertificates(cert), dtls.WithInsecureSkipVerify(true), dtls.WithLoggerFactory(quiet()),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.dtls.Close() })
	if err := r.dtls.HandshakeContext(ctx); err != nil {
		r.t.Fatal(err)
	}
	state, _ := r.dtls.ConnectionState()
	keys := &srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if err := keys.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		r.t.Fatal(err)
	}
	if r.keys, err = srtp.CreateContext(keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt, keys.Profile); err != nil {
		r.t.Fatal(err)
	}
}

// send puts b on the wire as it is.
func (r *raw) send(b []byte) {
	if _, err := r.conn.Write(b); err != nil {
		r.ended = true
	}
}

// media encrypts b, whose header must be whole, and sends it.
func (r *raw) media(b []byte) {
	if out, err := r.keys.EncryptRTP(nil, b, nil); err == nil {
		r.send(out)
	} else {
		r.send(b)
	}
}

// report encrypts and sends what may be RTCP.
func (r *raw) report(b []byte) {
	if out, err := r.keys.EncryptRTCP(nil, b, nil); err == nil {
		r.send(out)
	} else {
		r.send(b)
	}
}

// packet is RTP of the offer's picture.
func (r *raw) packet(ssrc uint32, seq uint16, payload []byte) []byte {
	r.t.Helper()
	p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, Timestamp: uint32(seq) * 3000, SSRC: ssrc, Marker: true}, Payload: payload}
	b, err := p.Marshal()
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}
