package webinar

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLifeOfAWebinar(t *testing.T) {
	db := openDB(t)
	ada := addUser(t, db, "ada@example.org")
	var ended, erased []ID
	events := &log{}
	s := NewService(db, events, week, Hooks{
		End:   func(_ context.Context, id ID) error { ended = append(ended, id); return nil },
		Erase: func(_ context.Context, id ID) error { erased = append(erased, id); return nil },
	})
	ctx := t.Context()
	w, err := s.Create(ctx, ada, Draft{Title: "  Open data ", Key: "k1"})
	if err != nil {
		t.Fatal(err)
	}
	if w.Title != "Open data" || w.State != Scheduled || w.HostName != "Ada" || w.Lang != DefaultLang || len(w.Code) != 8 {
		t.Errorf("created %+v", w)
	}
	again, err := s.Create(ctx, ada, Draft{Title: "Open data", Key: "k1"})
	if err != nil || again.ID != w.ID {
		t.Errorf("the same key made %v, %v", again.ID, err)
	}
	typed := strings.ToLower(w.Code[:4] + " - " + w.Code[4:])
	if id, err := s.ByCode(ctx, typed); err != nil || id != w.ID {
		t.Errorf("code %q: %v %v", typed, id, err)
	}
	for range 2 {
		if live, err := s.GoLive(ctx, w.ID); err != nil || live.State != Live || live.LiveAt.IsZero() {
			t.Errorf("live: %+v %v", live, err)
		}
	}
	if len(events.events) != 1 {
		t.Errorf("%d events for one change", len(events.events))
	}
	if _, err := s.End(ctx, w.ID); err != nil || len(ended) != 1 {
		t.Errorf("end: %v, hook called %d times", err, len(ended))
	}
	if _, err := s.GoLive(ctx, w.ID); !errors.Is(err, ErrEnded) {
		t.Errorf("live after the end: %v", err)
	}
	if _, _, err := s.Join(ctx, Webinar{ID: w.ID, State: Ended}, JoinRequest{}); !errors.Is(err, ErrEnded) {
		t.Errorf("join after the end: %v", err)
	}
	if err := s.Delete(ctx, w.ID); err != nil || len(erased) != 1 {
		t.Errorf("delete: %v, hook called %d times", err, len(erased))
	}
	if _, err := s.Get(ctx, w.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
}

func TestTitlesAreChecked(t *testing.T) {
	db := openDB(t)
	ada := addUser(t, db, "ada@example.org")
	s := NewService(db, &log{}, week, Hooks{})
	for _, title := range []string{"", "  ", strings.Repeat("ä", MaxTitle+1), "a\x00b", "a\u2066b", "\xff"} {
		var invalid *InvalidError
		if _, err := s.Create(t.Context(), ada, Draft{Title: title}); !errors.As(err, &invalid) || invalid.Field != "title" {
			t.Errorf("%.20q: %v", title, err)
		}
	}
	if _, err := s.Create(t.Context(), ada, Draft{Title: strings.Repeat("ä", MaxTitle)}); err != nil {
		t.Errorf("longest title: %v", err)
	}
}

func TestSeats(t *testing.T) {
	db := openDB(t)
	ada, eve := addUser(t, db, "ada@example.org"), addUser(t, db, "eve@example.org")
	var revoked []TicketID
	s := NewService(db, &log{}, week, Hooks{Revoked: func(_ ID, id TicketID) { revoked = append(revoked, id) }})
	ctx := t.Context()
	w, err := s.Create(ctx, ada, Draft{Title: "One"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Create(ctx, ada, Draft{Title: "Two"})
	if err != nil {
		t.Fatal(err)
	}
	seat, secret, err := s.Join(ctx, w, JoinRequest{Name: "Kim"})
	if err != nil || seat.Role != Attendee || seat.Subject == SubjectID(seat.ID) {
		t.Fatalf("join: %+v %v", seat, err)
	}
	back, _, err := s.Join(ctx, w, JoinRequest{Secret: secret, Name: "Kim B."})
	if err != nil || back.ID != seat.ID || back.Name != "Kim B." {
		t.Errorf("coming back: %+v %v", back, err)
	}
	if _, err := s.BySecret(ctx, other.ID, secret); !errors.Is(err, ErrTicketInvalid) {
		t.Errorf("a ticket of another webinar: %v", err)
	}
	speaker, key, err := s.Issue(ctx, w, Speaker, "Dr. B")
	if err != nil || speaker.Used {
		t.Fatalf("issue: %+v %v", speaker, err)
	}
	if _, _, err := s.Issue(ctx, w, Host, "x"); err == nil {
		t.Error("a host's ticket was issued")
	}
	if got, err := s.Issued(ctx, w.ID); err != nil || len(got) != 1 || got[0].ID != speaker.ID {
		t.Errorf("issued: %+v %v", got, err)
	}
	if err := s.Revoke(ctx, other.ID, speaker.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoking from another webinar: %v", err)
	}
	if err := s.Revoke(ctx, w.ID, speaker.ID); err != nil || len(revoked) != 1 {
		t.Errorf("revoke: %v, hook called %d times", err, len(revoked))
	}
	if _, _, err := s.Join(ctx, w, JoinRequest{Secret: key}); !errors.Is(err, ErrTicketInvalid) {
		t.Errorf("a revoked ticket: %v", err)
	}
	host, err := s.HostSeat(ctx, w, ada)
	if err != nil || host.Role != Host {
		t.Fatalf("host: %+v %v", host, err)
	}
	if again, err := s.HostSeat(ctx, w, ada); err != nil || again.ID != host.ID || again.Subject != host.Subject {
		t.Errorf("host again: %+v %v", again, err)
	}
	if _, err := s.HostSeat(ctx, w, eve); !errors.Is(err, ErrForbidden) {
		t.Errorf("somebody else's webinar: %v", err)
	}
	if err := s.Revoke(ctx, w.ID, host.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoking the host: %v", err)
	}
}

func TestSweepErasesWhatIsDue(t *testing.T) {
	db := openDB(t)
	ada := addUser(t, db, "ada@example.org")
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		keep := true
		s := NewService(db, &log{}, week, Hooks{Keep: func(context.Context, ID) (bool, error) { return keep, nil }})
		w, err := s.Create(ctx, ada, Draft{Title: "Forgotten"})
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := s.Join(ctx, w, JoinRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.GoLive(ctx, w.ID); err != nil {
			t.Fatal(err)
		}
		sweepAfter := func(d time.Duration) {
			t.Helper()
			time.Sleep(d)
			if err := s.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		sweepAfter(week.MaxLive + time.Minute)
		if got, err := s.Get(ctx, w.ID); err != nil || got.State != Ended {
			t.Errorf("live for a day: %v %v", got.State, err)
		}
		sweepAfter(week.Seat + time.Minute)
		if _, err := s.BySecret(ctx, w.ID, secret); !errors.Is(err, ErrTicketInvalid) {
			t.Errorf("a seat a day after the end: %v", err)
		}
		count := func() (n int64) {
			if err := db.Raw("SELECT (SELECT count(*) FROM webinars) + (SELECT count(*) FROM tickets)").Scan(&n).Error; err != nil {
				t.Fatal(err)
			}
			return n
		}
		sweepAfter(week.Webinar)
		if count() != 1 {
			t.Errorf("a webinar with a recording that lives on was erased")
		}
		keep = false
		sweepAfter(time.Minute)
		if count() != 0 {
			t.Errorf("%d rows outlive their date", count())
		}
	})
}

func TestMayIsTheWholeTable(t *testing.T) {
	for _, row := range []struct {
		role Role
		may  [3]bool
	}{{Host, [3]bool{true, true, true}}, {Speaker, [3]bool{true, true, false}}, {Attendee, [3]bool{true, false, false}}, {"", [3]bool{}}, {"organizer", [3]bool{}}} {
		for act, want := range row.may {
			if May(row.role, Act(act)) != want {
				t.Errorf("May(%q, %d) = %v", row.role, act, !want)
			}
		}
	}
}

func TestAudience(t *testing.T) {
	for _, c := range []struct {
		to    Audience
		hears [4]bool // host, speaker "x", attendee "x", attendee "y"
	}{
		{Everyone(), [4]bool{true, true, true, true}},
		{Hosts(), [4]bool{true, false, false, false}},
		{Attendees(), [4]bool{false, false, true, true}},
		{Only("x"), [4]bool{false, true, true, false}},
	} {
		got := [4]bool{c.to.Includes("h", Host), c.to.Includes("x", Speaker), c.to.Includes("x", Attendee), c.to.Includes("y", Attendee)}
		if got != c.hears {
			t.Errorf("%+v: %v", c.to, got)
		}
	}
}

// A survey keeps the seats that were taken, and the webinar, until its date, and seats newcomers as long.
func TestSurveyKeepsTheSeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t)
		ada := addUser(t, db, "ada@example.org")
		until := time.Now().Add(30 * 24 * time.Hour)
		s := NewService(db, &log{}, week, Hooks{Needed: func(context.Context, ID) (time.Time, error) { return until, nil }})
		w, err := s.Create(t.Context(), ada, Draft{Title: "x", StartsAt: until.Add(24 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := s.Issue(t.Context(), w, Attendee, "Bo")
		if err != nil {
			t.Fatal(err)
		}
		if w, err = s.End(t.Context(), w.ID); err != nil || w.Expires.Before(until) {
			t.Fatalf("%+v, %v", w, err)
		}
		time.Sleep(time.Until(until) - time.Minute)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Join(t.Context(), w, JoinRequest{Secret: secret}); err != nil {
			t.Errorf("by the personal link: %v", err)
		}
		late, _, err := s.Join(t.Context(), w, JoinRequest{Name: "Cy"})
		if err != nil || late.Role != Attendee || !late.Expires.Equal(until) {
			t.Errorf("as a newcomer: %+v, %v", late, err)
		}
		time.Sleep(2 * time.Minute)
		if _, _, err := s.Join(t.Context(), w, JoinRequest{}); !errors.Is(err, ErrEnded) {
			t.Errorf("as a newcomer after the date: %v", err)
		}
		if _, _, err := s.Join(t.Context(), w, JoinRequest{Secret: secret}); !errors.Is(err, ErrTicketInvalid) {
			t.Errorf("after the date: %v", err)
		}
	})
}
