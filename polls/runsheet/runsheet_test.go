package runsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/polls"
	"plenum/webinar"
)

const example = `# Vorstandswahl 2027

Alles vor der ersten Frage liest nur, wer das hier schreibt.

## Wohin fahren wir?

kind: multiple
secrecy: named
most: 2
open for: 90 s
results: closed
series: Wahl

- Köln
* Bonn \*am Rhein\*
+ <b>Ulm</b>

## Noch etwas? ##
survey_until: 2027-01-31T18:00:00Z
- Ja
- =1+1
`

func TestExample(t *testing.T) {
	got, err := ParseMarkdown(example)
	if err != nil {
		t.Fatal(err)
	}
	want := []polls.Draft{
		{Question: "Wohin fahren wir?", Kind: polls.MultipleChoice, Options: []string{"Köln", "Bonn *am Rhein*", "<b>Ulm</b>"},
			Secrecy: polls.Named,
			Rules:   polls.Rules{Least: 1, Most: 2}, Plan: polls.Plan{OpenFor: 90 * time.Second, Results: polls.ResultsClosed, Series: "Wahl"}},
		{Question: "Noch etwas?", Kind: polls.SingleChoice, Options: []string{"Ja", "=1+1"}, Secrecy: polls.Anonymous, Rules: polls.Rules{Least: 1, Most: 1},
			Plan: polls.Plan{SurveyUntil: time.Date(2027, 1, 31, 18, 0, 0, 0, time.UTC), Results: polls.ResultsVoted}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	table := "Option 1;question;Option 2;open for;survey until;\r\n\"Ja; klar\";Kommt ihr?;Nein;2 min;;\r\n;;;;;\r\nA;B?;C;;2027-01-31t18:00:00z;\r\n"
	got, err = ParseCSV(table)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Options[0] != "Ja; klar" || got[0].OpenFor != 2*time.Minute || got[1].SurveyUntil.IsZero() || got[1].Question != "B?" {
		t.Errorf("%+v", got)
	}
}

// In a quiz, answers are counted from 1.
func TestQuiz(t *testing.T) {
	got, err := ParseMarkdown("## q\nkind: quiz\nopen for: 30 s\ncorrect: 1, 3\nspeed: yes\n- a\n- b\n- c\n")
	if err != nil || !slices.Equal(got[0].Rules.Correct, []int{0, 2}) || !got[0].Rules.Speed {
		t.Fatalf("%+v, %v", got, err)
	}
	if out := string(Markdown(got)); !strings.Contains(out, "\ncorrect: 1, 3\n") {
		t.Error(out)
	}
	if _, err := ParseMarkdown("## q\nkind: quiz\nopen for: 30 s\ncorrect: 4\n- a\n- b\n- c\n"); err == nil {
		t.Error("an answer that is not there is correct")
	}
}

// alphabet is what texts are made of here: what Markdown, HTML, CSV and spreadsheets make something of, and what they break.
var alphabet = []string{"a", "Ö", "7", " ", "  ", "\\", "`", "*", "_", "<", ">", "[x]", "[ ]", "&amp;", "#", "##", "|", "~", "-", "+", "=", "@", "'", "''",
	"\"", ",", ";", ":", "kind: ", "- ", "=1+1", "＝", "🙂", "👩‍👩‍👧", "שלום", "\u200b", "https://example.org/?a=b", "<script>alert(1)</script>"}

func text(r *rand.Rand) string {
	for {
		var b strings.Builder
		for range 1 + r.IntN(8) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		if s := strings.TrimSpace(b.String()); s != "" {
			return s
		}
	}
}

// draft makes a valid poll of any kind.
func draft(r *rand.Rand) polls.Draft {
	kinds := polls.Kinds()
	for {
		d := polls.Draft{Question: text(r), Kind: kinds[r.IntN(len(kinds))]}
		for range r.IntN(6) {
			d.Options = append(d.Options, text(r))
		}
		d.Secrecy = []polls.Secrecy{"", polls.Named, polls.Anonymous, polls.Secret}[r.IntN(4)]
		d.Changeable = r.IntN(3) == 0
		fill(r, reflect.ValueOf(&d.Rules).Elem(), len(d.Options))
		switch r.IntN(3) {
		case 0:
			d.OpenFor = time.Duration(5+r.IntN(9000)) * time.Second
		case 1:
			d.SurveyUntil = time.UnixMilli(1_800_000_000_000 + r.Int64N(1e9)).UTC()
		}
		if r.IntN(2) == 0 {
			d.Series = text(r)
		}
		if d.Validate() == nil {
			return d
		}
	}
}

// fill guesses at the rules; Validate throws away what the kind does not use.
func fill(r *rand.Rand, v reflect.Value, options int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if r.IntN(3) > 0 {
				fill(r, v.Field(i), options)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), options)
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int:
		v.SetInt(int64(r.IntN(options + 2)))
	case reflect.Int64:
		v.SetInt(int64(time.Duration(r.IntN(100)) * time.Second))
	case reflect.Float64:
		v.SetFloat(float64(r.IntN(2000)-1000) / 8)
	case reflect.String:
		v.SetString(text(r))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(2), 2))
		for i := range v.Len() {
			fill(r, v.Index(i), options)
		}
	default:
		panic("a rule of a type that settings.go does not write: " + v.Type().String())
	}
}

