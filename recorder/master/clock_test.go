package master

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a sender with clocks of its own, on a network with a delay of its own.
type world struct {
	rnd      *rand.Rand
	wallOff  time.Duration // sender's wall clock − true time at the start
	wallSkew float64       // and how much faster it runs
	rtpSkew  float64       // of the sampling clocks against true time
	delay    time.Duration // one way
	wobble   time.Duration // added at random
}

// signal is one track of a world.
type signal struct {
	world  *world
	clock  *trackClock
	rate   float64
	ts     uint32
	report time.Duration // between reports
	noise  time.Duration // of the reports' RTP time
	frozen time.Duration // how long the sampling clock has stood still
	next   time.Duration
}

func (s *signal) stamp(at time.Duration) uint32 {
	return s.ts + uint32(int64((at-s.frozen).Seconds()*(1+s.world.rtpSkew)*s.rate))
}

// pass sends what was captured at true time at through the network, and returns its session time.
func (s *signal) pass(at time.Duration) time.Duration {
	w := s.world
	s.clock.observe(s.stamp(at), at+w.delay+time.Duration(w.rnd.Int64N(int64(w.wobble)+1)))
	if s.report > 0 && at >= s.next {
		s.next = at + s.report
		wall := w.wallOff + time.Duration(float64(at)*(1+w.wallSkew))
		early := time.Duration(0)
		if s.noise > 0 {
			early = time.Duration(w.rnd.Int64N(int64(s.noise)))
		}
		s.clock.report(ntp(wall+early), s.stamp(at))
	}
	return s.clock.session(s.stamp(at))
}

func newWorld(seed uint64) *world {
	return &world{rnd: rand.New(rand.NewPCG(seed, 1)), delay: 30 * time.Millisecond, wobble: 20 * time.Millisecond}
}

func (w *world) pair() (video, audio *signal) {
	var g groupClock
	return &signal{world: w, clock: g.track(90000), rate: 90000, ts: 1<<32 - 1000, report: time.Second, noise: time.Millisecond},
		&signal{world: w, clock: g.track(48000), rate: 48000, ts: 1<<32 - 500, report: 5 * time.Second, noise: 30 * time.Millisecond}
}

// Two people whose clocks are off by ± 10 min and 200 ppm stay in step for an hour, with themselves and each other.
func TestTwoPeopleForAnHour(t *testing.T) {
	a, b := newWorld(1), newWorld(2)
	a.wallOff, a.wallSkew, a.rtpSkew = 10*time.Minute, 200e-6, 150e-6
	b.wallOff, b.wallSkew, b.rtpSkew = -10*time.Minute, -200e-6, -250e-6
	b.delay, b.wobble = 90*time.Millisecond, 60*time.Millisecond
	av, aa := a.pair()
	bv, ba := b.pair()
	var last [4]time.Duration
	for at := time.Duration(0); at < time.Hour; at += 20 * time.Millisecond {
		var out [4]time.Duration
		for i, s := range []*signal{av, aa, bv, ba} {
			out[i] = s.pass(at)
			if out[i] < last[i] {
				t.Fatalf("track %d went back at %v", i, at)
			}
		}
		last = out
		if at < 5*time.Second { // the first delays are still being learnt
			continue
		}
		around(t, "A: sound and picture", out[0], out[1], 40*time.Millisecond)
		around(t, "B: sound and picture", out[2], out[3], 40*time.Millisecond)
		for _, x := range out[:2] {
			for _, y := range out[2:] {
				around(t, "A and B", x, y, 120*time.Millisecond)
			}
		}
	}
}

// Without any report arrival times carry on, with the same bounds between people.
func TestNoReports(t *testing.T) {
	w := newWorld(3)
	w.rtpSkew = 200e-6
	v, a := w.pair()
	v.report, a.report = 0, 0
	for at := time.Duration(0); at < 20*time.Minute; at += 20 * time.Millisecond {
		x, y := v.pass(at), a.pass(at)
		if at > 5*time.Second {
			around(t, "sound and picture", x, y, 40*time.Millisecond)
			around(t, "true time", x, at+w.delay, 60*time.Millisecond)
		}
	}
}

