package webinar

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestRecentNeverKeepsWhatAChangeMayHaveOvertaken(t *testing.T) {
	r := newRecent[string, int](8)
	stored := 1
	load := func() (int, error) { return stored, nil }
	change := func() error { stored++; return nil }
	expect := func(want int, of string) {
		t.Helper()
		if got, err := r.read("a", load); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", of, got, err, want)
		}
	}

	// A change that comes and goes while a row is on its way.
	got, err := r.read("a", func() (int, error) {
		before := stored
		return before, r.change(change)
	})
	if got != 1 || err != nil {
		t.Fatalf("got %d, %v", got, err)
	}
	expect(2, "read before a change")

	// One that begins before the read and ends after it.
	if err := r.change(func() error {
		expect(2, "before the commit")
		err := change()
		expect(3, "between the commit and the end of the change")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	expect(3, "after the change")

	// One that failed may have happened all the same.
	broken := errors.New("broken")
	if err := r.change(func() error { return errors.Join(change(), broken) }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	expect(4, "after a change that failed")

	stored = 99
	expect(4, "remembered")
}

// A read that begins in a change and ends after it has seen what was there before.
func TestRecentKeepsNothingReadInAChange(t *testing.T) {
	r := newRecent[string, int](8)
	stored, loaded, changed, ended := 1, make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.change(func() error {
			close(changed)
			<-loaded
			stored++
			return nil
		})
	}()
	<-changed
	if got, err := r.read("a", func() (int, error) {
		before := stored
		close(loaded)
		<-ended
		return before, nil
	}); got != 1 || err != nil {
		t.Fatalf("got %d, %v", got, err)
	}
	if got, err := r.read("a", func() (int, error) { return stored, nil }); got != 2 || err != nil {
		t.Errorf("got %d, %v: what was there before the change was kept", got, err)
	}
}

func TestRecentKeepsNoFaultAndNoMoreThanItsLimit(t *testing.T) {
	r := newRecent[int, int](2)
	broken := errors.New("broken")
	if _, err := r.read(0, func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for i := range 9 {
		if got, err := r.read(i, func() (int, error) { return 10 * i, nil }); got != 10*i || err != nil {
			t.Errorf("%d: got %d, %v", i, got, err)
		}
		if len(r.rows) > 2 {
			t.Errorf("%d rows are kept", len(r.rows))
		}
	}
}

// TestAChangeIsSeenAtOnce asks before and after everything that changes a webinar or a seat.
func TestAChangeIsSeenAtOnce(t *testing.T) {
	db := openDB(t)
	s := NewService(db, &log{}, week, Hooks{})
	ctx, owner := t.Context(), addUser(t, db, "ada@example.org")
	w, err := s.Create(ctx, owner, Draft{Title: "Engines"})
	if err != nil {
		t.Fatal(err)
	}
	state := func(want State) {
		t.Helper()
		if got, err := s.Get(ctx, w.ID); err != nil || got.State != want {
			t.Errorf("got %s, %v, want %s", got.State, err, want)
		}
	}
	state(Scheduled)
	if w, err = s.GoLive(ctx, w.ID); err != nil {
		t.Fatal(err)
	}
	state(Live)

	seat, secret, err := s.Issue(ctx, w, Attendee, "Grace")
	if err != nil {
		t.Fatal(err)
	}
	sits := func(what string, want Ticket) {
		t.Helper()
		got, err := s.BySecret(ctx, w.ID, secret)
		if err != nil || got.Role != want.Role || got.Invited != want.Invited || got.Name != want.Name || got.Used != want.Used {
			t.Errorf("%s: got %+v, %v", what, got, err)
		}
	}
	steps := []struct {
		name string
		do   func() error
		want Ticket
	}{
		{"issued", func() error { return nil }, Ticket{Role: Attendee, Name: "Grace"}},
		{"joined", func() error {
			_, _, err := s.Join(ctx, w, JoinRequest{Name: "Hopper", Secret: secret})
			return err
		}, Ticket{Role: Attendee, Name: "Hopper", Used: true}},
		{"invited", func() error { return s.Invite(ctx, w, seat.ID, 1) }, Ticket{Role: Attendee, Name: "Hopper", Used: true, Invited: true}},
		{"came", func() error { _, err := s.Come(ctx, w, seat.ID, 1); return err }, Ticket{Role: Guest, Name: "Hopper", Used: true}},
		{"left", func() error { _, err := s.LeaveStage(ctx, w.ID, seat.ID, StepLeft); return err }, Ticket{Role: Attendee, Name: "Hopper", Used: true}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		sits(step.name, step.want)
	}

	old := secret
	if secret, err = s.Renew(ctx, w.ID, seat.ID); err != nil {
		t.Fatal(err)
	}
	sits("renewed", steps[4].want)
	gone := func(what, secret string) {
		t.Helper()
		if _, err := s.BySecret(ctx, w.ID, secret); !errors.Is(err, ErrTicketInvalid) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	gone("the old secret", old)
	if err := s.Revoke(ctx, w.ID, seat.ID); err != nil {
		t.Fatal(err)
	}
	gone("revoked", secret)

	if _, secret, err = s.Issue(ctx, w, Attendee, "Emmy"); err != nil {
		t.Fatal(err)
	}
	sits("another", Ticket{Role: Attendee, Name: "Emmy"})
	if _, err := s.End(ctx, w.ID); err != nil {
		t.Fatal(err)
	}
	state(Ended)
	if err := s.Delete(ctx, w.ID); err != nil {
		t.Fatal(err)
	}
	gone("deleted with the webinar", secret)
	if _, err := s.Get(ctx, w.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// TestWhatIsRememberedExpires: nothing changes but the time.
func TestWhatIsRememberedExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		s := NewService(db, &log{}, Retention{Webinar: time.Hour, Seat: time.Minute, MaxLive: time.Minute}, Hooks{})
		ctx := context.Background()
		w, err := s.Create(ctx, addUser(t, db, "ada@example.org"), Draft{Title: "Engines"})
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := s.Join(ctx, w, JoinRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.BySecret(ctx, w.ID, secret); err != nil {
			t.Error(err)
		}
		time.Sleep(3 * time.Minute) // of synctest's clock
		if _, err := s.BySecret(ctx, w.ID, secret); !errors.Is(err, ErrTicketInvalid) {
			t.Errorf("seat: got %v", err)
		}
		if _, err := s.Get(ctx, w.ID); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if _, err := s.Get(ctx, w.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("webinar: got %v", err)
		}
	})
}
