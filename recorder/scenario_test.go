package recorder

import (
	"fmt"
	"math"
	"time"
)

// judge is what a barrier must be: the seeded bugs below are variations of it.
type judge interface {
	arm(o order, now instant, offset time.Duration, known bool)
	report(ssrc uint32, ntp instant, rtp uint32, now instant, offset time.Duration)
	judge(ssrc, ts uint32, key bool, now instant) (pass, ask bool)
}

const (
	ms    = time.Millisecond
	epoch = instant(1_800_000_000_000_000_000) // when the virtual clock begins
)

// bench is a sender with its own clock, a path with a delay, and a barrier at its end. Every packet knows when it was
// captured, which the barrier must not look at.
type bench struct {
	faults []string
	b      judge
	video  bool
	rate   uint32
	skew   time.Duration // sender's report clock − server's clock
	delay  time.Duration // one way
	ts0    uint32        // RTP time at epoch
	frozen time.Duration // RTP time that was not counted
	drift  int64         // of the sender's clocks, ppm
	least  leastOf
	ssrc   uint32

	click   instant // server's clock; content captured before it is forbidden
	leaks   int
	worst   time.Duration
	passed  int
	first   instant // capture of the first that passed
	lateAsk []instant
}

func newBench(video bool, delay time.Duration) *bench {
	rate := uint32(48000)
	if video {
		rate = 90000
	}
	b := newBarrier(video, rate, time.Second)
	return &bench{b: &b, video: video, rate: rate, delay: delay, ssrc: 1, click: math.MaxInt64}
}

func (w *bench) ts(capture instant) uint32 {
	d := capture.sub(epoch) - w.frozen
	d += d * time.Duration(w.drift) / 1e6
	return w.ts0 + uint32(int64(d/time.Microsecond)*int64(w.rate)/1e6)
}

// ntp is the sender's report clock.
func (w *bench) ntp(c instant) instant {
	return c.add(w.skew + c.sub(epoch)*time.Duration(w.drift)/1e6)
}

// send lets one packet captured at c arrive extra later than the path alone would have it.
func (w *bench) send(c instant, key bool, extra time.Duration) bool {
	return w.arrive(w.ts(c), c, key, c.add(w.delay+extra))
}

func (w *bench) arrive(ts uint32, captured instant, key bool, at instant) bool {
	pass, ask := w.b.judge(w.ssrc, ts, key, at)
	if ask {
		w.lateAsk = append(w.lateAsk, at)
	}
	if !pass {
		return false
	}
	if w.passed++; w.passed == 1 {
		w.first = captured
	}
	if captured < w.click {
		w.leaks++
		w.worst = max(w.worst, w.click.sub(captured))
	}
	return true
}

// report is a sender report made at c; wrong shifts its clock against the RTP time.
func (w *bench) report(c instant, wrong time.Duration) {
	ntp, at := w.ntp(c).add(wrong), c.add(w.delay)
	w.least.add(at, at.sub(ntp))
	off, _ := w.least.min()
	w.b.report(w.ssrc, ntp, w.ts(c), at, off)
}

// agree is a click at c, whose grant was durable took later. pageOff: page's clock − server's clock.
func (w *bench) agree(c instant, took, pageOff time.Duration) {
	w.click = c
	commit := c.add(took)
	off, known := w.least.min()
	w.b.arm(order{commit: commit, rtt: 2 * w.delay, click: c.add(pageOff), page: -pageOff}, commit, off, known)
}

// run sends what is captured in [from, to): a packet each 20 ms (sound) or 33 ms with a key frame when asked (video), and
// a report each second.
func (w *bench) run(from, to instant) {
	step := 20 * ms
	if w.video {
		step = 33 * ms
	}
	asked := false
	for c, n := from, 0; c < to; c, n = c.add(step), n+1 {
		asked = asked || n%40 == 0 // encoders send one now and then unasked
		if int64(c.sub(epoch)/step)%50 == 0 {
			w.report(c, 0)
		}
		before := len(w.lateAsk)
		w.send(c, asked, 0)
		asked = len(w.lateAsk) > before
	}
}

func (w *bench) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

func (w *bench) mustBeClean() {
	if w.leaks > 0 {
		w.fault("%d packets from before the click passed, up to %v old", w.leaks, w.worst)
	}
}

