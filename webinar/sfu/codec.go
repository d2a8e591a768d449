package sfu

import (
	"strconv"
	"strings"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/webrtc/v4"
)

// codec is one payload format the SFU forwards. A further codec is one more entry of codecs.
type codec struct {
	params   webrtc.RTPCodecCapability
	pt       webrtc.PayloadType // proposed; the offer decides
	rtx      webrtc.PayloadType // 0: none
	minDelta uint32             // least step of the RTP clock when a slot changes its source: one frame
	inspect  func(payload []byte) frame
}

// frame is what the SFU needs to know about a payload.
type frame struct {
	key  bool // first packet of a key frame
	area int  // its pixels, 0 if the packet does not say
	pic  pictureIDs
}

const audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// codecs lists what is forwarded. The server does not prefer any: the order of the offer decides.
func codecs(video bool) []codec {
	if !video {
		return []codec{{
			params:   webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"},
			pt:       111,
			minDelta: 960,
			inspect:  func([]byte) frame { return frame{} },
		}}
	}
	picture := func(mime, format string, pt webrtc.PayloadType, inspect func([]byte) frame) codec {
		return codec{
			params:   webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, SDPFmtpLine: format},
			pt:       pt,
			rtx:      pt + 1,
			minDelta: 3000,
			inspect:  inspect,
		}
	}
	// Profiles that differ only in which tools an encoder may use: constrained baseline, baseline, main, high.
	h264 := func(profile string) string {
		return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile
	}
	return []codec{
		picture(webrtc.MimeTypeVP8, "", 96, inspectVP8),
		picture(webrtc.MimeTypeVP9, "profile-id=0", 98, inspectVP9),
		picture(webrtc.MimeTypeAV1, "", 45, inspectAV1),
		picture(webrtc.MimeTypeH264, h264("42e01f"), 102, inspectH264),
		picture(webrtc.MimeTypeH264, h264("42001f"), 104, inspectH264),
		picture(webrtc.MimeTypeH264, h264("4d001f"), 106, inspectH264),
		picture(webrtc.MimeTypeH264, h264("64001f"), 108, inspectH264),
	}
}

// codecOf finds the codec by its MIME type.
func codecOf(video bool, mime string) (codec, bool) {
	for _, c := range codecs(video) {
		if strings.EqualFold(c.params.MimeType, mime) {
			return c, true
		}
	}
	return codec{}, false
}

// mediaEngine registers all codecs with the feedback that fits the direction.
func mediaEngine(publish bool) (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	for _, video := range []bool{false, true} {
		kind := webrtc.RTPCodecTypeAudio
		if video {
			kind = webrtc.RTPCodecTypeVideo
		}
		for _, c := range codecs(video) {
			c.params.RTCPFeedback = feedbackOf(video, publish)
			if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c.params, PayloadType: c.pt}, kind); err != nil {
				return nil, err
			}
			if c.rtx == 0 {
				continue
			}
			rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: c.params.ClockRate, SDPFmtpLine: "apt=" + strconv.Itoa(int(c.pt))}
			if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: rtx, PayloadType: c.rtx}, kind); err != nil {
				return nil, err
			}
		}
	}
	if publish {
		level := webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI}
		if err := m.RegisterHeaderExtension(level, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, err
		}
		return m, webrtc.ConfigureSimulcastExtensionHeaders(m)
	}
	return m, nil
}

// feedbackOf asks viewers for their estimate of the line (REMB) and not for transport-wide feedback, which would cost
// a report in for every few packets out.
func feedbackOf(video, publish bool) []webrtc.RTCPFeedback {
	all := []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBNACK}}
	if video {
		all = append(all, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"}, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"})
		if !publish {
			all = append(all, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBGoogREMB})
		}
	}
	return all
}

// publishInterceptors ask the publisher for lost packets and report what arrived. Transport-wide feedback lets the
// browser find its bit rate by probing, within seconds; a REMB would hold it to 8 % more a second.
func publishInterceptors(m *webrtc.MediaEngine) (*interceptor.Registry, error) {
	r := &interceptor.Registry{}
	lost, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(40 * time.Millisecond))
	if err != nil {
		return nil, err
	}
	r.Add(lost)
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, err
	}
	r.Add(reports)
	return r, webrtc.ConfigureTWCCSender(m, r)
}

// rtxType finds the payload type that retransmits pt, 0 if there is none.
func rtxType(all []webrtc.RTPCodecParameters, pt webrtc.PayloadType) uint8 {
	want := "apt=" + strconv.Itoa(int(pt))
	for _, c := range all {
		if !strings.EqualFold(c.MimeType, webrtc.MimeTypeRTX) {
			continue
		}
		for part := range strings.SplitSeq(c.SDPFmtpLine, ";") {
			if strings.TrimSpace(part) == want {
				return uint8(c.PayloadType)
			}
		}
	}
	return 0
}
