package webinar

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAPlanIsKeptWithTheWebinar(t *testing.T) {
	db := openDB(t)
	ada := addUser(t, db, "ada@example.org")
	events := &log{}
	s := NewService(db, events, week, Hooks{})
	ctx := t.Context()
	w, err := s.Create(ctx, ada, Draft{Title: "Open data"})
	if err != nil || w.Recording != (Plan{Intent: NoRecording}) || w.Recording.Told() {
		t.Fatalf("without a word about it: %+v, %v", w.Recording, err)
	}
	plan := Plan{Intent: PlansRecording, Purpose: "  For those who cannot come. ", Viewers: InvitedSee, KeepDays: 7}
	w, err = s.Update(ctx, w.ID, Patch{Recording: &plan})
	want := Plan{Intent: PlansRecording, Purpose: "For those who cannot come.", Viewers: InvitedSee, KeepDays: 7}
	if err != nil || w.Recording != want || !w.Recording.Told() {
		t.Fatalf("planned: %+v, %v", w.Recording, err)
	}
	if len(events.events) != 1 {
		t.Errorf("%d events: everybody who is there must see the plan change", len(events.events))
	}
	title := "Open data, again"
	if w, err = s.Update(ctx, w.ID, Patch{Title: &title}); err != nil || w.Recording != want {
		t.Errorf("a new title changed the plan: %+v, %v", w.Recording, err)
	}
	fresh := NewService(db, events, week, Hooks{}) // remembers nothing
	if w, err = fresh.Get(ctx, w.ID); err != nil || w.Recording != want {
		t.Errorf("read again: %+v, %v", w.Recording, err)
	}
	if w, err = s.Update(ctx, w.ID, Patch{Recording: &Plan{Intent: NoRecording, Purpose: "left over"}}); err != nil || w.Recording != (Plan{Intent: NoRecording}) {
		t.Errorf("given up: %+v, %v", w.Recording, err)
	}
	if _, err := s.End(ctx, w.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(ctx, w.ID, Patch{Recording: &plan}); !errors.Is(err, ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
}

func TestPlansAreChecked(t *testing.T) {
	month := 30 * 24 * time.Hour
	got, err := Plan{Intent: MaybeRecording, Purpose: "Minutes"}.clean(month)
	if err != nil || got.Viewers != OrganizerSees || got.KeepDays != 30 {
		t.Errorf("what was not said: %+v, %v", got, err)
	}
	for _, c := range []struct {
		plan          Plan
		field, reason string
	}{
		{Plan{Intent: "always"}, "intent", "unknown"},
		{Plan{Intent: PlansRecording}, "purpose", "empty"},
		{Plan{Intent: PlansRecording, Purpose: strings.Repeat("ä", MaxPurpose+1)}, "purpose", "too-long"},
		{Plan{Intent: PlansRecording, Purpose: "a\nWho can see it: nobody"}, "purpose", "control-characters"}, // would forge a line of the notice
		{Plan{Intent: PlansRecording, Purpose: "x", Viewers: "press"}, "viewers", "unknown"},
		{Plan{Intent: PlansRecording, Purpose: "x", KeepDays: -1}, "keep_days", "too-few"},
		{Plan{Intent: PlansRecording, Purpose: "x", KeepDays: 31}, "keep_days", "too-many"},
	} {
		var invalid *InvalidError
		if _, err := c.plan.clean(month); !errors.As(err, &invalid) || invalid.Field != c.field || invalid.Reason != c.reason {
			t.Errorf("%+v: %v", c.plan, err)
		}
	}
}

func TestKeepIsNeverLongerThanTheOperators(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		days          int
		longest, want time.Duration
	}{{0, 30 * day, 30 * day}, {7, 30 * day, 7 * day}, {30, 7 * day, 7 * day}, {1, time.Hour, time.Hour}} {
		if got := (Plan{KeepDays: c.days}).Keep(c.longest); got != c.want {
			t.Errorf("%d days of %v: %v", c.days, c.longest, got)
		}
	}
}
