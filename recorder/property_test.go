package recorder

import (
	"flag"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"gorm.io/gorm"
	"pgregory.net/rapid"

	"plenum/recorder/consent"
)

// play is one random story; it returns how many packets were written, and how many of them at a stop.
func play(rt *rapid.T, t testing.TB, db *gorm.DB, bug seeded) (seen, dry int) {
	m := newModel(rt, newWorld(t, db), bug)
	person := func(t *rapid.T) *talker { return m.people[rapid.IntRange(0, 2).Draw(t, "who")] }
	scopes := func(t *rapid.T) consent.Scope { return consent.Scope(rapid.IntRange(1, 15).Draw(t, "scopes")) }
	rare := func(t *rapid.T) bool { return rapid.IntRange(0, 7).Draw(t, "rare") == 0 }
	if rapid.IntRange(0, 5).Draw(rt, "warm") > 0 { // most stories begin where something can happen
		p := person(rt)
		m.announce(rapid.Bool().Draw(rt, "strict"))
		k := kinds()[rapid.IntRange(0, 2).Draw(rt, "kind")]
		m.toggle(p, k, false)
		m.show(p)
		m.grant(p, scopes(rt)|scopeOf(k), false)
		m.step(10*time.Second+200*time.Millisecond, true)
		m.host(consent.Start)
		m.step(3*time.Second, true)
	}
	rt.Repeat(map[string]func(*rapid.T){
		"time": func(t *rapid.T) {
			m.step(time.Duration(rapid.IntRange(1, 12).Draw(t, "ds"))*200*time.Millisecond, true)
		},
		"talk":     func(t *rapid.T) { m.step(4*time.Second, true) },
		"announce": func(t *rapid.T) { m.announce(rapid.Bool().Draw(t, "strict")) },
		"start":    func(*rapid.T) { m.host(consent.Start) },
		"pause":    func(*rapid.T) { m.host(consent.Pause) },
		"resume":   func(*rapid.T) { m.host(consent.Resume) },
		"stop": func(t *rapid.T) {
			if rare(t) {
				m.host(consent.Stop)
			}
		},
		"again": func(t *rapid.T) { // a whole second recording
			if !rare(t) {
				return
			}
			m.host(consent.Stop)
			m.announce(rapid.Bool().Draw(t, "strict"))
			m.step(10*time.Second+200*time.Millisecond, true)
			p := person(t)
			m.show(p)
			m.grant(p, scopes(t), false)
			m.host(consent.Start)
			m.step(3*time.Second, true)
		},
		"show":  func(t *rapid.T) { m.show(person(t)) },
		"grant": func(t *rapid.T) { m.grant(person(t), scopes(t), rare(t)) },
		"agree": func(t *rapid.T) {
			p := person(t)
			m.show(p)
			m.grant(p, scopes(t), bug.faultOpen)
		},
		"forged": func(t *rapid.T) { // I8: another text
			p := person(t)
			m.show(p)
			err := m.say(p, consent.Grant, 0, func(a *Answer) { a.Hash = consent.Hash("another text") })
			if err == nil {
				t.Fatal("I8: granted under another text")
			}
		},
		"refuse": func(t *rapid.T) { m.no(person(t), consent.Refuse, 0, rare(t)) },
		"withdraw": func(t *rapid.T) {
			m.no(person(t), consent.Withdraw, consent.Scope(rapid.IntRange(0, 15).Draw(t, "scopes")), rare(t))
		},
		"source": func(t *rapid.T) {
			m.toggle(person(t), kinds()[rapid.IntRange(0, 2).Draw(t, "kind")], rapid.Bool().Draw(t, "muted"))
		},
		"mute": func(t *rapid.T) {
			p, k := person(t), kinds()[rapid.IntRange(0, 2).Draw(t, "kind")]
			if s := p.src[k]; s != nil {
				p.mute[k] = !p.mute[k]
				m.s.SourceMuted(string(m.w), s, p.mute[k])
				m.judgeOffence()
			}
		},
		"gone": func(t *rapid.T) {
			if p := person(t); rare(t) {
				p.gone = true
				m.step(8*time.Second, true)
			}
		},
		"hosts":  func(t *rapid.T) { m.s.SetHosts(m.w, rapid.IntRange(0, 1).Draw(t, "hosts")) },
		"lively": func(*rapid.T) { m.lively() },
		"crash": func(t *rapid.T) {
			if rare(t) {
				m.crash()
			}
		},
		"": func(*rapid.T) {
			m.check()
			m.pages()
		},
	})
	m.finish(db)
	return m.seen, m.paper.dry
}

func TestModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := database(t)
		told, wrote, packets, dry := 0, 0, 0, 0
		batches(t, asked(t), func() {
			rapid.Check(inBubble{t}, func(rt *rapid.T) {
				n, d := play(rt, t, db, seeded{})
				dry += d
				told++
				packets += n
				if n > 0 {
					wrote++
				}
			})
		})
		if wrote < told/2 { // a recorder that writes nothing passes every other test
			t.Errorf("only %d of %d stories wrote anything", wrote, told)
		}
		if told >= 500 && dry == 0 {
			t.Error("no stop had anything to put down")
		}
		t.Logf("%d stories, %d of them wrote, %d packets, %d of them at a stop", told, wrote, packets, dry)
	})
}

// asked is what -rapid.checks says.
func asked(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// batches has check called for n stories in all: rapid ends a run within a day, and a day in a bubble is short.
func batches(t *testing.T, n int, check func()) {
	t.Helper()
	set := func(n int) {
		if err := flag.Set("rapid.checks", strconv.Itoa(n)); err != nil {
			t.Error(err)
		}
	}
	was := asked(t)
	defer set(was)
	for ; n > 0; n -= 500 {
		set(min(n, 500))
		check()
	}
}

// inBubble hides that it is a test: rapid asks a test for its deadline, which a bubble does not have.
type inBubble struct{ *testing.T }