func (w *bench) mustOpen(within time.Duration) {
	if w.passed == 0 {
		w.fault("never opened")
	} else if d := w.first.sub(w.click); d > within {
		w.fault("opened %v after the click, want at most %v", d, within)
	}
}

func at(d time.Duration) instant { return epoch.add(d) }

// scenario runs one story against a barrier, which a seeded bug may have replaced.
type scenario struct {
	name  string
	video bool
	delay time.Duration
	open  time.Duration // latest first write after the click; 0: not asked
	run   func(w *bench)
}

func scenarios() []scenario {
	plain := func(w *bench) {
		w.run(at(0), at(10*time.Second))
		w.agree(at(10*time.Second), 30*ms, 0)
		w.run(at(10*time.Second), at(15*time.Second))
	}
	return []scenario{
		{"sound", false, 20 * ms, 1300 * ms, plain},
		{"video", true, 20 * ms, 1400 * ms, plain},
		{"sound on a slow path", false, 400 * ms, 2100 * ms, plain},
		{"video on a slow path", true, 400 * ms, 3000 * ms, plain},
		{"1 page's base 3 s back", false, 100 * ms, 1500 * ms, func(w *bench) { base(w, -3*time.Second) }},
		{"1 page's base 3 s ahead", false, 100 * ms, 1500 * ms, func(w *bench) { base(w, 3*time.Second) }},
		{"1 sender's clock an hour off", true, 100 * ms, 1600 * ms, func(w *bench) { w.skew = time.Hour; plain(w) }},
		{"1 sender's clock steps back before the click", false, 100 * ms, 0, func(w *bench) { step(w, -3*time.Second) }},
		{"1 sender's clock steps ahead in flight", false, 100 * ms, 0, func(w *bench) { step(w, 3*time.Second) }},
		{"2 sound frozen ten minutes", false, 50 * ms, 13 * time.Second, frozen},
		{"3 repeats 25 s old after opening", true, 50 * ms, 1500 * ms, repeats},
		{"4 the grant overtakes 400 ms of media", false, 400 * ms, 2100 * ms, overtaken},
		{"4 the grant overtakes 1.5 s of media", true, 1500 * ms, 6 * time.Second, overtaken},
		{"frames are stamped half a second late", true, 20 * ms, 2 * time.Second, stampedLate},
		{"3 a report after opening jumps, then repeats come", true, 20 * ms, 2 * time.Second, jumpAfter},
		{"5 no sound report for 9.6 s", false, 50 * ms, 11 * time.Second, lateReport},
		{"no report ever", false, 400 * ms, 11 * time.Second, noReport},
		{"6 a report is lost", false, 50 * ms, 1300 * ms, lostReport},
		{"7 new SSRC", true, 50 * ms, 1500 * ms, newSSRC},
		{"8 the mapping jumps", false, 50 * ms, 0, jump},
		{"8 a busy sender loses samples", false, 20 * ms, 2 * time.Second, lossy(276 * ms)},
		{"8 a busy sender loses many samples", false, 20 * ms, 3 * time.Second, lossy(552 * ms)},
		{"8 one report is late, and media stalls", false, 20 * ms, 3 * time.Second, stalled(0, 1600*ms)},
		{"8 two reports are late, and media stalls", false, 20 * ms, 3 * time.Second, stalled(1250*ms, 1600*ms)},
		{"9 the timestamp wraps", true, 50 * ms, 1500 * ms, func(w *bench) {
			w.ts0 = math.MaxUint32 - 90000*11 // at the barrier, 11 s in
			plain(w)
		}},
	}
}

// faults runs the scenario against the barrier or what wrap makes of it.
func (s scenario) faults(wrap func(*barrier) judge) []string {
	w := newBench(s.video, s.delay)
	if wrap != nil {
		w.b = wrap(w.b.(*barrier))
	}
	s.run(w)
	w.mustBeClean()
	if s.open > 0 {
		w.mustOpen(s.open)
	}
	return w.faults
}

func base(w *bench, off time.Duration) {
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, off)
	for c := at(7 * time.Second); c < at(10*time.Second); c = c.add(20 * ms) { // repeats
		w.send(c, false, at(10100*ms).sub(c))
	}
	w.run(at(10*time.Second), at(15*time.Second))
}

