package polls

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
)

func TestLifeOfAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 3)
		p := f.draft(t, room, "Köln", "Bonn")
		if p.Position != 1 || p.State != StateDraft || p.Kind != SingleChoice || p.Secrecy != Anonymous || p.Options[0].Text != "Köln" {
			t.Errorf("draft %+v", p)
		}
		if q := f.draft(t, room, "a", "b"); q.Position != 2 {
			t.Errorf("the second poll is at %d", q.Position)
		}
		if q := f.draft(t, other, "a", "b"); q.Position != 1 {
			t.Errorf("the first poll of another webinar is at %d", q.Position)
		}
		if err := f.vote(t, p, "t0", 0); !errors.Is(err, ErrNotOpen) {
			t.Errorf("vote in a draft: %v", err)
		}
		if _, err := f.ClosePoll(t.Context(), room, p.ID); !errors.Is(err, ErrNotOpen) {
			t.Errorf("close a draft: %v", err)
		}
		p, err := f.Update(t.Context(), room, p.ID, Draft{Question: " Warum? ", Options: []string{"x", "y", "z"}})
		if err != nil || p.Question != "Warum?" || len(p.Options) != 3 || p.Position != 1 {
			t.Fatalf("update: %+v, %v", p, err)
		}
		opened, err := f.OpenPoll(t.Context(), room, p.ID, Opening{})
		if err != nil || opened.State != StateOpen || !opened.OpenedAt.Equal(time.Now()) {
			t.Fatalf("open: %+v, %v", opened, err)
		}
		time.Sleep(time.Minute)
		if again, err := f.OpenPoll(t.Context(), room, p.ID, Opening{}); err != nil || !reflect.DeepEqual(again, opened) {
			t.Errorf("open again: %+v, %v", again, err)
		}
		if _, err := f.Update(t.Context(), room, p.ID, Draft{Question: "?", Options: []string{"a", "b"}}); !errors.Is(err, ErrNotDraft) {
			t.Errorf("update an open poll: %v", err)
		}
		if err := f.Delete(t.Context(), room, p.ID); !errors.Is(err, ErrNotDraft) {
			t.Errorf("delete an open poll: %v", err)
		}
		if _, err := f.Receipts(t.Context(), room, p.ID); !errors.Is(err, ErrNotClosed) {
			t.Errorf("receipts of an open poll: %v", err)
		}
		if err := f.vote(t, p, "t0", 2); err != nil {
			t.Fatal(err)
		}
		closed, err := f.ClosePoll(t.Context(), room, p.ID)
		if err != nil || closed.State != StateClosed || !closed.ClosedAt.Equal(time.Now()) {
			t.Fatalf("close: %+v, %v", closed, err)
		}
		if again, err := f.ClosePoll(t.Context(), room, p.ID); err != nil || !reflect.DeepEqual(again, closed) {
			t.Errorf("close again: %+v, %v", again, err)
		}
		if _, err := f.OpenPoll(t.Context(), room, p.ID, Opening{}); !errors.Is(err, ErrClosed) {
			t.Errorf("open a closed poll: %v", err)
		}
		receipts, err := f.Receipts(t.Context(), room, p.ID)
		if err != nil || !slices.Equal(receipts, []Receipt{Receipt(receiptOf(string(p.ID), "t0"))}) {
			t.Errorf("receipts: %v, %v", receipts, err)
		}
		got, tally, err := f.Results(t.Context(), room, p.ID)
		if err != nil || !reflect.DeepEqual(got, closed) || !slices.Equal(tally.Votes, []int{0, 0, 1}) || tally.Total != 1 {
			t.Errorf("results: %+v %+v, %v", got, tally, err)
		}
	})
}

