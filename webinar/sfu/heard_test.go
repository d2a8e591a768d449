package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestReportsOfViewersAreHeard(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	p := watch(t, e, "r", Viewer{}, 1, 1)
	eventually(t, "media", func() bool { return p.count("video0") > 0 })
	p.mu.Lock()
	ssrc := p.ssrc["video0"]
	p.mu.Unlock()
	begun := time.Now().Add(-150 * time.Millisecond)
	sent := uint32(toNTP(begun) >> 16)
	err := p.pc.WriteRTCP([]rtcp.Packet{
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{
			{SSRC: ssrc + 1, FractionLost: 200},
			{SSRC: ssrc, FractionLost: 64, LastSenderReport: sent, Delay: 65536 / 20},
		}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 400_000, SSRCs: []uint32{ssrc}},
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := e.viewer("r", p.session, "")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the estimate", func() bool { return v.heard.estimate.Load() > 0 })
	eventually(t, "the report", func() bool { return v.video[0].heard.at.Load() > 0 })
	now := time.UnixMilli(v.video[0].heard.at.Load()) // when it came
	if loss, ok := v.video[0].lossNow(now); !ok || loss != 0.25 {
		t.Errorf("loss %v, %v", loss, ok)
	}
	if v.heard.estimateNow(now) != 400_000 || v.heard.estimateNow(now.Add(reportFresh+time.Second)) != 0 {
		t.Errorf("estimate %d, later %d", v.heard.estimateNow(now), v.heard.estimateNow(now.Add(reportFresh+time.Second)))
	}
	if _, ok := v.video[0].lossNow(now.Add(reportFresh + time.Second)); ok {
		t.Error("an old report counts")
	}
	most := time.Since(begun) - 50*time.Millisecond + 10*time.Millisecond // as long as it took, without the delay at the viewer
	if rtt := time.Duration(v.heard.rtt.Load()); rtt < 90*time.Millisecond || rtt > most {
		t.Errorf("round trip %v, want from 100 ms to %v", rtt, most)
	}
}
