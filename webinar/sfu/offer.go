package sfu

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// offer is an SDP offer that passed all checks, without its candidates: the server never sends anything to an
// address that an offer names, it answers to where the client's checks come from.
type offer struct {
	text         string
	audio, video int      // m-lines
	rids         []string // layers of the picture
	passive      bool     // the client waits for the server to begin the DTLS handshake (RFC 8842 section 5.2)
}

// checkOffer refuses what this SFU cannot or will not answer, in words for a person.
func checkOffer(text string, publish bool, maxLines int) (offer, error) {
	o := offer{}
	if len(text) > maxOffer {
		return o, refuse("the session description is larger than %d KiB", maxOffer>>10)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return o, refuse("this is not a session description (SDP)")
	}
	switch {
	case len(d.MediaDescriptions) == 0:
		return o, refuse("the offer has no media")
	case len(d.MediaDescriptions) > maxLines:
		return o, refuse("the offer has more than %d media lines", maxLines)
	case !strings.HasPrefix(attribute(d.Attributes, "group"), "BUNDLE"):
		return o, refuse("the offer does not bundle its media (BUNDLE)")
	case has(d.Attributes, "ice-lite"):
		return o, refuse("the offer comes from an ICE-lite client; this server is one itself")
	}
	mids := map[string]bool{}
	for _, m := range d.MediaDescriptions {
		if err := checkLine(&d, m, publish); err != nil {
			return o, err
		}
		mid := attribute(m.Attributes, "mid")
		if mid == "" || len(mid) > 32 || mids[mid] {
			return o, refuse("each media line needs an own mid")
		}
		mids[mid] = true
		o.passive = o.passive || setupOf(&d, m) == "passive"
		if m.MediaName.Media == "video" {
			o.video++
			o.rids = append(o.rids, ridsOf(m)...)
		} else {
			o.audio++
		}
	}
	if publish && (o.audio > 1 || o.video > 1) {
		return o, refuse("a publication has one audio and one video line at most")
	}
	clean, err := withoutCandidates(&d)
	if err != nil {
		return o, refuse("this is not a session description (SDP)")
	}
	o.text = clean
	return o, nil
}

// withoutCandidates writes d anew, so that what was checked is what is used, whatever the line ends were. How many it had
// does not matter, since none is read; what a session keeps of addresses is bounded where checks come in, see [maxRemotes].
func withoutCandidates(d *sdp.SessionDescription) (string, error) {
	drop := func(a sdp.Attribute) bool {
		return a.Key == "candidate" || a.Key == "end-of-candidates" || a.Key == "remote-candidates"
	}
	d.Attributes = slices.DeleteFunc(d.Attributes, drop)
	for _, m := range d.MediaDescriptions {
		m.Attributes = slices.DeleteFunc(m.Attributes, drop)
	}
	b, err := d.Marshal()
	return string(b), err
}

func checkLine(d *sdp.SessionDescription, m *sdp.MediaDescription, publish bool) error {
	kind := m.MediaName.Media
	if kind != "audio" && kind != "video" {
		return refuse("only audio and video lines are supported")
	}
	if proto := strings.Join(m.MediaName.Protos, "/"); proto != "UDP/TLS/RTP/SAVPF" {
		return refuse("media must be offered as UDP/TLS/RTP/SAVPF")
	}
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		if attribute(m.Attributes, key) == "" && attribute(d.Attributes, key) == "" {
			return refuse("the offer has no %s", key)
		}
	}
	if !has(m.Attributes, "rtcp-mux") {
		return refuse("the offer does not multiplex RTCP (rtcp-mux)")
	}
	if err := checkLayers(m, publish); err != nil {
		return err
	}
	if sends := !has(m.Attributes, "recvonly") && !has(m.Attributes, "inactive"); publish && !sends {
		return refuse("a publication's media lines must be sendonly")
	}
	if !publish && setupOf(d, m) == "passive" {
		return refuse("a viewer must begin the DTLS handshake (setup:actpass or setup:active)")
	}
	if receives := !has(m.Attributes, "sendonly") && !has(m.Attributes, "inactive"); !publish && !receives {
		return refuse("a viewer's media lines must be recvonly")
	}
	if err := checkFeedback(m); err != nil {
		return err
	}
	return checkFormats(m, kind == "video")
}

// checkFeedback lets a line name each format once and bounds what it may be answered with: the library keeps and searches
// products of these, so that a small offer could cost seconds and half a gigabyte.
func checkFeedback(m *sdp.MediaDescription) error {
	formats := map[uint64]bool{}
	for _, f := range m.MediaName.Formats {
		n, err := strconv.ParseUint(f, 10, 8)
		if err != nil || formats[n] {
			return refuse("the formats of a media line must be different numbers")
		}
		formats[n] = true
	}
	of, most, ofAll := map[uint64]int{}, 0, 0
	for _, a := range m.Attributes {
		if a.Key != "rtcp-fb" {
			continue
		}
		format, _, _ := strings.Cut(a.Value, " ")
		n, err := strconv.ParseUint(format, 10, 8)
		if err != nil {
			ofAll++ // the asterisk; anything else is wrong and counts as much
			continue
		}
		of[n]++
		most = max(most, of[n])
	}
	if most+ofAll > maxFeedback {
		return refuse("a format has more than %d kinds of feedback", maxFeedback)
	}
	return nil
}

