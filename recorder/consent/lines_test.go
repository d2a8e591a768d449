package consent

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// I21: a line stands if its author had allowed it when it was written, while the recording ran, and still does.
func TestI21LinesOfConsentingAuthorsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		b := openBook(t, f)
		b.mustAnnounce(t, rec1, testNotice())
		b.agree(t, rec1, ann, Audio|Chat)
		b.agree(t, rec1, bob, All)
		t0 := time.Now()
		time.Sleep(time.Second)
		b.mustRun(t, rec1, Start)
		at := func(s float64) time.Time { return t0.Add(time.Duration(s * float64(time.Second))) }
		allow := func(want string) {
			t.Helper()
			got := ""
			lines, err := b.Lines(t.Context(), rec1)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []float64{0.5, 1.5, 2.5, 3.5} {
				for _, c := range []struct {
					word string
					ok   bool
				}{{"a", lines.Allow(ann, Chat, at(s))}, {"n", lines.Allow(ann, Name, at(s))}, {"p", lines.Allow(ann, Poll, at(s))},
					{"B", lines.Allow(bob, Chat, at(s))}, {"N", lines.Allow(bob, Name, at(s))}, {"P", lines.Allow(bob, Poll, at(s))},
					{"?", lines.Allow("", Chat, at(s)) || lines.Allow("eve", Chat, at(s))}, {"M", lines.Allow(bob, Audio, at(s))}} {
					if c.ok {
						got += c.word
					}
				}
				got += "|"
			}
			if got != want {
				t.Errorf("allowed %q, want %q", got, want)
			}
		}
		time.Sleep(time.Second)
		if err := b.Mark(t.Context(), rec1, Pause, "host", "host"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		b.mustRun(t, rec1, Resume)
		time.Sleep(time.Second)
		allow("|aBNP||aBNP|") // neither before the start nor in the pause

		keep := b.reply(rec1, bob, Chat)
		keep.Keep = true
		if _, err := b.Withdraw(t.Context(), keep, nobody); err != nil {
			t.Fatal(err)
		}
		allow("|aBNP||aBNP|")
		f.down = true
		if _, err := b.Withdraw(t.Context(), b.reply(rec1, bob, Name), nobody); err == nil {
			t.Fatal("the ledger was down")
		}
		allow("|aBP||aBP|") // in force before it is written
		f.down = false
		if _, err := b.Withdraw(t.Context(), b.reply(rec1, ann, Audio), nobody); err != nil {
			t.Fatal(err)
		}
		allow("|BP||BP|") // nothing is left of a grant without media
		if _, err := b.Refuse(t.Context(), b.reply(rec1, bob, 0), nobody); err != nil {
			t.Fatal(err)
		}
		allow("||||")
	})
}

// inBubble hides that it is a test: rapid asks a test for its deadline, which a bubble does not have.
type inBubble struct{ *testing.T }

// I21: whatever the answers, now is allowed exactly what the book says is allowed.
func TestI21LinesAgreeWithTheBook(t *testing.T) {
	allowed := 0
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(inBubble{t}, func(rt *rapid.T) {
			b := openBook(t, &fake{})
			b.mustAnnounce(t, rec1, testNotice())
			b.mustRun(t, rec1, Start)
			kinds := rapid.SliceOfN(rapid.SampledFrom([]Kind{Shown, Grant, Grant, Withdraw, Refuse}), 1, 20).Draw(rt, "acts")
			for _, k := range kinds {
				a := b.reply(rec1, ann, Scope(rapid.IntRange(0, int(All)).Draw(rt, "scopes")))
				a.Keep = rapid.Bool().Draw(rt, "keep")
				switch k {
				case Shown:
					_, _ = b.Show(t.Context(), a)
				case Grant:
					_, _ = b.Show(t.Context(), a)
					_, _ = b.Grant(t.Context(), a, nothing)
				case Withdraw:
					_, _ = b.Withdraw(t.Context(), a, nobody)
				default:
					_, _ = b.Refuse(t.Context(), a, nobody)
				}
				time.Sleep(time.Second)
				lines, err := b.Lines(t.Context(), rec1)
				if err != nil {
					rt.Fatal(err)
				}
				for _, s := range []Scope{Name, Chat, Poll} {
					got, want := lines.Allow(ann, s, time.Now()), b.Allowed(rec1, ann).Has(s)
					if got != want {
						rt.Fatalf("after %s %s: %s allowed %v, the book says %v", k, a.Scopes, s, got, want)
					}
					if got {
						allowed++
					}
				}
			}
		})
	})
	if allowed == 0 {
		t.Error("nothing was ever allowed")
	}
}

// I8: a notice from before chat and polls were asked for gives no right to them, whatever an answer says.
func TestI8AnOlderNoticeGivesNoMore(t *testing.T) {
	f := &fake{}
	b := openBook(t, f)
	old := testNotice()
	old.Asks = 0
	b.mustAnnounce(t, rec1, old)
	for _, book := range []*Book{b, openBook(t, f)} {
		if _, err := book.Show(t.Context(), book.reply(rec1, ann, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := book.Grant(t.Context(), book.reply(rec1, ann, Audio|Chat), nothing); err == nil {
			t.Error("chat was granted under a text that does not name it")
		}
		if st, err := book.Grant(t.Context(), book.reply(rec1, ann, 0), nothing); err != nil || st.Scopes != oldest {
			t.Errorf("%s, %v", st.Scopes, err)
		}
	}
	if now := testNotice(); now.asks() != All || !slices.Contains(All.Words(), "poll") {
		t.Errorf("%s", now.asks())
	}
}
