package polls

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"plenum/polls/assembly"
	"plenum/webinar"
)

type motionJSON struct {
	Majority Majority `json:"majority"`
	Heads    bool     `json:"heads,omitempty"`
	Abstain  bool     `json:"abstain,omitempty"`
}

// writeMotion writes what a draft lays down of a vote of the members.
func (t *txn) writeMotion(p *Poll) error {
	text := ""
	if p.IsMotion() {
		row, err := json.Marshal(motionJSON(p.Motion))
		if err != nil {
			return fault("write motion", err)
		}
		text = string(row)
	}
	return fault("write motion", t.db.Exec("UPDATE polls SET motion = ? WHERE id = ?", text, p.ID).Error)
}

// readMotion reads what [txn.writeMotion] and [txn.keep] have written.
func (p *Poll) readMotion(motion, attendance string) error {
	if motion == "" {
		return nil
	}
	var m motionJSON
	if err := json.Unmarshal([]byte(motion), &m); err != nil {
		return err
	}
	p.Motion = Motion(m)
	if attendance == "" {
		return nil
	}
	p.Attendance = &assembly.Attendance{}
	return json.Unmarshal([]byte(attendance), p.Attendance)
}

// meeting is who votes on a motion that opens.
type meeting struct {
	weights    []int                // of the votes of a secret poll that are not on paper
	electors   []assembly.Elector   // of a secret motion, to be laid down
	attendance *assembly.Attendance // of a motion, to be kept; nil: the first opening has decided
}

// meet finds who is there when a poll opens, and of a secret motion whose votes count. Unless small classes are known to the
// host, it refuses a vote whose weight could tell whose it is. It writes nothing.
func (t *txn) meet(p Poll, smallKnown bool) (meeting, error) {
	if !p.IsMotion() {
		return meeting{weights: []int{1}}, nil
	}
	if p.Secrecy == Secret && p.Kept > 0 { // of the ballots in the box, the first opening has decided
		electors, err := t.electors(context.Background(), p.ID)
		return meeting{weights: weightsOf(electors)}, err
	}
	roll, err := assembly.In(t.db).Roll(context.Background(), p.Webinar)
	if err != nil {
		return meeting{}, listFault(err)
	}
	out := meeting{attendance: new(roll.Attendance())}
	switch {
	case p.Secrecy == Secret:
		out.electors = roll.Electors(p.Motion.Heads)
		out.weights = weightsOf(out.electors)
		return out, hidden(out.electors, smallKnown)
	case !smallKnown && p.telling(roll):
		return out, ErrSmallClass
	}
	return out, nil
}

// keep writes down who votes on a motion.
func (t *txn) keep(p *Poll, m meeting) error {
	if m.attendance == nil {
		return nil
	}
	if err := t.freeze(p.ID, m.electors); err != nil {
		return err
	}
	p.Attendance = m.attendance
	row, err := json.Marshal(p.Attendance)
	if err != nil {
		return fault("write attendance", err)
	}
	return fault("write attendance", t.db.Exec("UPDATE polls SET attendance = ? WHERE id = ?", string(row), p.ID).Error)
}

func listFault(err error) error {
	if errors.Is(err, assembly.ErrNoAssembly) {
		return err
	}
	return fault("read members", err)
}

// entitle finds in whose name a vote is counted, and what it weighs; refused says why it is not.
func (t *txn) entitle(p Poll, who voter) (key string, weight int, refused, err error) {
	if !p.IsMotion() {
		if who.member != "" {
			refused = ErrNotMotion
		}
		return string(who.ticket), 1, refused, nil
	}
	m, refused, err := assembly.In(t.db).Mandate(context.Background(), p.Webinar, who.ticket, who.member)
	return string(m.ID), m.Counts(p.Motion.Heads), refused, fault("read mandate", err)
}

// teller returns the list for somebody who may count ballots on paper.
func (t *txn) teller(p Poll, who webinar.TicketID, host bool) (assembly.Roll, error) {
	roll, err := assembly.In(t.db).Roll(context.Background(), p.Webinar)
	if err != nil {
		return roll, listFault(err)
	}
	if m, ok := roll.Member(who); !host && (!ok || !m.Teller) {
		return roll, webinar.ErrForbidden
	}
	return roll, nil
}

// paperClasses is how many ballots on paper there can be.
func (t *txn) paperClasses(p Poll, roll assembly.Roll) ([]assembly.Class, error) {
	voted, err := t.votedMembers(context.Background(), p.ID)
	if err != nil || p.Secrecy != Secret {
		return roll.OnPaper(p.Motion.Heads, voted), err
	}
	electors, err := t.electors(context.Background(), p.ID)
	electors = slices.DeleteFunc(electors, func(e assembly.Elector) bool { return voted[e.Member] })
	return assembly.ElectorClasses(electors, true), err
}

// votedMembers are those in whose name somebody has voted in a motion.
func (s store) votedMembers(ctx context.Context, id PollID) (map[assembly.MemberID]bool, error) {
	return s.membersIn(ctx, "SELECT ticket_id FROM voted WHERE poll_id = ?", id)
}

