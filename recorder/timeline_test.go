package recorder

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

func (w *world) timeline(rec RecordingID) Timeline {
	w.t.Helper()
	t, err := w.s.Timeline(context.Background(), w.w, rec)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func TestTimeline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		first, err := w.s.Announce(ctx, w.w, ann.Subject, true, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Timeline(ctx, w.w, first.ID); !errors.Is(err, ErrState) {
			t.Errorf("before the start: %v", err)
		}
		if _, err := w.s.Stop(ctx, w.w, first.ID, ""); err != nil {
			t.Fatal(err)
		}
		rec := w.running(false, ann, bob)
		w.s.c.Polls = func(context.Context, webinar.ID) ([]Poll, error) {
			at := func(s int) time.Time { return rec.StartedAt.Add(time.Duration(s) * time.Second) }
			return []Poll{
				{ID: "before", OpenedAt: at(-9), ClosedAt: at(-1), Votes: []int{1}},
				{ID: "across", Question: "in?", OpenedAt: at(-1), ClosedAt: at(6), Votes: []int{3, 4}, Total: 7}, // closed in the pause
				{ID: "in the pause", OpenedAt: at(6), ClosedAt: at(7), Votes: []int{1}},
				{ID: "never closed", OpenedAt: at(7)},
				{ID: "closed after", OpenedAt: at(16), ClosedAt: at(60), Votes: []int{9}, Total: 9},
				{ID: "after", OpenedAt: at(30)},
			}, nil
		}
		mic, screen := w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Screen, false)
		w.talk(5*time.Second, []*source{mic, screen}, ann, bob)
		second(w.s.Pause(ctx, w.w, rec.ID, ""))
		w.pass(5 * time.Second)
		second(w.s.Resume(ctx, w.w, rec.ID, ""))
		w.talk(10*time.Second, []*source{mic}, ann, bob)
		if now := w.timeline(rec.ID); now.Duration != 20*time.Second || len(now.Parts) != 2 {
			t.Errorf("while it runs: %+v", now)
		}
		if _, err := w.s.Stop(ctx, w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()

		got := w.timeline(rec.ID)
		if got.Duration != 20*time.Second || !slices.Equal(got.Pauses, []Pause{{5 * time.Second, 10 * time.Second, ByHost}}) {
			t.Errorf("%v, %+v", got.Duration, got.Pauses)
		}
		want := []struct {
			id             string
			opened, closed time.Duration
			votes          int
		}{{"across", 0, 10 * time.Second, 2}, {"never closed", 10 * time.Second, 0, 0}, {"closed after", 16 * time.Second, 0, 0}}
		if len(got.Polls) != len(want) {
			t.Fatalf("%+v", got.Polls)
		}
		for i, p := range got.Polls {
			if p.ID != want[i].id || p.Opened != want[i].opened || p.Closed != want[i].closed || len(p.Votes) != want[i].votes {
				t.Errorf("%+v", p)
			}
		}
		var kinds []ChapterKind
		for _, c := range got.Chapters {
			kinds = append(kinds, c.Kind)
		}
		if kinds[0] != StartChapter || len(kinds) != 6 || !slices.Contains(kinds, PauseChapter) || !slices.Contains(kinds, ResumeChapter) {
			t.Errorf("%v", kinds)
		}
		numbers := map[string]int{}
		for _, p := range got.Parts {
			numbers[p.Label] = p.Speaker
		}
		if len(got.Parts) != 3 || len(numbers) != 2 || numbers["ann"]+numbers["bob"] != 3 {
			t.Errorf("%+v", got.Parts)
		}
		if err := w.answer(rec.ID, ann, consent.Withdraw, consent.Name); err != nil {
			t.Fatal(err)
		}
		if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		got = w.timeline(rec.ID)
		for _, p := range got.Parts {
			if p.Label != "" || p.Speaker != 1 || p.Group != CameraGroup {
				t.Errorf("after the withdrawal: %+v", p)
			}
		}
	})
}

// A crash pauses from where the files end, not from when the server came back.
func TestTimelineAfterACrash(t *testing.T) {
	tl := Timeline{Duration: time.Minute, Parts: []Part{
		{Segment: Segment{Start: time.Second, Duration: 4 * time.Second}}, {Segment: Segment{Start: 30 * time.Second, Duration: 9 * time.Second}},
	}}
	at := func(s int) time.Time { return time.Time{}.Add(time.Duration(s) * time.Second) }
	got := tl.pauses([]consent.Turn{
		{Kind: consent.Start, At: at(0)}, {Kind: consent.Pause, At: at(20), Reason: string(ByRestart)}, {Kind: consent.Resume, At: at(29)},
		{Kind: consent.Pause, At: at(50), Reason: string(ByHost)}, {Kind: consent.Stop, At: at(60)},
	})
	want := []Pause{{5 * time.Second, 29 * time.Second, ByRestart}, {50 * time.Second, time.Minute, ByHost}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