func setupOf(d *sdp.SessionDescription, m *sdp.MediaDescription) string {
	return cmp.Or(attribute(m.Attributes, "setup"), attribute(d.Attributes, "setup"))
}

// checkLayers allows a publisher some simulcast layers to send (RFC 8853), of one picture.
func checkLayers(m *sdp.MediaDescription, publish bool) error {
	rids := 0
	for _, a := range m.Attributes {
		if a.Key != "rid" {
			continue
		}
		id, direction, _ := strings.Cut(a.Value, " ")
		if direction, _, _ = strings.Cut(direction, " "); direction != "send" || id == "" || len(id) > maxRid {
			return refuse("a simulcast layer must be one to send, with a short name")
		}
		rids++
	}
	switch {
	case rids == 0 && !has(m.Attributes, "simulcast"):
		return nil
	case !publish || m.MediaName.Media != "video" || rids == 0 || !has(m.Attributes, "simulcast"):
		return refuse("simulcast is for the picture of a publication, each layer with a rid")
	case rids > maxLayers:
		return refuse("a picture has more than %d simulcast layers", maxLayers)
	}
	return nil
}

// ridsOf names the layers of a line that checkLayers allowed.
func ridsOf(m *sdp.MediaDescription) (rids []string) {
	for _, a := range m.Attributes {
		if a.Key == "rid" {
			id, _, _ := strings.Cut(a.Value, " ")
			rids = append(rids, id)
		}
	}
	return rids
}

func checkFormats(m *sdp.MediaDescription, video bool) error {
	ssrcs := map[string]bool{}
	found := false
	for _, a := range m.Attributes {
		switch a.Key {
		case "ssrc":
			id, _, _ := strings.Cut(a.Value, " ")
			ssrcs[id] = true
		case "rtpmap":
			_, format, _ := strings.Cut(a.Value, " ")
			name, _, _ := strings.Cut(format, "/")
			if _, ok := codecOf(video, m.MediaName.Media+"/"+name); ok {
				found = true
			}
		}
	}
	if len(ssrcs) > maxSSRCs {
		return refuse("a media line names more than %d streams", maxSSRCs)
	}
	if !found {
		var names []string
		for _, c := range codecs(video) {
			_, name, _ := strings.Cut(c.params.MimeType, "/")
			names = append(names, name)
		}
		return refuse("the offer has no %s codec that is supported here (%s)", m.MediaName.Media, strings.Join(names, ", "))
	}
	return nil
}

func refuse(says string, args ...any) error {
	return &OfferError{Reason{says, args}}
}

func attribute(all []sdp.Attribute, key string) string {
	for _, a := range all {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}

func has(all []sdp.Attribute, key string) bool {
	for _, a := range all {
		if a.Key == key {
			return true
		}
	}
	return false
}

// startBitrate, in kbit/s, is where Chromium begins with a picture. Its own 300 would cut 720p to 360p for the first
// half minute; the transport feedback corrects it within a second where the line is narrower.
const startBitrate = 1200

// finish replaces the candidates of an answer by ours, in its first accepted m-line, which carries the bundle, and
// tells publishers where to start.
func finish(answer string, publish bool, candidates []string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", err
	}
	if _, err := withoutCandidates(&d); err != nil {
		return "", err
	}
	for _, m := range d.MediaDescriptions {
		if publish && m.MediaName.Media == "video" && len(m.MediaName.Formats) > 0 {
			m.WithValueAttribute("fmtp", fmt.Sprintf("%s x-google-start-bitrate=%d", m.MediaName.Formats[0], startBitrate))
		}
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value == 0 {
			continue
		}
		for _, c := range candidates {
			m.WithValueAttribute("candidate", c)
		}
		m.WithPropertyAttribute("end-of-candidates")
		break
	}
	b, err := d.Marshal()
	return string(b), err
}

// candidatesFor offers addrs in the order given, over UDP first (RFC 8445 section 5.1.2.1, RFC 6544 section 4.2).
func candidatesFor(addrs []netip.Addr, port uint16, tcp bool) []string {
	const overUDP, overTCP = 126, 90 // type preferences
	var out []string
	add := func(format string, preference int) {
		for n, a := range addrs {
			priority := uint32(preference)<<24 | uint32(65535-n)<<8 | 255 // of component 1
			out = append(out, fmt.Sprintf(format, len(out)+1, priority, a, port))
		}
	}
	add("%d 1 udp %d %s %d typ host", overUDP)
	if tcp {
		add("%d 1 tcp %d %s %d typ host tcptype passive", overTCP)
	}
	return out
}

// machineAddrs lists the addresses of this machine that a client can use, loopback last. Link-local ones would need
// a zone, which candidates cannot name.
func machineAddrs(v6 bool) []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out, loop []netip.Addr
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		ip := prefix.Addr().Unmap()
		switch {
		case ip.Is6() && !v6, ip.IsLinkLocalUnicast(), ip.IsMulticast(), ip.IsUnspecified():
		case ip.IsLoopback():
			loop = append(loop, ip)
		default:
			out = append(out, ip)
		}
	}
	return append(out, loop...)
}