func TestWhatBreaksAClock(t *testing.T) {
	const half = 2 * time.Minute
	for _, c := range []struct {
		name   string
		happen func(v, a *signal)
		calm   time.Duration // how long it may take to recover
	}{
		{"nothing", func(v, a *signal) {}, 0},
		{"RTP time jumps 30 s ahead", func(v, a *signal) { v.ts += 30 * 90000; a.ts += 30 * 48000 }, 0},
		{"RTP time jumps an hour back", func(v, a *signal) { v.ts -= 3600 * 90000 }, 0},
		{"RTP time jumps 3 s ahead", func(v, a *signal) { a.ts += 3 * 48000 }, 6 * time.Second},
		{"the sampling clock stands still for 2 s", func(v, a *signal) { a.frozen += 2 * time.Second }, 20 * time.Second},
		{"the wall clock is set by an hour", func(v, a *signal) { v.world.wallOff += time.Hour }, 30 * time.Second},
		{"the wall clock is set back by 3 s", func(v, a *signal) { v.world.wallOff -= 3 * time.Second }, 30 * time.Second},
		{"another SSRC", func(v, a *signal) { v.clock.restart(); v.ts = 99 }, 0},
		{"the network gets slower", func(v, a *signal) { v.world.delay += 60 * time.Millisecond }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(4)
			v, a := w.pair()
			var last [2]time.Duration
			for at := time.Duration(0); at < 2*half; at += 20 * time.Millisecond {
				if at == half {
					c.happen(v, a)
				}
				out := [2]time.Duration{v.pass(at), a.pass(at)}
				if out[0] < last[0] || out[1] < last[1] {
					t.Fatalf("went back at %v", at)
				}
				last = out
				if at > 5*time.Second && (at < half || at > half+c.calm) {
					around(t, "at "+at.String()+" sound and picture", out[0], out[1], 60*time.Millisecond)
					around(t, "at "+at.String()+" true time", out[0], at+w.delay, 150*time.Millisecond)
				}
			}
		})
	}
}

// Without reports a sampling clock that stood still is found out by its arrivals.
func TestStandstillWithoutReports(t *testing.T) {
	w := newWorld(6)
	v, a := w.pair()
	v.report, a.report = 0, 0
	for at := time.Duration(0); at < time.Minute; at += 20 * time.Millisecond {
		if at == 30*time.Second {
			a.frozen = 2 * time.Second
		}
		x, y := v.pass(at), a.pass(at)
		if at > 33*time.Second {
			around(t, "at "+at.String(), x, y, 60*time.Millisecond)
		}
	}
}

// A wall clock that was set by an hour is forgotten by all tracks with the first report that says so.
func TestWallClockSet(t *testing.T) {
	w := newWorld(7)
	v, a := w.pair()
	for at := time.Duration(0); at < time.Minute; at += 20 * time.Millisecond {
		v.pass(at)
		a.pass(at)
	}
	if !v.clock.fit.ready() || !a.clock.fit.ready() {
		t.Fatal("no line after a minute")
	}
	w.wallOff += time.Hour
	v.next, a.report = 0, 0
	v.pass(time.Minute)
	if v.clock.fit.ready() || a.clock.fit.ready() || v.clock.group.base.some {
		t.Fatal("the old wall clock is still in use")
	}
}

// Corrections are slewed: what is written never runs faster or slower than real time by more than the limit.
func TestSlewed(t *testing.T) {
	w := newWorld(5)
	v, a := w.pair()
	v.noise, a.noise = 30*time.Millisecond, 60*time.Millisecond
	var last [2]time.Duration
	for at := time.Duration(0); at < 10*time.Minute; at += 20 * time.Millisecond {
		out := [2]time.Duration{v.pass(at), a.pass(at)}
		for i := range out {
			if at > 0 {
				around(t, "step", out[i]-last[i], 20*time.Millisecond, 150*time.Microsecond) // 5 ms/s and rounding
			}
		}
		last = out
	}
}

// Whatever a hostile sender reports and stamps, time goes forward and stays near arrival.
func TestHostileClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g groupClock
		cs := []*trackClock{g.track(90000), g.track(48000)}
		now := time.Duration(0)
		var last [2]time.Duration
		for range rapid.IntRange(1, 200).Draw(t, "packets") {
			now += time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "wait"))
			i := rapid.IntRange(0, 1).Draw(t, "track")
			ts := rapid.Uint32().Draw(t, "ts")
			if rapid.Bool().Draw(t, "report") {
				cs[i].report(rapid.Uint64().Draw(t, "ntp"), ts)
				continue
			}
			cs[i].observe(ts, now)
			out := cs[i].session(ts)
			if out < last[i] || out > now+aheadLimit {
				t.Fatalf("%v after %v at %v", out, last[i], now)
			}
			last[i] = out
		}
	})
}

func TestRegressionRefusesOutliers(t *testing.T) {
	var r regression
	for i := range 30 {
		y := time.Duration(i) * 100 * time.Microsecond
		if i == 15 {
			y -= 266 * time.Millisecond
		}
		r.add(time.Duration(i)*time.Second, y)
	}
	around(t, "prediction", r.at(40*time.Second), 4*time.Millisecond, time.Millisecond)
}
