// Package minutes writes the minutes of a meeting of members: who was there, what was voted on and what came of it. It
// writes down what the other packages know, and decides nothing.
package minutes

import (
	"fmt"
	"strings"
	"time"

	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/webinar"
)

// Motion is one vote of the members with its result.
type Motion struct {
	Poll  polls.Poll
	Tally polls.Tally
}

// Minutes is what they are made of.
type Minutes struct {
	Meeting webinar.Webinar
	Roll    assembly.Roll
	Motions []Motion  // in their order
	At      time.Time // when they are written; all times are in its zone
}

// MotionsOf picks the motions that are decided, and those that wait for nothing but their ballots on paper.
func MotionsOf(views []polls.View) []Motion {
	var out []Motion
	for _, v := range views {
		if v.Poll.IsMotion() && (v.Poll.State == polls.StateClosed || v.Poll.Counting()) && v.Tally != nil {
			out = append(out, Motion{v.Poll, *v.Tally})
		}
	}
	return out
}

func (m Minutes) clock(t time.Time) string { return m.Meeting.Lang.Clock(t.In(m.At.Location())) }

// facts are the lines about the meeting.
func (m Minutes) facts() []string {
	w := m.words()
	out := []string{w.date + ": " + m.clock(m.Meeting.StartsAt)}
	quorum := w.noQuorum
	if r := m.Roll.Rules; r.Quorum > 0 {
		quorum = fmt.Sprintf(w.quorum, r.Quorum, w.of(r.Heads))
	}
	out = append(out, quorum)
	proxies := w.anyProxies
	switch n := m.Roll.Rules.Proxies; {
	case n == 1:
		proxies = w.oneProxy
	case n > 1:
		proxies = fmt.Sprintf(w.proxies, n)
	}
	return append(out, proxies)
}

// state says who is on the list and there as the minutes are written.
func (m Minutes) state() string {
	return m.words().asOf + " " + m.clock(m.At) + ". " + m.attendance(m.Roll.Attendance())
}

// attendance says in a line who is, or was, there.
func (m Minutes) attendance(a assembly.Attendance) string {
	w := m.words()
	out := fmt.Sprintf(w.attendance, a.Here.Members, a.Here.Votes, a.Represented.Members, a.Represented.Votes, a.All.Members, a.All.Votes)
	switch {
	case a.Quorum == 0: // none is needed
		return out
	case a.Met:
		return out + " " + w.met
	}
	return out + " " + w.notMet
}

// about are the lines of one motion beside its table.
func (m Minutes) about(n Motion) []string {
	w, p := m.words(), n.Poll
	var out []string
	if p.Attendance != nil {
		out = append(out, w.opened+" "+m.clock(p.OpenedAt)+". "+m.attendance(*p.Attendance))
	}
	if !p.CountingSince.IsZero() {
		out = append(out, w.ended+" "+m.clock(p.CountingSince))
	}
	if p.Counting() {
		return append(out, w.owed)
	}
	out = append(out, w.closed+" "+m.clock(p.ClosedAt))
	out = append(out, w.secrecy[p.Secrecy], w.majority[p.Motion.Majority], w.counts(p.Motion.Heads))
	if o := n.Tally.Motion; o != nil && o.OnPaper > 0 {
		out = append(out, fmt.Sprintf(w.paper, o.OnPaper, o.Invalid))
		if o.Paper == nil {
			out = append(out, w.fewOnPaper)
		}
	}
	if o := n.Tally.Motion; o != nil && o.Uncounted > 0 {
		out = append(out, fmt.Sprintf(w.uncounted, o.Uncounted))
	}
	return out
}

// decision says what became of a motion; empty for an election.
func (m Minutes) decision(n Motion) string {
	if n.Tally.Motion == nil || n.Poll.Counting() {
		return ""
	}
	return m.words().decision[n.Tally.Motion.Decision]
}

// result is the table of one motion.
func (m Minutes) result(n Motion) (head []string, rows [][]string) {
	w := m.words()
	head = []string{w.option, w.votes, w.heads, w.onPaper}
	for i, o := range n.Poll.Options {
		row := []string{o.Text, "", fmt.Sprint(n.Tally.Votes[i]), ""}
		if out := n.Tally.Motion; out != nil {
			row[1], row[3] = fmt.Sprint(out.Votes[i]), "–"
			if out.Paper != nil {
				row[3] = fmt.Sprint(out.Paper[i])
			}
		}
		rows = append(rows, row)
	}
	return head, rows
}

// present is the table of the members: those who are here, and who votes for whom.
func (m Minutes) present() (head []string, rows [][]string) {
	w := m.words()
	names := map[assembly.MemberID]string{}
	for _, member := range m.Roll.Members {
		names[member.ID] = member.Name
	}
	head = []string{w.number, w.name, w.weight, w.presence}
	for _, member := range m.Roll.Members {
		presence := w.absent
		switch {
		case member.Here && member.Paper:
			presence = w.hereOnPaper
		case member.Here:
			presence = w.here
		case member.Proxy != "":
			presence = fmt.Sprintf(w.represented, names[member.Proxy])
		}
		rows = append(rows, []string{member.Number, member.Name, fmt.Sprint(member.Weight), presence})
	}
	return head, rows
}

// title of the document.
func (m Minutes) title() string { return m.words().minutes + ": " + strings.TrimSpace(m.Meeting.Title) }
