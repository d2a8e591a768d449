package polls

import (
	"testing"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// Who is here and can vote neither on the page nor on paper is told so, and the host at the door too.
func TestWhoCanVoteInNoWayIsTold(t *testing.T) {
	f := newFixture(t, 6)
	f.members(t, 0, 1, 1, 1, 1, 1)
	f.set(t, "paper = 1 WHERE id IN ('m0', 'm1')")
	f.set(t, "here = 0 WHERE id IN ('m1', 'm2')")
	f.set(t, "teller = 1 WHERE id = 'm3'")
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Anonymous)
	check := func(when string, want map[webinar.TicketID]Bar, lost ...assembly.MemberID) {
		t.Helper()
		for who, bar := range want {
			if got, err := f.Mandates(t.Context(), room, p.ID, who); err != nil || got.Bar != bar || (bar == "") != (len(got.All) == 1) {
				t.Errorf("%s, %s: %+v, %v, want %q", when, who, got, err, bar)
			}
		}
		roll, err := assembly.In(f.db).Roll(t.Context(), room)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Lost(t.Context(), room, roll)
		if err != nil || len(got) != len(lost) {
			t.Fatalf("%s: lost %+v, %v", when, got, err)
		}
		for i, l := range got {
			if l.Member != lost[i] || l.Poll != p.ID || l.Question != p.Question || l.Bar != BarMissed {
				t.Errorf("%s: lost %+v", when, l)
			}
		}
	}
	check("before the count", map[webinar.TicketID]Bar{"t0": BarPaper, "t1": BarAway, "t2": BarAway, "t3": ""})
	for who, host := range map[webinar.TicketID]bool{"h": true, "t3": false} {
		if _, err := f.CountPaper(t.Context(), room, p.ID, who, host, Paper{{Weight: 1, Votes: []int{1, 0, 0}}}); err != nil {
			t.Fatal(err)
		}
	}
	f.set(t, "here = 1 WHERE id IN ('m1', 'm2')")
	check("after the count", map[webinar.TicketID]Bar{"t0": BarVoted, "t1": BarMissed, "t2": "", "t3": ""}, "m1")
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	roll, err := assembly.In(f.db).Roll(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Lost(t.Context(), room, roll); err != nil || len(got) != 0 {
		t.Errorf("closed: %+v, %v", got, err)
	}
}