// What is written can be read, says the same, and is written in the same form again.
func TestRoundTrip(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
	seen := map[polls.Kind]int{}
	for range 400 {
		want := make([]polls.Draft, 1+r.IntN(4))
		for i := range want {
			want[i] = draft(r)
			seen[want[i].Kind]++
		}
		md := Markdown(want)
		got, err := ParseMarkdown(string(md))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %v\n%s\ngot  %+v\nwant %+v", seed, err, md, got, want)
		}
		var out bytes.Buffer
		if err := WriteCSV(&out, want); err != nil {
			t.Fatal(err)
		}
		got, err = ParseCSV(out.String())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %v\n%s\ngot  %+v\nwant %+v", seed, err, out.String(), got, want)
		}
		for _, line := range harmful(t, out.String()) {
			t.Errorf("seed %d: a spreadsheet runs %q", seed, line)
		}
	}
	for _, k := range polls.Kinds() {
		if seen[k] == 0 {
			t.Errorf("no poll of kind %s was tried", k)
		}
	}
}

// harmful lists the cells that a spreadsheet would take for a formula.
func harmful(t *testing.T, table string) []string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, cell := range slices.Concat(rows...) {
		if first := strings.TrimLeft(cell, " \u200b"); first != "" && strings.ContainsAny(first[:1], "=+-@") || strings.HasPrefix(first, "＝") {
			out = append(out, cell)
		}
	}
	return out
}

