// Package report writes what an organizer may show of the consents to a recording: what was announced, when it ran, who
// agreed to what. Who did not agree is not in it, and nothing that hints at them but the number of answers.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Report is the consent report of one recording.
type Report struct {
	Webinar   string // its title
	Recording consent.RecordingID
	Notice    consent.Notice
	Life      []Step
	Asked     int // people who were shown the notice
	Answered  int
	Agreed    int // whose consent holds now
	People    []Person
}

// Step is one event in the life of the recording.
type Step struct {
	Kind   consent.Kind
	At     time.Time
	Reason string
}

// Person is somebody who has agreed at least once.
type Person struct {
	Name    string // as shown, if that was agreed to and is not withdrawn; else empty
	Number  int    // in the order of the first yes, from 1
	Answers []Answer
}

// Answer is a yes (consent.Grant) or its withdrawal.
type Answer struct {
	Kind    consent.Kind
	At      time.Time
	Scopes  consent.Scope
	Publish bool
	Kept    bool // of a withdrawal: what had been recorded stays
}

// New reads a report out of what the ledger tells. Names holds those that may be told.
func New(rec consent.RecordingID, notice consent.Notice, story []consent.Told, names map[webinar.SubjectID]string) Report {
	r := Report{Recording: rec, Notice: notice}
	index := map[webinar.SubjectID]int{} // into People
	for _, told := range story {
		switch told.Kind {
		case consent.Announce, consent.Start, consent.Pause, consent.Resume, consent.Stop, consent.Abort, consent.Expire, consent.Erase:
			r.Life = append(r.Life, Step{Kind: told.Kind, At: told.At, Reason: told.Reason})
		case consent.Grant:
			if _, known := index[told.Subject]; !known {
				index[told.Subject] = len(r.People)
				r.People = append(r.People, Person{Number: len(r.People) + 1, Name: names[told.Subject]})
			}
			r.add(index[told.Subject], told)
		case consent.Withdraw:
			if i, known := index[told.Subject]; known {
				r.add(i, told)
			}
		default: // a refusal is nobody's business
		}
	}
	return r
}

func (r *Report) add(person int, told consent.Told) {
	p := &r.People[person]
	p.Answers = append(p.Answers, Answer{Kind: told.Kind, At: told.At, Scopes: told.Scopes, Publish: told.Publish, Kept: told.Reason == consent.Kept})
}

// called is what a report calls somebody.
func (p *Person) called(speaker string) string {
	if p.Name != "" {
		return p.Name
	}
	return fmt.Sprintf("%s %d", speaker, p.Number)
}

// languages lists those of the notice in a fixed order.
func languages(n consent.Notice) []webinar.Lang {
	out := make([]webinar.Lang, 0, len(n.Texts))
	for l := range n.Texts {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b webinar.Lang) int { return cmp.Compare(a, b) })
	return out
}
