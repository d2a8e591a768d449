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
	sent := uint32(toNTP(time.Now().Add(-150*time.Millisecond)) >> 16)
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
	eventually(t, "the report", func() bool { _, ok := v.video[0].lossNow(time.Now()); return ok })
	if loss, _ := v.video[0].lossNow(time.Now()); loss != 0.25 {
		t.Errorf("loss %v", loss)
	}
	if now := time.Now(); v.heard.estimateNow(now) != 400_000 || v.heard.estimateNow(now.Add(reportFresh+time.Second)) != 0 {
		t.Errorf("estimate %d, later %d", v.heard.estimateNow(now), v.heard.estimateNow(now.Add(reportFresh+time.Second)))
	}
	if _, ok := v.video[0].lossNow(time.Now().Add(reportFresh + time.Second)); ok {
		t.Error("an old report counts")
	}
	if rtt := time.Duration(v.heard.rtt.Load()); rtt < 90*time.Millisecond || rtt > 2*time.Second {
		t.Errorf("round trip %v, want about 100 ms", rtt)
	}
}
