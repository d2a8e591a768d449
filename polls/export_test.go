package polls

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"plenum/webinar"
)

// Every kind is written in every form, and a text is never a formula in any of them.
func TestResultsOfEveryKindInEveryForm(t *testing.T) {
	for kind, p := range onePollEach() {
		p.Question, p.State, p.ClosedAt = "=1+1", StateClosed, time.UnixMilli(1_800_000_000_000)
		if len(p.Options) > 0 {
			p.Options[0].Text = "=HYPERLINK(\"x\")"
		}
		c := newCount(p)
		for range 3 {
			a := map[Kind]Answer{Rating: chosen("a"), Ranking: chosen("a", "b", "c", "d"), Points: {Points: map[OptionID]int{"a": 100}}, Guess: {Number: new(-0.5)}}[kind]
			read, err := p.read(a)
			if err != nil {
				t.Fatal(kind, err)
			}
			c.add(read)
		}
		var csv, xlsx, paper bytes.Buffer
		if err := errors.Join(WriteCSV(&csv, p, c.tally()), WriteXLSX(&xlsx, p, c.tally()), WritePDF(&paper, p, c.tally(), webinar.German, p.ClosedAt)); err != nil {
			t.Fatal(kind, err)
		}
		if strings.Contains(csv.String(), "\n=") || strings.Contains(csv.String(), "\n\"=") {
			t.Errorf("%s: %q", kind, csv.String())
		}
		if !bytes.HasPrefix(xlsx.Bytes(), []byte("PK")) || !bytes.HasPrefix(paper.Bytes(), []byte("%PDF-")) {
			t.Errorf("%s: %d bytes of XLSX, %d of PDF", kind, xlsx.Len(), paper.Len())
		}
		for _, w := range []error{WriteXLSX(failing{}, p, c.tally()), WritePDF(failing{}, p, c.tally(), webinar.English, p.ClosedAt)} {
			if w == nil {
				t.Errorf("%s: a failing writer was not reported", kind)
			}
		}
	}
}

// The paper of every kind speaks the language of its webinar, and says what people wrote in their own words even where
// these are words of ours as well.
func TestPaperIsTranslated(t *testing.T) {
	for _, kind := range Kinds() {
		p := Poll{Kind: kind, Question: "?", Options: []Option{{ID: "a", Text: "first"}, {ID: "b", Text: "held"}}, Rules: Rules{Correct: []int{0}}, State: StateClosed}
		tally := Tally{Total: 1, Votes: []int{1, 0}, Points: []int{1, 0}}
		switch kind {
		case OpenText, WordCloud:
			p.Options, tally.Texts, tally.States = nil, []string{"first", "held"}, []TextState{TextShown, TextHidden}
		case Guess:
			p.Options, tally.Bins, tally.Mean = nil, []Bin{{From: 1, To: 2, N: 1}}, new(1.5)
		case SingleChoice, MultipleChoice, Rating, Ranking, Points, Quiz:
		}
		for _, head := range Table(p, tally).Head {
			for _, lang := range []webinar.Lang{webinar.German, webinar.English} {
				if said := word(head, lang); said == head || said == "" {
					t.Errorf("%s: no word in %s for %q", kind, lang, head)
				}
			}
		}
		text := paperText(t, p, tally)
		for _, own := range []string{"first", "held"} {
			if kind != Guess && !strings.Contains(text, own) {
				t.Errorf("%s: %q is translated in\n%s", kind, own, text)
			}
		}
		if strings.Contains(text, "shown") || strings.Contains(text, "mean") || strings.Contains(text, lacks[:6]) {
			t.Errorf("%s: English in\n%s", kind, text)
		}
	}
	p := Poll{Kind: SingleChoice, Question: "When?", State: StateClosed, ClosedAt: time.UnixMilli(1_800_000_000_000)}
	if text := paperText(t, p, Tally{}); !strings.Contains(text, "Geschlossen 15.01.2027, 09:00 Uhr CET") {
		t.Errorf("the closing is not told in the zone of the document:\n%s", text)
	}
	p = Poll{Kind: SingleChoice, Question: "\u0645?", Options: []Option{{ID: "a", Text: "\U0001F469\u200d\U0001F467"}}, State: StateClosed}
	if text := paperText(t, p, Tally{Votes: []int{0}}); !strings.Contains(text, "nicht zeigen kann") || strings.Count(text, "\u25A1") != 4 {
		t.Errorf("nothing is said about what is lacking, or of something invisible:\n%s", text)
	}
	p.Options = []Option{{ID: "a", Text: "version 1.2"}, {ID: "b", Text: "b"}}
	if text := paperText(t, p, Tally{Votes: []int{1, 2}, Total: 3}); !strings.Contains(text, "33,3") || !strings.Contains(text, "66,7") || !strings.Contains(text, "version 1.2") {
		t.Errorf("numbers are not German, or words are:\n%s", text)
	}
}

func paperText(t *testing.T, p Poll, tally Tally) string {
	t.Helper()
	var paper bytes.Buffer
	if err := WritePDF(&paper, p, tally, webinar.German, time.UnixMilli(0).In(time.FixedZone("CET", 3600))); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = &paper
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
