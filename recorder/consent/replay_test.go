package consent

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"plenum/webinar"
)

// state is what must survive a replay, in words.
func (b *Book) state() string {
	out := ""
	for _, rec := range []RecordingID{"r1", "r2"} {
		r := b.recs[rec]
		if r == nil {
			continue
		}
		out += fmt.Sprintf("%s %s strict=%v\n", rec, r.phase, r.notice.Strict)
		for _, who := range []webinar.SubjectID{ann, bob} {
			if p := r.people[who]; p != nil && (p.state != None || p.fresh != "") {
				out += fmt.Sprintf("  %s %s %s %v %.8s\n", who, p.state, p.scopes, p.publish, p.fresh)
			}
		}
	}
	return out
}

// I13, with appends that fail at any place and processes that die at any: whatever memory says, the ledger and the debts
// say too.
func TestI13ReplayGivesTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := &fake{}
		notes := &pad{}
		b, err := newBook(t.Context(), f, notes, testWebinar)
		if err != nil {
			rt.Fatal(err)
		}
		ctx := t.Context()
		who := rapid.SampledFrom([]webinar.SubjectID{ann, bob})
		recs := rapid.SampledFrom([]RecordingID{"r1", "r2"})
		scopes := rapid.Map(rapid.IntRange(0, int(All)), func(i int) Scope { return Scope(i) })
		keys := rapid.SampledFrom([]string{"", "", "a", "b"})
		fail := func(t *rapid.T) { f.failAt = rapid.IntRange(0, 4).Draw(t, "fail") % 3 }
		answer := func(t *rapid.T) Answer {
			a := b.reply(recs.Draw(t, "rec"), who.Draw(t, "who"), scopes.Draw(t, "scopes"))
			a.Key, a.Publish = keys.Draw(t, "key"), rapid.Bool().Draw(t, "publish")
			return a
		}
		rt.Repeat(map[string]func(*rapid.T){
			"announce": func(t *rapid.T) {
				fail(t)
				n := testNotice()
				n.Strict = rapid.Bool().Draw(t, "strict")
				_ = b.Announce(ctx, recs.Draw(t, "rec"), n, "host", "")
			},
			"mark": func(t *rapid.T) {
				fail(t)
				rec := recs.Draw(t, "rec")
				k := rapid.SampledFrom([]Kind{Start, Start, Pause, Resume, Resume, Stop, Abort, Expire}).Draw(t, "kind")
				if b.Mark(ctx, rec, k, "", "host") == nil {
					b.Run(rec)
				}
			},
			"show":  func(t *rapid.T) { fail(t); _, _ = b.Show(ctx, answer(t)) },
			"show2": func(t *rapid.T) { _, _ = b.Show(ctx, answer(t)) },
			"grant": func(t *rapid.T) {
				fail(t)
				a := answer(t)
				before := len(f.entries)
				st, err := b.Grant(ctx, a, nothing)
				if err == nil && a.Key == "" && len(f.entries) > before && !st.Scopes.Has(a.Scopes) {
					t.Fatalf("granted %s, got %s", a.Scopes, st.Scopes)
				}
			},
			"refuse": func(t *rapid.T) {
				fail(t)
				a := answer(t)
				if _, err := b.Refuse(ctx, a, nobody); err == nil || errors.Is(err, ErrLedger) {
					closedFor(t, b, a, All)
				}
			},
			"withdraw": func(t *rapid.T) {
				fail(t)
				a := answer(t)
				if _, err := b.Withdraw(ctx, a, nobody); err == nil || errors.Is(err, ErrLedger) {
					closedFor(t, b, a, a.Scopes)
				}
			},
			"": func(t *rapid.T) {
				f.failAt = 0
				again, err := newBook(ctx, f, notes.after(), testWebinar)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := again.state(), b.state(); got != want {
					t.Fatalf("replayed\n%smemory\n%s", got, want)
				}
				for _, rec := range []RecordingID{"r1", "r2"} {
					if again.Run(rec) || again.Permit(rec, ann, Audio).Holds() {
						t.Fatal("open after a replay")
					}
				}
			},
			"die": func(t *rapid.T) {
				notes = notes.after()
				if b, err = newBook(ctx, f, notes, testWebinar); err != nil {
					t.Fatal(err)
				}
			},
			"settle": func(t *rapid.T) {
				f.failAt = 0
				if err := b.Settle(ctx); err != nil || len(b.owed) > 0 {
					t.Fatalf("settle: %v, %d owed", err, len(b.owed))
				}
			},
		})
	})
}

// I13: a pause or a stop that the ledger is owed is in force, and an expiry is judged by it.
func TestExpireAfterOwedMark(t *testing.T) {
	for owed, want := range map[Kind]struct {
		err error
		ann State
	}{Stop: {ErrState, Granted}, Pause: {nil, None}} {
		f := &fake{}
		b := openBook(t, f)
		b.mustAnnounce(t, "r1", testNotice())
		b.agree(t, "r1", ann, All)
		b.mustRun(t, "r1", Start)
		if owed == Stop {
			if err := b.Mark(t.Context(), "r1", Pause, "", "host"); err != nil {
				t.Fatal(err)
			}
		}
		f.failAt = 1
		if err := b.Mark(t.Context(), "r1", owed, "", "host"); !errors.Is(err, ErrLedger) {
			t.Fatalf("%s: %v", owed, err)
		}
		if err := b.Mark(t.Context(), "r1", Expire, "", ""); !errors.Is(err, want.err) {
			t.Errorf("expire after an owed %s: %v", owed, err)
		}
		b.sameAgain(t, f, owed, want.ann)
	}
}

