package consent

import (
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

// I13, with appends that fail at any place: whatever memory says, the ledger says too once it has what it is owed, and
// with a failing ledger memory is never more open than the ledger.
func TestReplayGivesTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := &fake{}
		b, err := newBook(t.Context(), f, testWebinar)
		if err != nil {
			rt.Fatal(err)
		}
		ctx := t.Context()
		who := rapid.SampledFrom([]webinar.SubjectID{ann, bob})
		recs := rapid.SampledFrom([]RecordingID{"r1", "r2"})
		scopes := rapid.Map(rapid.IntRange(0, 15), func(i int) Scope { return Scope(i) })
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
				if len(b.owed) > 0 {
					return
				}
				again, err := newBook(ctx, f, testWebinar)
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
			"settle": func(t *rapid.T) {
				f.failAt = 0
				if err := b.Settle(ctx); err != nil || len(b.owed) > 0 {
					t.Fatalf("settle: %v, %d owed", err, len(b.owed))
				}
			},
		})
	})
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
