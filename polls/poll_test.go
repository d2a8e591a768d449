package polls

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plenum/webinar"
)

func TestDraftValidate(t *testing.T) {
	many := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = strings.Repeat("x", i+1)
		}
		return out
	}
	for name, c := range map[string]struct {
		draft         Draft
		field, reason string
	}{
		"fine":               {Draft{Question: "Ja?", Options: []string{"Ja", "Nein"}, Key: "k"}, "", ""},
		"longest":            {Draft{Question: strings.Repeat("ä", MaxQuestion), Options: []string{strings.Repeat("ß", MaxOption), "b"}, Key: strings.Repeat("k", MaxKey)}, "", ""},
		"most options":       {Draft{Question: "?", Options: many(MaxOptions), Key: ""}, "", ""},
		"no question":        {Draft{Question: " ", Options: many(2), Key: ""}, "question", "empty"},
		"question too long":  {Draft{Question: strings.Repeat("ä", MaxQuestion+1), Options: many(2), Key: ""}, "question", "too-long"},
		"control characters": {Draft{Question: "a\x00b", Options: many(2), Key: ""}, "question", "control-characters"},
		"bidi override":      {Draft{Question: "?", Options: []string{"a", "\u202Eb"}, Key: ""}, "options", "control-characters"},
		"not UTF-8":          {Draft{Question: "?", Options: []string{"a", "\xff"}, Key: ""}, "options", "not-utf8"},
		"no options":         {Draft{Question: "?", Options: nil, Key: ""}, "options", "too-few"},
		"one option":         {Draft{Question: "?", Options: many(1), Key: ""}, "options", "too-few"},
		"too many options":   {Draft{Question: "?", Options: many(MaxOptions + 1), Key: ""}, "options", "too-many"},
		"empty option":       {Draft{Question: "?", Options: []string{"a", "\t"}, Key: ""}, "options", "empty"},
		"option too long":    {Draft{Question: "?", Options: []string{"a", strings.Repeat("b", MaxOption+1)}, Key: ""}, "options", "too-long"},
		"duplicate":          {Draft{Question: "?", Options: []string{"a", "b", " a "}, Key: ""}, "options", "duplicate"},
		"key too long":       {Draft{Question: "?", Options: many(2), Key: strings.Repeat("k", MaxKey+1)}, "key", "too-long"},
	} {
		err := c.draft.Validate()
		invalid, ok := errors.AsType[*webinar.InvalidError](err)
		if c.field == "" && err == nil {
			continue
		}
		if !ok || invalid.Field != c.field || invalid.Reason != c.reason {
			t.Errorf("%s: %v, want %s %s", name, err, c.field, c.reason)
		}
	}
}

