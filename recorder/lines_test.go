package recorder

import (
	"context"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// I21: a recording holds lines of those authors only who allowed it, their names only if they allowed that too, and no
// result of fewer people than LeastGroup.
func TestI21WhatWasWrittenStandsOnlyWithConsent(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		ann, bob, eve := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker), w.seat("eve", webinar.Speaker)
		rec := w.running(false, ann, bob)
		at := func(s int) time.Time { return rec.StartedAt.Add(time.Duration(s) * time.Second) }
		w.s.c.Lines = func(context.Context, webinar.ID) ([]Line, error) {
			line := func(id string, who webinar.Ticket, s int) Line {
				return Line{ID: id, Author: who.Subject, Name: who.Name, Text: "text of " + id, At: at(s)}
			}
			return []Line{line("early", ann, -1), line("ann", ann, 1), line("eve", eve, 2), line("bob", bob, 2), line("late", ann, 30)}, nil
		}
		w.s.c.Polls = func(context.Context, webinar.ID) ([]Poll, error) {
			poll := func(id string, total int) Poll {
				return Poll{ID: id, OpenedAt: at(1), ClosedAt: at(2), Votes: []int{total, 0}, Total: total, Result: []byte(`{}`)}
			}
			return []Poll{poll("four", LeastGroup-1), poll("five", LeastGroup), poll("none", 0)}, nil
		}
		w.talk(4*time.Second, []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)}, ann, bob)
		if _, err := w.s.Stop(ctx, w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		stand := func(want string) {
			t.Helper()
			got := ""
			tl := w.timeline(rec.ID)
			for _, l := range tl.Lines {
				got += l.ID + ":" + l.Name + " "
			}
			asked := 0
			for _, c := range tl.Chapters {
				if c.Kind == AskedChapter {
					asked++
				}
			}
			if got != want || asked != len(tl.Lines) {
				t.Errorf("lines %q, want %q; %d chapters", got, want, asked)
			}
		}
		stand("ann:ann bob:bob ")
		titles := map[string]bool{}
		chapters, err := w.s.programChapters(ctx, rec)
		for _, c := range chapters {
			titles[c.Title] = true
		}
		if err != nil || !titles["Start"] || !titles["text of ann"] {
			t.Errorf("chapters of the program: %+v, %v", chapters, err)
		}
		for _, p := range w.timeline(rec.ID).Polls {
			total := map[string]int{"four": LeastGroup - 1, "five": LeastGroup}[p.ID]
			if told := p.Votes != nil || p.Result != nil; told != (p.ID == "five") || p.Few != (p.ID == "four") || p.Total != total {
				t.Errorf("%+v", p)
			}
		}
		if err := w.answer(rec.ID, ann, consent.Withdraw, consent.Name); err != nil {
			t.Fatal(err)
		}
		stand("ann: bob:bob ")
		if err := w.answer(rec.ID, bob, consent.Withdraw, consent.Chat); err != nil {
			t.Fatal(err)
		}
		stand("ann: ")
		w.s.bg.Wait()
		if parts := w.timeline(rec.ID).Parts; len(parts) != 2 {
			t.Errorf("taking back what was written costs films: %+v", parts)
		}
		if err := w.answer(rec.ID, ann, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		stand("")
		w.s.bg.Wait()
	})
}