func TestUnknownPollsAndWebinars(t *testing.T) {
	f := newFixture(t, 1)
	mine := f.draft(t, room, "a", "b")
	for name, id := range map[string]PollID{"unknown": "nope", "of another webinar": f.opened(t, other, "a", "b").ID} {
		calls := map[string]error{
			"delete": f.Delete(t.Context(), room, id),
			"vote":   f.vote(t, Poll{ID: id, Webinar: room, Options: mine.Options}, "t0", 0),
		}
		_, calls["open"] = f.OpenPoll(t.Context(), room, id, Opening{})
		_, calls["close"] = f.ClosePoll(t.Context(), room, id)
		_, calls["update"] = f.Update(t.Context(), room, id, Draft{Question: "?", Options: []string{"a", "b"}})
		_, calls["get"] = f.Get(t.Context(), room, id, "t0", true)
		_, calls["receipts"] = f.Receipts(t.Context(), room, id)
		_, _, calls["results"] = f.Results(t.Context(), room, id)
		for call, err := range calls {
			if !errors.Is(err, ErrNotFound) || !errors.Is(err, webinar.ErrNotFound) {
				t.Errorf("%s of a poll that is %s: %v", call, name, err)
			}
		}
	}
	if _, err := f.Get(t.Context(), room, mine.ID, "t0", false); !errors.Is(err, ErrNotFound) {
		t.Errorf("an attendee got a draft: %v", err)
	}
	if _, _, err := f.Results(t.Context(), room, mine.ID); !errors.Is(err, ErrNotOpen) {
		t.Errorf("results of a draft: %v", err)
	}
	if _, err := f.Create(t.Context(), "nope", Draft{Question: "?", Options: []string{"a", "b"}}); !errors.Is(err, webinar.ErrNotFound) {
		t.Errorf("create in no webinar: %v", err)
	}
	if err := f.db.Exec("UPDATE webinars SET state = 'ended' WHERE id = ?", room).Error; err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(t.Context(), room, Draft{Question: "?", Options: []string{"a", "b"}}); !errors.Is(err, webinar.ErrEnded) {
		t.Errorf("create after the end: %v", err)
	}
	if _, err := f.OpenPoll(t.Context(), room, mine.ID, Opening{}); !errors.Is(err, webinar.ErrEnded) {
		t.Errorf("open after the end: %v", err)
	}
}

func TestCreateWithTheSameKey(t *testing.T) {
	f := newFixture(t, 0)
	d := Draft{Question: "?", Options: []string{"a", "b"}, Key: "k"}
	first, err := f.Create(t.Context(), room, d)
	if err != nil {
		t.Fatal(err)
	}
	f.events.take()
	again, err := f.Create(t.Context(), room, d)
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("%+v, %v; want %+v", again, err, first)
	}
	if events := f.events.take(); len(events) != 0 {
		t.Errorf("published %v", events)
	}
	elsewhere, err := f.Create(t.Context(), other, d)
	if err != nil || elsewhere.ID == first.ID {
		t.Errorf("another webinar: %+v, %v", elsewhere, err)
	}
}

func TestPollsOfAWebinarAreLimited(t *testing.T) {
	f := newFixture(t, 0)
	for range MaxPolls {
		f.draft(t, room, "a", "b")
	}
	_, err := f.Create(t.Context(), room, Draft{Question: "?", Options: []string{"a", "b"}})
	if invalid, ok := errors.AsType[*webinar.InvalidError](err); !ok || invalid.Reason != "too-many" {
		t.Errorf("poll %d: %v", MaxPolls+1, err)
	}
}