func (s store) membersIn(ctx context.Context, query string, args ...any) (map[assembly.MemberID]bool, error) {
	var ids []assembly.MemberID
	if err := s.db.WithContext(ctx).Raw(query, args...).Scan(&ids).Error; err != nil {
		return nil, fault("read members", err)
	}
	out := make(map[assembly.MemberID]bool, len(ids))
	for _, m := range ids {
		out[m] = true
	}
	return out, nil
}

func (s store) paperCounts(id PollID) (papers, error) {
	var rows []struct{ TicketID, Counts string }
	if err := s.db.Raw("SELECT ticket_id, counts FROM paper_counts WHERE poll_id = ?", id).Scan(&rows).Error; err != nil {
		return nil, fault("read paper counts", err)
	}
	out := papers{}
	for _, r := range rows {
		var p Paper
		if err := json.Unmarshal([]byte(r.Counts), &p); err != nil {
			return nil, fault("read paper counts", err)
		}
		out[webinar.TicketID(r.TicketID)] = p
	}
	return out, nil
}

func (t *txn) keepPaper(id PollID, who webinar.TicketID, p Paper) error {
	row, err := json.Marshal(p)
	if err != nil {
		return fault("write paper count", err)
	}
	return fault("write paper count", t.db.Exec(`INSERT INTO paper_counts (poll_id, ticket_id, counts) VALUES (?, ?, ?)
		ON CONFLICT (poll_id, ticket_id) DO UPDATE SET counts = excluded.counts`, id, who, string(row)).Error)
}

// agreePaper keeps what two people agree on. Whoever votes on paper has voted then, and can do it in no other way.
func (t *txn) agreePaper(p Poll, roll assembly.Roll, agreed Paper) error {
	row, err := json.Marshal(agreed)
	if err != nil {
		return fault("agree on paper", err)
	}
	if err := t.db.Exec("UPDATE paper_counts SET agreed = 1 WHERE poll_id = ? AND counts = ?", p.ID, string(row)).Error; err != nil {
		return fault("agree on paper", err)
	}
	members, err := t.paperMembers(p, roll)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := t.db.Exec("INSERT INTO voted (poll_id, ticket_id) VALUES (?, ?) ON CONFLICT DO NOTHING", p.ID, m).Error; err != nil {
			return fault("agree on paper", err)
		}
	}
	return nil
}

// paperMembers are those who vote on paper: now, or in a secret motion when it opened.
func (t *txn) paperMembers(p Poll, roll assembly.Roll) (out []assembly.MemberID, err error) {
	if p.Secrecy == Secret {
		electors, err := t.electors(context.Background(), p.ID)
		for _, e := range electors {
			if e.Paper {
				out = append(out, e.Member)
			}
		}
		return out, err
	}
	for _, m := range roll.Members {
		if m.Here && m.Paper {
			out = append(out, m.ID)
		}
	}
	return out, nil
}

func (t *txn) dropPaper(id PollID) error {
	return fault("drop paper counts", t.db.Exec("DELETE FROM paper_counts WHERE poll_id = ?", id).Error)
}

// papered adds to motions what was agreed on of their ballots on paper.
func (s store) papered(ctx context.Context, found []stored) error {
	for i := range found {
		if !found[i].IsMotion() || found[i].State == StateDraft {
			continue
		}
		var rows []string
		err := s.db.WithContext(ctx).Raw("SELECT counts FROM paper_counts WHERE poll_id = ? AND agreed LIMIT 1", found[i].ID).Scan(&rows).Error
		if err != nil {
			return fault("read paper counts", err)
		}
		for _, row := range rows {
			if err := json.Unmarshal([]byte(row), &found[i].paper); err != nil {
				return fault("read paper counts", err)
			}
		}
	}
	return nil
}

// mandates returns a member and for whom they may vote. Errors: assembly.ErrNotFound.
func (s store) mandates(ctx context.Context, w webinar.ID, who webinar.TicketID) (assembly.Member, []assembly.Member, error) {
	self, list, err := assembly.In(s.db).Mandates(ctx, w, who)
	if err != nil && !errors.Is(err, assembly.ErrNotFound) {
		err = fault("read mandates", err)
	}
	return self, list, err
}

// votedIn returns the polls of w in which a ticket has voted.
func (s store) votedIn(ctx context.Context, w webinar.ID, ticket webinar.TicketID) (map[PollID]bool, error) {
	var ids []PollID
	err := s.db.WithContext(ctx).Raw(`SELECT poll_id FROM polls CROSS JOIN voted ON poll_id = id
		WHERE webinar_id = ? AND ticket_id IN (?, (SELECT id FROM members WHERE members.ticket_id = ?))`, w, ticket, ticket).Scan(&ids).Error
	if err != nil {
		return nil, fault("read voted", err)
	}
	out := make(map[PollID]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}
