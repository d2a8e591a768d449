package polls

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"plenum/webinar"
)

// asked opens a poll of a kind.
func (f *fixture) askedOf(tb testing.TB, d Draft) Poll {
	tb.Helper()
	d.Question = cmp.Or(d.Question, "Was meinen Sie?")
	p, err := f.Create(tb.Context(), room, d)
	if err == nil {
		p, err = f.OpenPoll(tb.Context(), room, p.ID, Opening{})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func (f *fixture) say(tb testing.TB, p Poll, who string, said ...string) error {
	tb.Helper()
	_, err := f.Vote(tb.Context(), room, p.ID, webinar.TicketID(who), Answer{Texts: said}, receiptOf(string(p.ID), who))
	return err
}

func (f *fixture) saidBy(tb testing.TB, p Poll, who string, said ...string) {
	tb.Helper()
	if err := f.say(tb, p, who, said...); err != nil {
		tb.Fatal(err)
	}
}

// screen is what an attendee who has voted sees of a poll.
func (f *fixture) screen(tb testing.TB, p Poll, who string) string {
	tb.Helper()
	v, err := f.Get(tb.Context(), room, p.ID, webinar.TicketID(who), false)
	if err != nil {
		tb.Fatal(err)
	}
	if v.Tally == nil {
		return "nothing"
	}
	if v.Tally.States != nil {
		tb.Errorf("states went out: %v", v.Tally.States)
	}
	var out []string
	for i, s := range v.Tally.Texts {
		out = append(out, fmt.Sprintf("%s %d", s, v.Tally.Votes[i]))
	}
	return fmt.Sprintf("%d: %s", v.Tally.Total, strings.Join(out, ", "))
}

func (f *fixture) decide(tb testing.TB, p Poll, text string, to TextState) {
	tb.Helper()
	if err := f.Moderate(tb.Context(), room, p.ID, text, to); err != nil {
		tb.Fatal(err)
	}
}

// What people write waits for a host, who may show, hide and erase it, before and after the closing and a restart.
func TestTextsWaitForAHost(t *testing.T) {
	f := newFixture(t, 4)
	p := f.askedOf(t, Draft{Kind: OpenText, Rules: Rules{Most: 2}})
	f.saidBy(t, p, "t0", " Mehr  Pausen\nbitte ", "Danke!")
	f.saidBy(t, p, "t1", "Danke!")
	f.saidBy(t, p, "t2", "Name und Anschrift")
	check := func(when, want string) {
		t.Helper()
		if got := f.screen(t, p, "t0"); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	check("before a host has looked", "3: ")
	f.decide(t, p, "Danke!", TextShown)
	f.decide(t, p, "Mehr Pausen bitte", TextShown)
	check("two are shown, the last first", "3: Mehr Pausen bitte 1, Danke! 2")
	f.restart(t)
	check("after a restart", "3: Mehr Pausen bitte 1, Danke! 2")
	f.decide(t, p, "Danke!", TextHidden)
	check("one is hidden", "3: Mehr Pausen bitte 1")
	if err := f.RemoveText(t.Context(), room, p.ID, "Name und Anschrift"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	check("closed", "3: Mehr Pausen bitte 1")
	f.decide(t, p, "Danke!", TextShown)
	check("shown after the closing", "3: Danke! 2, Mehr Pausen bitte 1")
	if err := f.RemoveText(t.Context(), room, p.ID, "Danke!"); err != nil {
		t.Fatal(err)
	}
	f.restart(t)
	check("erased after the closing", "3: Mehr Pausen bitte 1")
	for table, found := range rows(t, f.db) {
		for _, row := range found {
			if strings.Contains(row, "Anschrift") || strings.Contains(row, "Danke!") {
				t.Errorf("%s still holds what was erased: %s", table, row)
			}
		}
	}
	if ballots, voters := f.box(t, p.ID); ballots != 3 || voters != 3 {
		t.Errorf("%d ballots, %d voters", ballots, voters)
	}
	for name, c := range map[string]struct {
		err, want error
	}{
		"erased text":  {f.Moderate(t.Context(), room, p.ID, "Danke!", TextShown), ErrNoText},
		"another room": {f.Moderate(t.Context(), other, p.ID, "Mehr Pausen bitte", TextShown), ErrNotFound},
		"another kind": {f.Moderate(t.Context(), room, f.opened(t, room, "a", "b").ID, "a", TextShown), ErrNotModerated},
		"a draft":      {f.Moderate(t.Context(), room, f.draft(t, room, "a", "b").ID, "a", TextShown), ErrNotOpen},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
}

func TestTextsShownAtOnce(t *testing.T) {
	f := newFixture(t, mostTexts+2)
	p := f.askedOf(t, Draft{Kind: OpenText, Rules: Rules{AtOnce: true}})
	for i := range mostTexts + 2 {
		f.saidBy(t, p, fmt.Sprint("t", i), fmt.Sprint("Satz ", i))
	}
	if got := f.screen(t, p, "t0"); !strings.HasPrefix(got, fmt.Sprintf("%d: Satz %d 1, Satz %d 1", mostTexts+2, mostTexts+1, mostTexts)) || strings.Contains(got, "Satz 1 1") {
		t.Errorf("not the newest %d: %s", mostTexts, got)
	}
	f.decide(t, p, "Satz 41", TextHidden)
	if got := f.screen(t, p, "t0"); strings.Contains(got, "Satz 41") {
		t.Errorf("hidden, and still there: %s", got)
	}
}

func TestWordsAreFolded(t *testing.T) {
	f := newFixture(t, 5)
	p := f.askedOf(t, Draft{Kind: WordCloud})
	f.saidBy(t, p, "t0", "Freiheit", "freiheit ", "Straße")
	f.saidBy(t, p, "t1", "FREIHEIT", "STRASSE")
	f.saidBy(t, p, "t2", "Freiheit", "cafe\u0301")
	f.saidBy(t, p, "t3", "Caf\u00e9", "ΟΔΟΣ", "οδος")
	if got, want := f.screen(t, p, "t0"), "4: Freiheit 3, Café 2, STRASSE 2, ΟΔΟΣ 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	f.decide(t, p, "freiHEIT", TextHidden)
	f.saidBy(t, p, "t4", "Freiheit")
	if got, want := f.screen(t, p, "t0"), "5: Café 2, STRASSE 2, ΟΔΟΣ 1"; got != want {
		t.Errorf("a hidden word came back: %s, want %s", got, want)
	}
	list, err := f.Texts(t.Context(), room, p.ID)
	if err != nil || list[0] != (Text{"Freiheit", 4, TextHidden}) || len(list) != 4 {
		t.Errorf("a host sees %v, %v", list, err)
	}
}

func TestRefusedTexts(t *testing.T) {
	f := newFixture(t, 2)
	p := f.askedOf(t, Draft{Kind: OpenText, Rules: Rules{Most: 2, Length: 20}})
	for name, c := range map[string]struct {
		said   []string
		reason string // of an *webinar.InvalidError; empty: ErrChoices
	}{
		"none":               {nil, ""},
		"three":              {[]string{"a", "b", "c"}, ""},
		"blank":              {[]string{" \t\n\u00a0\u3000 "}, "empty"},
		"zero width only":    {[]string{"\u200b\u200d\u2060\ufeff"}, "empty"},
		"Hangul filler only": {[]string{"\u3164\u115f"}, "empty"},
		"marks only":         {[]string{"\u0301\u0301"}, "empty"},
		"a megabyte":         {[]string{strings.Repeat("x", 1<<20)}, "too-long"},
		"one rune too many":  {[]string{strings.Repeat("ä", 21)}, "too-long"},
		"turned around":      {[]string{"abc\u202edcb"}, "control-characters"},
		"a bell":             {[]string{"a\ab"}, "control-characters"},
		"no UTF-8":           {[]string{"a\xff"}, "not-utf8"},
	} {
		err := f.say(t, p, "t0", c.said...)
		bad, ok := errors.AsType[*webinar.InvalidError](err)
		if (c.reason == "") != errors.Is(err, ErrChoices) || (ok && bad.Reason != c.reason) || (c.reason != "" && !ok) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Vote(t.Context(), room, p.ID, "t0", Answer{Options: []OptionID{"a"}, Texts: []string{"x"}}, receiptOf("x")); !errors.Is(err, ErrAnswer) {
		t.Errorf("options in open text: %v", err)
	}
	if _, err := f.Vote(t.Context(), room, p.ID, "t0", Answer{Removed: 1}, receiptOf("x")); !errors.Is(err, ErrChoices) {
		t.Errorf("a voter who removed: %v", err)
	}
	q := f.opened(t, room, "a", "b")
	if _, err := f.Vote(t.Context(), room, q.ID, "t0", Answer{Options: []OptionID{q.Options[0].ID}, Texts: []string{"x"}}, receiptOf("y")); !errors.Is(err, ErrAnswer) {
		t.Errorf("texts in a choice: %v", err)
	}
	family := "\U0001F468\u200d\U0001F469\u200d\U0001F467 مرحبا <b>=1+1</b>"
	r := f.askedOf(t, Draft{Kind: OpenText})
	f.saidBy(t, r, "t1", family)
	if list, err := f.Texts(t.Context(), room, r.ID); err != nil || list[0].Text != family {
		t.Errorf("%q became %v, %v", family, list, err)
	}
	var csv strings.Builder
	_, tally, err := f.Results(t.Context(), room, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	tally.Texts[0] = "=HYPERLINK(\"http://x\")"
	if err := WriteCSV(&csv, r, tally); err != nil || !strings.Contains(csv.String(), `"'=HYPERLINK(""http://x"")"`) {
		t.Errorf("%s, %v", csv.String(), err)
	}
}

func TestDraftsOfTexts(t *testing.T) {
	for _, c := range []struct {
		draft Draft
		want  Rules
		field string // at fault
	}{
		{Draft{Kind: OpenText}, Rules{Least: 1, Most: 1, Length: UsualLength}, ""},
		{Draft{Kind: OpenText, Rules: Rules{Most: 5, Length: 500, AtOnce: true}}, Rules{Least: 1, Most: 5, Length: 500, AtOnce: true}, ""},
		{Draft{Kind: WordCloud, Rules: Rules{Length: 400}}, Rules{Least: 1, Most: 3, Length: WordLength, AtOnce: true}, ""},
		{Draft{Kind: OpenText, Rules: Rules{Most: 6}}, Rules{}, "most"},
		{Draft{Kind: OpenText, Rules: Rules{Length: 501}}, Rules{}, "length"},
		{Draft{Kind: OpenText, Rules: Rules{Length: -1}}, Rules{}, "length"},
		{Draft{Kind: WordCloud, Rules: Rules{Most: 4}}, Rules{}, "most"},
		{Draft{Kind: WordCloud, Options: []string{"a", "b"}}, Rules{}, "options"},
	} {
		c.draft.Question = "?"
		err := c.draft.Validate()
		if bad, ok := errors.AsType[*webinar.InvalidError](err); ok != (c.field != "") || (ok && bad.Field != c.field) {
			t.Errorf("%+v: %v", c.draft, err)
		}
		if got := c.draft.Rules; err == nil && fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}

// Whatever is said, hidden, shown and erased in whatever order: memory, file and a plain recount of the ballots agree.
func TestTextsAgreeWithTheBox(t *testing.T) {
	f := newFixture(t, 8)
	words := []string{"Ja", "ja", "NEIN", "nein", "Weiß nicht", "weiss NICHT", "🙂"}
	rapid.Check(t, func(rt *rapid.T) {
		k := texts{cloud: rapid.Bool().Draw(rt, "cloud")}
		d := Draft{Kind: OpenText, Rules: Rules{Most: 2, AtOnce: rapid.Bool().Draw(rt, "at once")}}
		if k.cloud {
			d = Draft{Kind: WordCloud, Rules: Rules{Most: 2}}
		}
		p := f.askedOf(t, d)
		voted, hidden := map[string]bool{}, map[string]bool{}
		closed := false
		word := rapid.SampledFrom(words)
		rt.Repeat(map[string]func(*rapid.T){
			"say": func(rt *rapid.T) {
				who := fmt.Sprint("t", rapid.IntRange(0, 7).Draw(rt, "seat"))
				err := f.say(t, p, who, rapid.SliceOfN(word, 1, 2).Draw(rt, "said")...)
				if (err == nil) != (!voted[who] && !closed) {
					rt.Fatalf("%s: %v", who, err)
				}
				if err == nil {
					voted[who] = true
				}
			},
			"hide": func(rt *rapid.T) {
				text := word.Draw(rt, "text")
				if err := f.Moderate(t.Context(), room, p.ID, text, TextHidden); err == nil {
					hidden[k.key(text)] = true
				} else if !errors.Is(err, ErrNoText) {
					rt.Fatal(err)
				}
			},
			"remove": func(rt *rapid.T) {
				text := word.Draw(rt, "text")
				if err := f.RemoveText(t.Context(), room, p.ID, text); err == nil {
					delete(hidden, k.key(text))
				} else if !errors.Is(err, ErrNoText) {
					rt.Fatal(err)
				}
			},
			"close": func(rt *rapid.T) {
				if rapid.IntRange(0, 4).Draw(rt, "sure") == 0 {
					if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
						rt.Fatal(err)
					}
					closed = true
				}
			},
			"": func(rt *rapid.T) {
				box, err := f.store.ballots(t.Context(), p.ID)
				if err != nil || len(box) != len(voted) {
					rt.Fatalf("%d ballots of %d voters, %v", len(box), len(voted), err)
				}
				want := map[string]int{}
				for _, b := range box {
					for _, s := range b.Answer.Texts {
						want[k.key(s)]++
					}
				}
				list, err := f.Texts(t.Context(), room, p.ID)
				if err != nil || len(list) != len(want) {
					rt.Fatalf("%v, %v; want %v", list, err, want)
				}
				for _, got := range list {
					if key := k.key(got.Text); got.Votes != want[key] || (got.State == TextHidden) != hidden[key] {
						rt.Fatalf("%+v, want %d, hidden %v", got, want[key], hidden[key])
					}
				}
			},
		})
		if err := f.db.Exec("DELETE FROM polls").Error; err != nil {
			rt.Fatal(err)
		}
	})
}

func FuzzCleanWords(f *testing.F) {
	for _, s := range []string{"a", " ", "e\u0301", "\u202e", strings.Repeat("\u0301", 9), "a\u200d\u200b", "\U0001F468\u200d\U0001F469"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := cleanWords(s, 30)
		if err != nil {
			if _, ok := errors.AsType[*webinar.InvalidError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if n := utf8.RuneCountInString(got); n == 0 || n > 30 || !strings.ContainsFunc(got, visible) {
			t.Fatalf("%q became %q", s, got)
		}
		if again, err := cleanWords(got, 30); err != nil || again != got {
			t.Fatalf("%q, cleaned %q, cleaned again %q, %v", s, got, again, err)
		}
		k := texts{cloud: true}
		if key := k.key(got); k.key(key) != key {
			t.Fatalf("%q folds to %q and on to %q", got, key, k.key(key))
		}
	})
}

// Nothing that is stored about texts tells who wrote them.
func TestTextsAreNotLinkedToVoters(t *testing.T) {
	f := newFixture(t, 12)
	p := f.askedOf(t, Draft{Kind: OpenText, Rules: Rules{AtOnce: true}})
	said := map[string]string{}
	for i := range 12 {
		who := fmt.Sprint("t", i)
		said[who] = fmt.Sprintf("Satz von Nummer %d.", i*7919)
		f.saidBy(t, p, who, said[who])
		f.decide(t, p, said[who], []TextState{TextShown, TextHidden}[i%2])
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for table, found := range rows(t, f.db) {
		for _, row := range found {
			for who, text := range said {
				if !strings.Contains(row, text) {
					continue
				}
				seen++
				if slices.ContainsFunc([]string{":" + who + " ", ":" + who + "]"}, func(s string) bool { return strings.Contains(row, s) }) {
					t.Errorf("%s: %s", table, row)
				}
				if table == "poll_texts" && strings.Contains(row, receiptOf(string(p.ID), who)) {
					t.Errorf("a decision leads to a ballot: %s", row)
				}
			}
		}
	}
	if seen < 24 {
		t.Errorf("the test looked at %d rows with texts", seen)
	}
}
