package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"plenum/webinar/media"
)

func TestPoorLine(t *testing.T) {
	now := time.Unix(1000, 0)
	const good, lossy, slow = 'g', 'l', 's'
	for name, c := range map[string]struct {
		reports string // the oldest first, a second apart
		old     time.Duration
		poor    bool
	}{
		"no report":              {"", 0, false},
		"a good line":            {"ggg", 0, false},
		"one bad moment":         {"glg", 0, false},
		"just beginning":         {"l", 0, false},
		"two in a row":           {"gll", 0, true},
		"two of three":           {"lgl", 0, true},
		"loss and delay":         {"lgs", 0, true},
		"slow":                   {"sss", 0, true},
		"mended":                 {"lllgg", 0, false},
		"mending":                {"lllg", 0, true},
		"poor, but long ago":     {"lll", reportFresh + time.Second, false},
		"poor, a short time ago": {"lll", reportFresh, true},
	} {
		var h lineHistory
		at := now.Add(-c.old - time.Duration(len(c.reports)-1)*time.Second)
		for i, kind := range c.reports {
			r := reading{at: at.Add(time.Duration(i) * time.Second), loss: poorLoss, rtt: poorRTT}
			switch kind {
			case lossy:
				r.loss += 0.01
			case slow:
				r.rtt += time.Millisecond
			case good:
			}
			if !h.note(r) {
				t.Errorf("%s: report %d was not taken", name, i)
			}
			if h.note(r) {
				t.Errorf("%s: report %d was taken twice", name, i)
			}
		}
		if got := h.poor(now); got != c.poor {
			t.Errorf("%s: poor %v", name, got)
		}
	}
}

func TestSoundThatArrives(t *testing.T) {
	for name, c := range map[string]struct {
		sent    time.Duration
		losses  []float64
		due, ok bool
	}{
		"just begun":                  {time.Second, nil, false, false},
		"heard":                       {time.Second, []float64{0}, true, true},
		"heard, at the bound":         {time.Minute, []float64{poorLoss, 0}, true, true},
		"one of two voices breaks up": {time.Minute, []float64{0, 0.06}, true, false},
		"breaks up from the start":    {time.Second, []float64{0.5}, true, false},
		"nothing arrives":             {reportFresh + time.Second, nil, true, false},
	} {
		if due, ok := heardSound(c.sent, c.losses); due != c.due || ok != c.ok {
			t.Errorf("%s: due %v, ok %v", name, due, ok)
		}
	}
}

// TestSurvey lays reports of four viewers and a person on stage in front of it.
func TestSurvey(t *testing.T) {
	now := time.Unix(1000, 0)
	mic, camera := &source{track: media.Track{Kind: media.Mic}}, &source{track: media.Track{Kind: media.Camera}}
	sits := func(onStage bool) *viewer {
		v := &viewer{session: &session{}, onStage: onStage}
		v.audio = []*slot{{viewer: v, want: mic}}
		v.video = []*slot{{viewer: v, video: true, want: camera}}
		v.slots = []*slot{v.audio[0], v.video[0]}
		v.ready.Store(true)
		return v
	}
	say := func(s *slot, loss float64) {
		s.heard.loss.Store(uint32(loss * 256))
		s.heard.at.Store(now.UnixMilli())
	}
	fine, blurred, far, coming, host := sits(false), sits(false), sits(false), sits(false), sits(true)
	coming.ready.Store(false)
	r := &room{viewers: map[string]*viewer{"fine": fine, "blurred": blurred, "far": far, "coming": coming, "host": host}}
	l := newBooks()
	var h Health
	for range 3 {
		now = now.Add(healthEvery)
		for _, v := range []*viewer{fine, host} {
			say(v.audio[0], 0)
			say(v.video[0], 0.04)
		}
		say(blurred.audio[0], 0.01)
		say(blurred.video[0], 0.25)
		say(far.audio[0], 0.2)
		far.heard.rtt.Store(int64(time.Second))
		h = r.survey(now, l)
	}
	if want := (Health{Connected: 3, Poor: 2, Sound: 3, SoundOK: 2}); h != want {
		t.Errorf("%+v, want %+v", h, want)
	}
	if rtt, loss := l.rtt.read(), l.loss.read(); rtt.Sum != 3 || sum(rtt.Counts) != 3 || sum(loss.Counts) != 12 {
		t.Errorf("round trips %+v, losses %+v", rtt, loss)
	}
	blurred.poor.Store(true) // is poor already
	fine.poor.Store(true)
	if h = r.survey(now, l); h.Poor != 3 {
		t.Errorf("no room for pictures: %+v", h)
	}
	blurred.poor.Store(false)
	fine.poor.Store(false)
	mic.shownMuted = true
	if h = r.survey(now.Add(time.Second), l); h.Sound != 0 || h.Poor != 2 {
		t.Errorf("muted: %+v", h)
	}
	mic.shownMuted = false
	now = now.Add(2 * reportFresh)
	if h = r.survey(now, l); h != (Health{Connected: 3}) {
		t.Errorf("old reports, sound that begins: %+v", h)
	}
	if h = r.survey(now.Add(reportFresh+time.Second), l); h != (Health{Connected: 3, Sound: 3}) {
		t.Errorf("sound that never arrives: %+v", h)
	}
	if got := l.loss.read(); sum(got.Counts) != 12 {
		t.Errorf("reports were counted twice: %+v", got)
	}
}

func sum(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// TestHealthIsTold reports as a browser does and hears what the host is told.
func TestHealthIsTold(t *testing.T) {
	t.Parallel()
	e, _, b := newTestEngine(t)
	e.SetLive("r", true)
	publish(t, e, "r", Publisher{Owner: "anna"}, 'A').pump()
	p := watch(t, e, "r", Viewer{Owner: "x"}, 1, 1)
	watch(t, e, "r", Viewer{Owner: "anna", OnStage: true}, 1, 1)
	eventually(t, "media", func() bool { return p.count("video0") > 0 && p.count("audio0") > 0 })
	p.mu.Lock()
	audio, video := p.ssrc["audio0"], p.ssrc["video0"]
	p.mu.Unlock()
	told := func(want Health) func() bool {
		return func() bool {
			rr := &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: audio, FractionLost: 2}, {SSRC: video, FractionLost: 100}}}
			if err := p.pc.WriteRTCP([]rtcp.Packet{rr}); err != nil {
				t.Fatal(err)
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			return len(b.lines) > 0 && b.lines[len(b.lines)-1] == want
		}
	}
	eventually(t, "a poor line with good sound", told(Health{Connected: 1, Poor: 1, Sound: 1, SoundOK: 1}))
	eventually(t, "Health to say it", func() bool { // told again, or it would be old by and by
		told(Health{})()
		return e.Health("r").Poor == 1
	})
	e.CloseRoom("r")
	eventually(t, "the end", nothingLeft(b))
}

func nothingLeft(b *board) func() bool {
	return func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.lines[len(b.lines)-1] == Health{}
	}
}