func TestListShowsWhatAViewerMaySee(t *testing.T) {
	f := newFixture(t, 3)
	f.draft(t, room, "a", "b")
	open := f.opened(t, room, "a", "b")
	closed := f.opened(t, room, "a", "b")
	f.opened(t, other, "a", "b")
	for _, p := range []Poll{open, closed} {
		if err := f.vote(t, p, "t0", 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.ClosePoll(t.Context(), room, closed.ID); err != nil {
		t.Fatal(err)
	}
	type line struct {
		position     int
		voted, tally bool
	}
	for name, c := range map[string]struct {
		viewer webinar.TicketID
		all    bool
		want   []line
	}{
		"host":         {"host", true, []line{{1, false, false}, {2, false, true}, {3, false, true}}},
		"who voted":    {"t0", false, []line{{2, true, true}, {3, true, true}}},
		"who has not":  {"t1", false, []line{{2, false, false}, {3, false, true}}},
		"host who did": {"t0", true, []line{{1, false, false}, {2, true, true}, {3, true, true}}},
	} {
		views, err := f.List(t.Context(), room, c.viewer, c.all)
		if err != nil {
			t.Fatal(err)
		}
		var got []line
		for _, v := range views {
			got = append(got, line{v.Poll.Position, v.Voted, v.Tally != nil})
			if v.Tally != nil && (!slices.Equal(v.Tally.Votes, []int{0, 1}) || v.Tally.Total != 1) {
				t.Errorf("%s: tally %+v", name, v.Tally)
			}
			if one, err := f.Get(t.Context(), room, v.Poll.ID, c.viewer, c.all); err != nil || !reflect.DeepEqual(one, v) {
				t.Errorf("%s: Get %+v, %v; List %+v", name, one, err, v)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s sees %v, want %v", name, got, c.want)
		}
	}
}

func TestEvents(t *testing.T) {
	f := newFixture(t, 1)
	hosts, all := webinar.Hosts(), webinar.Everyone()
	check := func(step string, want ...webinar.Event) {
		t.Helper()
		got := f.events.take()
		if len(got) != len(want) {
			t.Fatalf("%s: %d events: %+v", step, len(got), got)
		}
		for i := range want {
			want[i].Webinar = room
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: event %d\ngot  %+v\nwant %+v", step, i, got[i], want[i])
			}
		}
	}
	tally := func(p Poll, votes ...int) webinar.Event {
		return webinar.Event{To: all, Body: Tallied{Tally{Poll: p.ID, Votes: votes, Total: votes[0] + votes[1]}}, Coalesce: "tally:" + string(p.ID)}
	}
	gone := f.draft(t, room, "a", "b")
	check("create", webinar.Event{To: hosts, Body: Changed{Poll: gone}})
	if err := f.Delete(t.Context(), room, gone.ID); err != nil {
		t.Fatal(err)
	}
	check("delete", webinar.Event{To: hosts, Body: Deleted{gone.ID}})
	p := f.draft(t, room, "a", "b")
	f.events.take()
	p, err := f.OpenPoll(t.Context(), room, p.ID, Opening{})
	if err != nil {
		t.Fatal(err)
	}
	check("open", webinar.Event{To: all, Body: Changed{Poll: p}}, tally(p, 0, 0))
	if err := f.vote(t, p, "t0", 1); err != nil {
		t.Fatal(err)
	}
	check("vote", tally(p, 0, 1))
	if err := f.vote(t, p, "t0", 1); !errors.Is(err, ErrAlreadyVoted) {
		t.Fatal(err)
	}
	check("refused vote")
	p, err = f.ClosePoll(t.Context(), room, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	check("close", tally(p, 0, 1), webinar.Event{To: all, Body: Changed{p, &Tally{Poll: p.ID, Votes: []int{0, 1}, Total: 1}}})
	if err := f.CloseAll(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	check("close all of none")
}

func TestCloseAll(t *testing.T) {
	f := newFixture(t, 1)
	draft, a, b, elsewhere := f.draft(t, room, "a", "b"), f.opened(t, room, "a", "b"), f.opened(t, room, "a", "b"), f.opened(t, other, "a", "b")
	if err := f.vote(t, b, "t0", 0); err != nil {
		t.Fatal(err)
	}
	if err := f.CloseAll(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	want := map[PollID]State{draft.ID: StateDraft, a.ID: StateClosed, b.ID: StateClosed}
	views, err := f.List(t.Context(), room, "t0", true)
	if err != nil || len(views) != len(want) {
		t.Fatalf("%v, %v", views, err)
	}
	for _, v := range views {
		if v.Poll.State != want[v.Poll.ID] {
			t.Errorf("poll %d is %s", v.Poll.Position, v.Poll.State)
		}
	}
	if err := f.vote(t, elsewhere, "x0", 0); err != nil {
		t.Errorf("a poll of another webinar: %v", err)
	}
	if len(f.open.m) != 1 {
		t.Errorf("%d results in memory", len(f.open.m))
	}
}