func TestWrongLinesAreNamed(t *testing.T) {
	for name, try := range map[string]struct {
		text string
		line int
		want error
	}{
		"nothing":            {"", 1, ErrEmpty},
		"no question":        {"# Only a title\n- a\n", 1, ErrEmpty},
		"unknown setting":    {"## q\n\ncolour: red\n- a\n- b\n", 3, ErrUnknown},
		"setting twice":      {"## q\nkind: single\nkind: single\n- a\n- b\n", 3, ErrTwice},
		"no number":          {"## q\nkind: multiple\nmost: many\n- a\n- b\n", 3, ErrValue},
		"no time":            {"## q\nopen for: soon\n- a\n- b\n", 2, ErrValue},
		"no date":            {"## q\nsurvey until: tomorrow\n- a\n- b\n", 2, ErrValue},
		"time without bound": {"## q\nopen for: 99999999999999999999 h\n- a\n- b\n", 2, ErrValue},
		"stray text":         {"## q\n- a\n- b\nand more\n", 4, ErrStray},
		"stray heading":      {"## q\n- a\n- b\n### c: d\n", 4, ErrStray},
		"not UTF-8":          {"## q\n- a\n- \xe9\n", 3, ErrNotUTF8},
	} {
		got, err := ParseMarkdown(try.text)
		bad, ok := errors.AsType[*LineError](err)
		if !ok || bad.Line != try.line || !errors.Is(err, try.want) || got != nil {
			t.Errorf("%s: %v, %v; want line %d, %v", name, got, err, try.line, try.want)
		}
	}
	for name, try := range map[string]struct {
		text string
		line int
		want error
	}{
		"nothing":        {"", 1, ErrEmpty},
		"only a head":    {"question\n", 1, ErrEmpty},
		"no question":    {"kind,option\n", 1, ErrNoColumn},
		"unknown column": {"question,colour\n", 1, ErrUnknown},
		"column twice":   {"question,kind,kind\n", 1, ErrTwice},
		"too many cells": {"question,option,option\nq,a,b\nq,a,b,c\n", 3, ErrTooMany},
		"wrong value":    {"question,open for,option,option\nq,1 min,a,b\nq,never,a,b\n", 3, ErrValue},
		"no CSV":         {"question,option,option\nq,a,b\nq,\"a,b\n", 3, csv.ErrQuote},
		"not UTF-8":      {"question,option,option\nq,a,\xe9\n", 2, ErrNotUTF8},
	} {
		got, err := ParseCSV(try.text)
		bad, ok := errors.AsType[*LineError](err)
		if !ok || bad.Line != try.line || !errors.Is(err, try.want) || got != nil {
			t.Errorf("%s: %v, %v; want line %d, %v", name, got, err, try.line, try.want)
		}
	}
	// What the editor would not take is not imported either; the line of the setting at fault is named, else that of the poll.
	for text, reason := range map[string]string{
		"## a\n- b\n- c\n\n## d\n- e\n":                              "too-few",
		"## a\n- b\n- c\n\n## d\n- e\n- e\n":                         "duplicate",
		"## a\n- b\n- c\n\n##\n- e\n- f\n":                           "empty",
		"## a\n- b\n- c\n\n## d\nkind: poem\n- e\n- f\n":             "unknown",
		"## a\n- b\n- c\n\n## d\nopen for: 1 s\n- e\n- f\n":          "too-short-a-time",
		"## a\n- b\n- c\n\n## " + strings.Repeat("x", 301) + "\n- e": "too-long",
		"## a\n- b\n- c\n\n## \u202eevil\n- e\n- f\n":                "control-characters",
	} {
		_, err := ParseMarkdown(text)
		bad, _ := errors.AsType[*LineError](err)
		invalid, ok := errors.AsType[*webinar.InvalidError](err)
		line := 5
		if strings.Contains(text, ": ") {
			line = 6
		}
		if !ok || invalid.Reason != reason || bad.Line != line {
			t.Errorf("%q: %v; want line %d, %s", text, err, line, reason)
		}
	}
}

// Whatever is read is valid, and can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add("question,kind,most,option 1,option 2\nq,multiple,2,a,'=b\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) ([]polls.Draft, error){ParseMarkdown, ParseCSV} {
			got, err := parse(s)
			if err != nil {
				if _, ok := errors.AsType[*LineError](err); !ok {
					t.Fatalf("%v names no line", err)
				}
				continue
			}
			again, err := ParseMarkdown(string(Markdown(got)))
			if err != nil || !reflect.DeepEqual(again, got) {
				t.Fatalf("%+v became %+v, %v", got, again, err)
			}
		}
	})
}

// A vote of the members stays one on its way through a file.
func TestMotionsComeBack(t *testing.T) {
	want := polls.Draft{Question: "Antrag?", Options: []string{"Ja", "Nein", "Enthaltung"}, Motion: polls.Motion{Majority: polls.TwoThirds, Heads: true, Abstain: true}}
	if err := want.Validate(); err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := WriteCSV(&table, []polls.Draft{want}); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() ([]polls.Draft, error){
		"markdown": func() ([]polls.Draft, error) { return ParseMarkdown(string(Markdown([]polls.Draft{want}))) },
		"csv":      func() ([]polls.Draft, error) { return ParseCSV(table.String()) },
	} {
		if got, err := read(); err != nil || !reflect.DeepEqual(got, []polls.Draft{want}) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}
