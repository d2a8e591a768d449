package minutes

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/webinar"
)

func meeting(lang webinar.Lang) Minutes {
	roll := assembly.Roll{Rules: assembly.Rules{Quorum: 50, Proxies: 2}, Members: []assembly.Member{
		{ID: "a", Number: "1", Name: "Anna *Ångström*", Weight: 3, Here: true},
		{ID: "b", Number: "2", Name: "Bert | x", Weight: 2, Proxy: "a"},
		{ID: "c", Number: "3", Name: "Carl", Weight: 1, Here: true, Paper: true},
	}}
	at := time.Date(2026, 11, 28, 19, 0, 0, 0, time.UTC)
	p := polls.Poll{Question: "Beitrag 30 €?", State: polls.StateClosed, Secrecy: polls.Anonymous, OpenedAt: at, ClosedAt: at.Add(time.Minute),
		Motion: polls.Motion{Majority: polls.TwoThirds, Abstain: true}, Attendance: new(roll.Attendance()),
		Options: []polls.Option{{ID: "1", Text: "Ja"}, {ID: "2", Text: "Nein"}, {ID: "3", Text: "Enthaltung"}}}
	tally := polls.Tally{Total: 3, Votes: []int{2, 1, 0}, Motion: &polls.Outcome{Votes: []int{5, 1, 0}, Paper: []int{0, 1, 0}, Invalid: 1, Decision: polls.Carried, OnPaper: 2}}
	draft := polls.Poll{State: polls.StateDraft, Motion: p.Motion}
	return Minutes{Meeting: webinar.Webinar{Title: "Jahrestreffen", Lang: lang, StartsAt: at}, Roll: roll, At: at.In(time.FixedZone("CET", 3600)),
		Motions: MotionsOf([]polls.View{{Poll: draft}, {Poll: polls.Poll{State: polls.StateClosed}, Tally: &tally}, {Poll: p, Tally: &tally}})}
}

func TestMinutesSayWhatWasDecided(t *testing.T) {
	for lang, want := range map[webinar.Lang][]string{
		webinar.German: {"# Protokoll: Jahrestreffen", "- Beschlussfähig ab 50 % der Stimmen", "höchstens 2 Mitglieder", "## 1. Beitrag 30 €?", "**Ergebnis: angenommen**",
			"| Ja | 5 | 2 | 0 |", "| Nein | 1 | 1 | 1 |", "Stimmzettel auf Papier: 2, davon 1 ungültig", "Anwesend: 2 Mitglieder mit 4 Stimmen; vertreten: 1 mit 2",
			`| 1 | Anna \*Ångström\* | 3 | anwesend |`, `| 2 | Bert \| x | 2 | vertreten durch Anna \*Ångström\* |`, "stimmt auf Papier ab", "Anonyme Abstimmung", "zwei Drittel",
			"- Versammlung am: 28.11.2026, 20:00 Uhr CET", "Stand 28.11.2026, 20:00 Uhr CET. Anwesend: 2 Mitglieder"},
		webinar.English: {"# Minutes: Jahrestreffen", "**Result: carried**", "There was a quorum.", "28 November 2026, 20:00 CET"},
	} {
		var md, paper bytes.Buffer
		if err := meeting(lang).Markdown(&md); err != nil {
			t.Fatal(err)
		}
		for _, line := range want {
			if !strings.Contains(md.String(), line) {
				t.Errorf("%s: no %q in\n%s", lang, line, md.String())
			}
		}
		if n := strings.Count(md.String(), "\n## "); n != 2 {
			t.Errorf("%s: %d parts, want the motion and the members", lang, n)
		}
		if err := meeting(lang).PDF(&paper); err != nil || !bytes.HasPrefix(paper.Bytes(), []byte("%PDF-")) {
			t.Errorf("%s: %v, %d bytes", lang, err, paper.Len())
		}
	}
}

// Ballots on paper that are not in a result are not passed over in silence.
func TestMinutesSayWhichPaperWasNotCounted(t *testing.T) {
	m := meeting(webinar.English)
	closed := m.Motions[0]
	closed.Tally.Motion = new(*closed.Tally.Motion)
	closed.Tally.Motion.Uncounted = 4
	waiting := closed.Poll
	waiting.State, waiting.CountingSince, waiting.ClosedAt = polls.StateOpen, waiting.ClosedAt, time.Time{}
	m.Motions = MotionsOf([]polls.View{{Poll: closed.Poll, Tally: &closed.Tally}, {Poll: waiting, Tally: &polls.Tally{Total: 3}}})
	var md, paper bytes.Buffer
	if err := errors.Join(m.Markdown(&md), m.PDF(&paper)); err != nil {
		t.Fatal(err)
	}
	first, second, found := strings.Cut(md.String(), "\n## 2. ")
	second, _, _ = strings.Cut(second, "\n## ")
	if !found || !strings.Contains(first, "Members whose ballots are not in the result: 4.") {
		t.Errorf("the closed one: %s", first)
	}
	if !strings.Contains(second, "- Voting ended 28 November 2026, 20:01 CET") || !strings.Contains(second, "There is no result yet") || strings.Contains(second, "|") || strings.Contains(second, "Result") {
		t.Errorf("the waiting one: %s", second)
	}
}

// Where no quorum is required, nobody is said to have reached it.
func TestMinutesWithoutAQuorumNameNone(t *testing.T) {
	m := meeting(webinar.English)
	m.Roll.Rules.Quorum = 0
	m.Motions[0].Poll.Attendance = new(m.Roll.Attendance())
	var md bytes.Buffer
	if err := m.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	if text := md.String(); !strings.Contains(text, "No quorum is required.") || strings.Contains(text, "There was") {
		t.Error(text)
	}
}