// I13: an expiry that took effect while a stop or a resume was being written, and had to be owed, is in the ledger too.
func TestExpireOvertakenIsWritten(t *testing.T) {
	for _, k := range []Kind{Stop, Resume} {
		s := &slow{fake: &fake{}, reached: make(chan struct{}), goOn: make(chan struct{})}
		b := openBook(t, s)
		b.mustAnnounce(t, "r1", testNotice())
		b.agree(t, "r1", ann, All)
		b.mustRun(t, "r1", Start)
		if err := b.Mark(t.Context(), "r1", Pause, "", "host"); err != nil {
			t.Fatal(err)
		}
		s.on = true
		marked := make(chan error)
		go func() { marked <- b.Mark(context.Background(), "r1", k, "", "host") }()
		<-s.reached
		s.on = false
		gone, cancel := context.WithCancel(t.Context())
		cancel() // the turn is taken: it fails at once, and is owed
		if err := b.Mark(gone, "r1", Expire, "", ""); !errors.Is(err, ErrLedger) {
			t.Errorf("expire: %v", err)
		}
		if b.Allowed("r1", ann) != 0 {
			t.Error("a grant outlives its expiry")
		}
		close(s.goOn)
		if err := <-marked; err != nil {
			t.Fatal(err)
		}
		if b.Run("r1") {
			t.Error("runs after an expiry that came later")
		}
		b.sameAgain(t, s.fake, k, None)
	}
}

// I13, I27: a no that the ledger is owed uses its key. Said again it is one entry; a wider one under the same key is an
// answer of its own, for it closed more.
func TestNoUnderTheKeyOfAnOwedOne(t *testing.T) {
	for _, c := range []struct {
		then    Scope
		ann     State
		left    Scope
		entries int // with announce, shown, grant
	}{{Audio, Granted, Video, 4}, {Audio | Name, Granted, Video, 5}, {All, Withdrawn, 0, 5}} {
		f := &fake{}
		b := openBook(t, f)
		b.mustAnnounce(t, "r1", testNotice())
		b.agree(t, "r1", ann, Audio|Video)
		no := b.reply("r1", ann, Audio)
		no.Key = "k"
		f.failAt = 1
		if _, err := b.Withdraw(t.Context(), no, nobody); !errors.Is(err, ErrLedger) {
			t.Fatal(err)
		}
		no.Scopes = c.then
		shut := false
		st, err := b.Withdraw(t.Context(), no, func() { shut = true })
		if err != nil || st.State != c.ann || st.Scopes != c.left || !shut {
			t.Errorf("%s: %s %s, gates shut %v, %v", c.then, st.State, st.Scopes, shut, err)
		}
		if len(f.entries) != c.entries || len(b.recs["r1"].people[ann].pending) > 0 {
			t.Errorf("%s: %d entries, want %d; pending %v", c.then, len(f.entries), c.entries, b.recs["r1"].people[ann].pending)
		}
		b.sameAgain(t, f, Announce, c.ann)
	}
}

// I13, I27: the same while the first is being written.
func TestNoUnderTheKeyOfOneBeingWritten(t *testing.T) {
	for then, entries := range map[Scope]int{Audio: 4, All: 5} {
		s := &slow{fake: &fake{}, reached: make(chan struct{}), goOn: make(chan struct{})}
		b := openBook(t, s)
		b.mustAnnounce(t, "r1", testNotice())
		b.agree(t, "r1", ann, Audio|Video)
		no := b.reply("r1", ann, Audio)
		no.Key = "k"
		got := make(chan error)
		say := func(a Answer, shut func()) {
			_, err := b.Withdraw(context.Background(), a, shut)
			got <- err
		}
		s.on = true
		go say(no, nobody)
		<-s.reached
		s.on = false
		no.Scopes = then
		shut := make(chan struct{})
		go say(no, func() { close(shut) })
		<-shut
		close(s.goOn)
		if err := errors.Join(<-got, <-got); err != nil {
			t.Error(err)
		}
		if len(s.entries) != entries || len(b.recs["r1"].people[ann].pending) > 0 {
			t.Errorf("%s: %d entries, want %d; pending %v", then, len(s.entries), entries, b.recs["r1"].people[ann].pending)
		}
		b.sameAgain(t, s.fake, Announce, map[Scope]State{Audio: Granted, All: Withdrawn}[then])
	}
}

// sameAgain lets the ledger have what it is owed and holds a replay against memory.
func (b *Book) sameAgain(t *testing.T, f *fake, phase Kind, who State) {
	t.Helper()
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := openBook(t, f)
	if got, want := again.state(), b.state(); got != want {
		t.Errorf("replayed\n%smemory\n%s", got, want)
	}
	if got := again.recs["r1"]; got.phase != phase || got.person(ann).state != who {
		t.Errorf("replay says %s and %s, want %s and %s", got.phase, got.person(ann).state, phase, who)
	}
}

func closedFor(t *rapid.T, b *Book, a Answer, s Scope) {
	if s == 0 {
		s = All
	}
	for _, one := range []Scope{Audio, Video, Screen} {
		if s.Has(one) && (b.Permit(a.Recording, a.Subject, one).Holds() || b.Allowed(a.Recording, a.Subject).Has(one)) {
			t.Fatalf("%s is open after a no to %s", one, s)
		}
	}
}