func TestParseReceipt(t *testing.T) {
	good := strings.Repeat("0123456789abcdef", 4)
	if r, err := ParseReceipt(good); err != nil || string(r) != good {
		t.Errorf("%v, %v", r, err)
	}
	for _, bad := range []string{"", good[1:], good + "0", strings.ToUpper(good), good[:63] + "g", good[:63] + "\n", good[:63] + "'"} {
		if _, err := ParseReceipt(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// FuzzParseReceipt holds the parser against the CHECK of the table: what one takes the other must take.
func FuzzParseReceipt(f *testing.F) {
	f.Add(strings.Repeat("0123456789abcdef", 4))
	f.Add(strings.Repeat("é", 32))
	f.Fuzz(func(t *testing.T, s string) {
		_, err := ParseReceipt(s)
		fine := len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
		if (err == nil) != fine {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func TestVerdict(t *testing.T) {
	fine := standing{state: StateOpen, ticket: true}
	if err := fine.verdict(); err != nil {
		t.Error(err)
	}
	for want, change := range map[error]func(*standing){
		webinar.ErrTicketInvalid: func(s *standing) { s.ticket = false },
		ErrAlreadyVoted:          func(s *standing) { s.voted, s.state = true, StateClosed },
		ErrNotOpen:               func(s *standing) { s.state = StateDraft },
		ErrClosed:                func(s *standing) { s.state = StateClosed },
		ErrUnknownOption:         func(s *standing) { s.fits = ErrUnknownOption },
		ErrReceiptTaken:          func(s *standing) { s.receipt = true },
	} {
		s := fine
		change(&s)
		if err := s.verdict(); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", s, err, want)
		}
	}
	if err := (standing{ticket: true, state: "later"}).verdict(); err == nil {
		t.Error("a vote in an unknown state counts")
	}
}

func TestCountMatchesAnyBox(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := Poll{ID: "p", Kind: MultipleChoice}
		for i := range rapid.IntRange(MinOptions, MaxOptions).Draw(rt, "options") {
			p.Options = append(p.Options, Option{ID: OptionID(rune('a' + i))})
		}
		p.Rules.Most = rapid.IntRange(1, len(p.Options)).Draw(rt, "most")
		p.Rules.Least = rapid.IntRange(1, p.Rules.Most).Draw(rt, "least")
		pick := rapid.SliceOfNDistinct(rapid.IntRange(0, len(p.Options)-1), p.Rules.Least, p.Rules.Most, rapid.ID[int])
		picks := rapid.SliceOf(pick).Draw(rt, "picks")
		want := make([]int, len(p.Options))
		var box []Ballot
		for _, places := range picks {
			b := Ballot{Poll: p.ID}
			for _, i := range places {
				want[i]++
				b.Answer.Options = append(b.Answer.Options, p.Options[i].ID)
			}
			box = append(box, b)
		}
		got, err := Count(p, slices.Values(box))
		if err != nil || !slices.Equal(got.Votes, want) || got.Total != len(picks) {
			rt.Fatalf("%v, %v; want %v of %d", got, err, want, len(picks))
		}
	})
	p := Poll{ID: "p", Kind: SingleChoice, Options: []Option{{ID: "a"}}, Rules: Rules{Least: 1, Most: 1}}
	for _, b := range []Ballot{{Poll: "p", Answer: chosen("z")}, {Poll: "q", Answer: chosen("a")}} {
		if _, err := Count(p, slices.Values([]Ballot{b})); !errors.Is(err, ErrUnknownOption) {
			t.Errorf("%v was counted: %v", b, err)
		}
	}
}

func TestCSV(t *testing.T) {
	p := Poll{Kind: SingleChoice, Options: []Option{{Text: "Köln, \"am Rhein\""}, {Text: "=HYPERLINK(\"x\")"}, {Text: "Bonn"}}}
	var b bytes.Buffer
	if err := WriteCSV(&b, p, Tally{Votes: []int{2, 1, 0}, Total: 3}); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffoption,votes,percent\r\n\"Köln, \"\"am Rhein\"\"\",2,66.7\r\n\"'=HYPERLINK(\"\"x\"\")\",1,33.3\r\nBonn,0,0.0\r\n"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
	if err := WriteCSV(failing{}, p, newCount(p).tally()); err == nil {
		t.Error("a failing writer was not reported")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

// Whatever an option says, a reader gets the row back and no cell begins with a sign.
func FuzzCSV(f *testing.F) {
	f.Add("=1", "a,b")
	f.Add("\"", "\r\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		p := Poll{Kind: SingleChoice, Options: []Option{{Text: a}, {Text: b}}}
		var out bytes.Buffer
		if err := WriteCSV(&out, p, newCount(p).tally()); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%q: %v", out.String(), err)
		}
		for _, row := range rows {
			if len(row) != 3 || (row[0] != "" && strings.Contains("=+-@\t\r", row[0][:1])) {
				t.Errorf("row %q", row)
			}
		}
	})
}

func TestChoiceRead(t *testing.T) {
	p := Poll{Kind: MultipleChoice, Options: []Option{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}}, Rules: Rules{Least: 2, Most: 3}}
	for _, c := range []struct {
		chosen, read []OptionID
		err          error
	}{
		{[]OptionID{"c", "a"}, []OptionID{"a", "c"}, nil},
		{[]OptionID{"d", "a", "b"}, []OptionID{"a", "b", "d"}, nil},
		{nil, nil, ErrChoices},
		{[]OptionID{"a"}, nil, ErrChoices},
		{[]OptionID{"a", "b", "c", "d"}, nil, ErrChoices},
		{[]OptionID{"a", "a"}, nil, ErrChoices},
		{[]OptionID{"a", "z"}, nil, ErrUnknownOption},
		{make([]OptionID, 10_000), nil, ErrChoices},
	} {
		if got, err := p.read(chosen(c.chosen...)); !slices.Equal(got.Options, c.read) || !errors.Is(err, c.err) {
			t.Errorf("%v: %v, %v", c.chosen, got, err)
		}
	}
	if _, err := (Poll{Kind: "essay"}).read(Answer{}); !errors.Is(err, ErrAnswer) {
		t.Errorf("of no kind: %v", err)
	}
}

func TestDraftsOfSeveralChoices(t *testing.T) {
	for name, c := range map[string]struct {
		d           Draft
		field       string
		least, most int
	}{
		"nothing said is single":     {Draft{}, "", 1, 1},
		"single has no bounds":       {Draft{Kind: SingleChoice, Rules: Rules{Least: 2, Most: 3}}, "", 1, 1},
		"some, without bounds":       {Draft{Kind: MultipleChoice}, "", 1, 3},
		"some, with bounds":          {Draft{Kind: MultipleChoice, Rules: Rules{Least: 2, Most: 2}}, "", 2, 2},
		"more than there are":        {Draft{Kind: MultipleChoice, Rules: Rules{Most: 4}}, "most", 0, 0},
		"fewer than none":            {Draft{Kind: MultipleChoice, Rules: Rules{Least: -1}}, "least", 0, 0},
		"at least more than at most": {Draft{Kind: MultipleChoice, Rules: Rules{Least: 3, Most: 2}}, "least", 0, 0},
		"of no kind":                 {Draft{Kind: "essay"}, "kind", 0, 0},
	} {
		c.d.Question, c.d.Options = "Which?", []string{"a", "b", "c"}
		err := c.d.Validate()
		invalid, bad := errors.AsType[*webinar.InvalidError](err)
		if bad != (c.field != "") || bad && invalid.Field != c.field || !bad && (c.d.Rules.Least != c.least || c.d.Rules.Most != c.most) {
			t.Errorf("%s: %v, %d to %d", name, err, c.d.Rules.Least, c.d.Rules.Most)
		}
	}
}
