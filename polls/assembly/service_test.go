package assembly

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"plenum/migrations/fresh"
	"plenum/webinar"
)

func ticketOf(i int) webinar.TicketID { return webinar.TicketID(fmt.Sprint("t", i)) }

// journal keeps the newest attendance.
type journal struct {
	mu   sync.Mutex
	last Attendance
}

func (j *journal) Publish(e webinar.Event) {
	if a, ok := e.Body.(AttendanceChanged); ok {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.last = a.Attendance
	}
}

type fixture struct {
	*Service
	t        *testing.T
	db       *gorm.DB
	webinars *webinar.Service
	events   *journal
	meeting  webinar.Webinar
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	db, err := fresh.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if conn, err := db.DB(); err != nil || conn.Close() != nil {
			t.Error("not closed")
		}
	})
	f := &fixture{t: t, db: db, events: &journal{}}
	if err := db.Exec("INSERT INTO users (id, email, name, password_hash, created_at) VALUES ('u', 'u@example.org', 'u', 'h', 1)").Error; err != nil {
		t.Fatal(err)
	}
	f.webinars = webinar.NewService(db, f.events, webinar.Retention{Webinar: time.Hour, Seat: time.Hour, MaxLive: time.Hour}, webinar.Hooks{})
	f.Service = New(db, f.webinars, f.events)
	if f.meeting, err = f.webinars.Create(t.Context(), webinar.User{ID: "u", Name: "u"}, webinar.Draft{Title: "Meeting", Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) invite(list string) []Invitation {
	f.t.Helper()
	got, err := f.Import(f.t.Context(), f.meeting, strings.NewReader(list))
	if err != nil {
		f.t.Fatal(err)
	}
	return got
}

func (f *fixture) seats() (n int) {
	f.t.Helper()
	if err := f.db.Raw("SELECT count(*) FROM tickets").Row().Scan(&n); err != nil {
		f.t.Fatal(err)
	}
	return n
}

func ptr[T any](v T) *T { return &v }

const three = "number,name,weight,proxy\n1,Anna,2,\n2,Bert,3,1\n3,Carl,5,\n"

func TestMeeting(t *testing.T) {
	f := newFixture(t)
	if _, err := f.Roll(t.Context(), f.meeting.ID); !errors.Is(err, ErrNoAssembly) {
		t.Errorf("no list: %v", err)
	}
	f.invite("number,name\n7,Old\n")
	people := f.invite(three)
	if f.seats() != 3 {
		t.Errorf("%d seats of 3 members", f.seats())
	}
	if err := f.SetRules(t.Context(), f.meeting.ID, Rules{Quorum: 50, Proxies: 1}); err != nil {
		t.Fatal(err)
	}
	anna, err := f.webinars.BySecret(t.Context(), f.meeting.ID, people[0].Secret)
	if err != nil || anna.Name != "Anna" || anna.Role != webinar.Attendee {
		t.Fatalf("%v, %+v", err, anna)
	}
	if err := f.Arrive(t.Context(), f.meeting.ID, anna.ID, true); err != nil {
		t.Fatal(err)
	}
	if a := f.events.last; a.Here != (Share{1, 2}) || a.Represented != (Share{1, 3}) || a.All != (Share{3, 10}) || !a.Met {
		t.Errorf("%+v", a)
	}
	if _, err := f.Import(t.Context(), f.meeting, strings.NewReader(three)); !errors.Is(err, ErrBegun) || f.seats() != 3 {
		t.Errorf("a new list after the beginning: %v, %d seats", err, f.seats())
	}
	// Bert comes after all: he is no longer represented, and may no longer name anybody.
	bert := people[1].Member
	if _, err := f.Change(t.Context(), f.meeting.ID, bert.ID, Change{Here: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	if a := f.events.last; a.Here != (Share{2, 5}) || a.Represented != (Share{}) || !a.Met {
		t.Errorf("%+v", a)
	}
	for name, x := range map[string]struct {
		id   MemberID
		c    Change
		want error
	}{
		"here":     {bert.ID, Change{Proxy: ptr(people[2].Member.ID)}, ErrHere},
		"self":     {people[2].Member.ID, Change{Proxy: ptr(people[2].Member.ID)}, ErrProxySelf},
		"nobody":   {people[2].Member.ID, Change{Proxy: ptr(MemberID("x"))}, ErrNotFound},
		"stranger": {"x", Change{}, ErrNotFound},
		"full":     {people[2].Member.ID, Change{Proxy: ptr(people[0].Member.ID)}, ErrProxyFull},
	} {
		if _, err := f.Change(t.Context(), f.meeting.ID, x.id, x.c); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := f.Arrive(t.Context(), f.meeting.ID, "stranger", true); !errors.Is(err, ErrNotFound) {
		t.Errorf("a stranger arrives: %v", err)
	}
	again, err := f.Link(t.Context(), f.meeting.ID, bert.ID)
	if err != nil {
		t.Fatal(err)
	}
	if seat, err := f.webinars.BySecret(t.Context(), f.meeting.ID, again.Secret); err != nil || seat.ID != bert.Ticket {
		t.Errorf("the new link: %v, %v", err, seat.ID)
	}
	if _, err := f.webinars.BySecret(t.Context(), f.meeting.ID, people[1].Secret); !errors.Is(err, webinar.ErrTicketInvalid) {
		t.Errorf("the old link: %v", err)
	}
}

func TestRules(t *testing.T) {
	f := newFixture(t)
	f.invite("number,name,proxy\n1,Anna,\n2,Bert,1\n3,Carl,1\n")
	for _, r := range []Rules{{Quorum: -1}, {Quorum: 101}, {Proxies: -1}, {Proxies: MaxMembers + 1}} {
		if _, ok := errors.AsType[*webinar.InvalidError](f.SetRules(t.Context(), f.meeting.ID, r)); !ok {
			t.Errorf("%+v was taken", r)
		}
	}
	if err := f.SetRules(t.Context(), f.meeting.ID, Rules{Proxies: 1}); !errors.Is(err, ErrProxyFull) {
		t.Errorf("Anna holds two: %v", err)
	}
	if r, err := f.Roll(t.Context(), f.meeting.ID); err != nil || r.Rules.Proxies != 0 {
		t.Errorf("%v, %+v", err, r.Rules)
	}
}
