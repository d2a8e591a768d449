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
		"fine":               {Draft{"Ja?", []string{"Ja", "Nein"}, "k"}, "", ""},
		"longest":            {Draft{strings.Repeat("ä", MaxQuestion), []string{strings.Repeat("ß", MaxOption), "b"}, strings.Repeat("k", MaxKey)}, "", ""},
		"most options":       {Draft{"?", many(MaxOptions), ""}, "", ""},
		"no question":        {Draft{" ", many(2), ""}, "question", "empty"},
		"question too long":  {Draft{strings.Repeat("ä", MaxQuestion+1), many(2), ""}, "question", "too-long"},
		"control characters": {Draft{"a\x00b", many(2), ""}, "question", "control-characters"},
		"bidi override":      {Draft{"?", []string{"a", "\u202Eb"}, ""}, "options", "control-characters"},
		"not UTF-8":          {Draft{"?", []string{"a", "\xff"}, ""}, "options", "not-utf8"},
		"no options":         {Draft{"?", nil, ""}, "options", "too-few"},
		"one option":         {Draft{"?", many(1), ""}, "options", "too-few"},
		"too many options":   {Draft{"?", many(MaxOptions + 1), ""}, "options", "too-many"},
		"empty option":       {Draft{"?", []string{"a", "\t"}, ""}, "options", "empty"},
		"option too long":    {Draft{"?", []string{"a", strings.Repeat("b", MaxOption+1)}, ""}, "options", "too-long"},
		"duplicate":          {Draft{"?", []string{"a", "b", " a "}, ""}, "options", "duplicate"},
		"key too long":       {Draft{"?", many(2), strings.Repeat("k", MaxKey+1)}, "key", "too-long"},
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
		ErrUnknownOption:         func(s *standing) { s.option = -1 },
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
		p := Poll{ID: "p"}
		for i := range rapid.IntRange(MinOptions, MaxOptions).Draw(rt, "options") {
			p.Options = append(p.Options, Option{ID: OptionID(rune('a' + i))})
		}
		picks := rapid.SliceOf(rapid.IntRange(0, len(p.Options)-1)).Draw(rt, "picks")
		step := NewTally(p)
		var box []Ballot
		for _, i := range picks {
			step.add(i, 1)
			box = append(box, Ballot{Poll: p.ID, Option: p.Options[i].ID})
		}
		got, err := Count(p, slices.Values(box))
		if err != nil || !slices.Equal(got.Votes, step.Votes) || got.Total != len(picks) {
			rt.Fatalf("%v, %v; want %v", got, err, step)
		}
		sum := 0.0
		for i := range p.Options {
			sum += got.Percent(i)
		}
		if len(picks) > 0 && (sum < 99.999 || sum > 100.001) || len(picks) == 0 && sum != 0 {
			rt.Fatalf("shares sum to %v", sum)
		}
	})
	p := Poll{ID: "p", Options: []Option{{ID: "a"}}}
	for _, b := range []Ballot{{Poll: "p", Option: "z"}, {Poll: "q", Option: "a"}} {
		if _, err := Count(p, slices.Values([]Ballot{b})); !errors.Is(err, ErrUnknownOption) {
			t.Errorf("%v was counted: %v", b, err)
		}
	}
}

func TestCSV(t *testing.T) {
	p := Poll{Options: []Option{{Text: "Köln, \"am Rhein\""}, {Text: "=HYPERLINK(\"x\")"}, {Text: "Bonn"}}}
	var b bytes.Buffer
	if err := WriteCSV(&b, p, Tally{Votes: []int{2, 1, 0}, Total: 3}); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffoption,votes,percent\r\n\"Köln, \"\"am Rhein\"\"\",2,66.7\r\n\"'=HYPERLINK(\"\"x\"\")\",1,33.3\r\nBonn,0,0.0\r\n"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
	if err := WriteCSV(failing{}, p, NewTally(p)); err == nil {
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
		p := Poll{Options: []Option{{Text: a}, {Text: b}}}
		var out bytes.Buffer
		if err := WriteCSV(&out, p, NewTally(p)); err != nil {
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