func step(w *bench, by time.Duration) {
	w.run(at(0), at(9900*ms))
	w.agree(at(10*time.Second), 10*ms, 0)
	w.skew += by
	w.report(at(10100*ms), 0)
	w.run(at(9900*ms), at(20*time.Second))
	w.mustOpen(6 * time.Second)
}

// frozen: a browser that does not count sound while no track is attached; the click falls into that.
func frozen(w *bench) {
	w.run(at(0), at(10*time.Second))
	unmute := at(10*time.Minute + 10*time.Second)
	w.agree(unmute.add(-time.Second), 30*ms, 0)
	w.frozen = 10 * time.Minute
	w.report(unmute.add(time.Second), 0)
	w.run(unmute, unmute.add(15*time.Second))
}

// overtaken: a grant without a click's time, as fast as light, while media is under way.
func overtaken(w *bench) {
	click := at(10 * time.Second)
	w.run(at(0), click.add(-w.delay)) // what arrives by the click
	w.click = click
	off, known := w.least.min()
	w.b.arm(order{commit: click, rtt: 2 * w.delay}, click, off, known)
	w.run(click.add(-w.delay), at(20*time.Second))
}

func stampedLate(w *bench) {
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, 0)
	for c, n := at(10*time.Second), 0; c < at(13*time.Second); c, n = c.add(33*ms), n+1 {
		w.arrive(w.ts(c), c.add(-545*ms), n%10 == 0, c.add(w.delay))
	}
}

func jumpAfter(w *bench) {
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, 0)
	w.run(at(10*time.Second), at(14*time.Second))
	for range 2 {
		w.report(at(14*time.Second), 12*time.Second)
	}
	for c := at(5 * time.Second); c < at(10*time.Second); c = c.add(33 * ms) {
		w.send(c, true, 9*time.Second)
	}
}

func repeats(w *bench) {
	var old []instant
	for c := at(0); c < at(10*time.Second); c = c.add(33 * ms) {
		old = append(old, c)
	}
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, 0)
	w.run(at(10*time.Second), at(25*time.Second))
	for i, c := range old { // every one, once as a key frame too
		w.send(c, i%3 == 0, at(25*time.Second).sub(c))
	}
	w.run(at(25*time.Second), at(26*time.Second))
}

func lateReport(w *bench) {
	for c := at(0); c < at(12*time.Second); c = c.add(20 * ms) {
		if c == at(2*time.Second) {
			w.agree(c, 10*ms, 0)
		}
		if c == at(9600*ms) {
			if w.passed > 0 {
				w.fault("opened without a report")
			}
			w.report(c, 0)
		}
		w.send(c, false, 0)
	}
}

func noReport(w *bench) {
	for c := at(0); c < at(15*time.Second); c = c.add(20 * ms) {
		if c == at(2*time.Second) {
			w.agree(c, 10*ms, 0)
		}
		w.send(c, false, 0)
	}
}

func lostReport(w *bench) {
	w.report(at(0), 0)
	for c := at(0); c < at(30*time.Second); c = c.add(20 * ms) {
		if c == at(20*time.Second) {
			w.agree(c, 10*ms, 0)
		}
		w.send(c, false, 0)
	}
}

func newSSRC(w *bench) {
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, 0)
	w.run(at(10*time.Second), at(13*time.Second))
	w.ssrc, w.ts0 = 2, 77
	before := w.passed
	for c := at(9 * time.Second); c < at(10*time.Second); c = c.add(33 * ms) { // old content under the new SSRC
		w.send(c, true, 4*time.Second)
	}
	w.send(at(13*time.Second), true, 0)
	if w.passed != before {
		w.fault("a new SSRC passed without its own report")
	}
	w.report(at(13100*ms), 0)
	if !w.send(at(13200*ms), true, 0) {
		w.fault("a new SSRC with its report stays closed")
	}
}

func jump(w *bench) {
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, 0)
	w.report(at(10*time.Second), 2*time.Second) // would make old packets look two seconds newer
	for c := at(10 * time.Second); c < at(13*time.Second); c = c.add(20 * ms) {
		if w.send(c, false, 0) {
			w.fault("latched by a report that contradicts the one before")
		}
	}
	w.report(at(13*time.Second), 0)
	w.report(at(14*time.Second), 0)
	w.run(at(13*time.Second), at(20*time.Second))
	w.mustOpen(6 * time.Second)
}
