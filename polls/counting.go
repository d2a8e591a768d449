package polls

import (
	"context"
	"errors"
	"time"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// A motion whose time is up, or whose webinar ends, takes no vote any more; but ballots on paper that two people have not
// counted alike yet lie in the hall, and the program cannot know what is on them. So it does not close without them: it
// stays open for those who count, and closes as soon as they agree, or when a host says that it shall do without.

// ErrPaperUncounted: members vote on paper, and nobody has counted that.
var ErrPaperUncounted = errors.New("nobody has counted the ballots on paper")

// Counting reports whether a poll waits for nothing but its ballots on paper.
func (p Poll) Counting() bool { return p.State == StateOpen && !p.CountingSince.IsZero() }

// votingSQL is the state of a poll p for whoever votes: one that waits for paper only is closed.
const votingSQL = `CASE WHEN p.counting_since > 0 THEN 'closed' ELSE p.state END`

// owed is how many ballots on paper of a motion may be missing in its result: those of the members who vote on paper, unless
// two people have counted them alike.
func (t *txn) owed(p stored) (int, error) {
	if !p.IsMotion() || p.paper != nil {
		return 0, nil
	}
	roll, err := assembly.In(t.db).Roll(context.Background(), p.Webinar)
	if err != nil && !errors.Is(err, assembly.ErrNoAssembly) {
		return 0, listFault(err)
	}
	classes, err := t.paperClasses(p.Poll, roll)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range classes {
		n += c.Members
	}
	counts, err := t.paperCounts(p.ID)
	for _, count := range counts { // also of members who have gone from the list since
		n = max(n, count.ballots())
	}
	return n, err
}

// expire ends the voting in a poll: it closes, unless ballots on paper are owed. Then nothing is signed any more and no vote
// is taken, and it waits for them. It returns what [txn.finish] does.
func (t *txn) expire(p *stored, at time.Time) ([]stored, error) {
	if p.Counting() {
		return nil, nil
	}
	switch owed, err := t.owed(*p); {
	case err != nil:
		return nil, err
	case owed == 0:
		return t.finish(p, at)
	}
	p.CountingSince = timeOf(at.UnixMilli())
	if err := t.db.Exec("UPDATE polls SET counting_since = ? WHERE id = ?", at.UnixMilli(), p.ID).Error; err != nil {
		return nil, fault("end voting", err)
	}
	if err := t.forget("id = ?", p.ID); err != nil {
		return nil, err
	}
	return nil, t.messy()
}

// expired tells what became of a poll whose voting has ended. It runs in the writer.
func (s *Service) expired(p stored, out []stored) {
	if !p.Counting() {
		s.closed(p, out)
		return
	}
	s.openings.set(p.Poll, s.wall())
	s.publish(p.Poll, nil)
	s.writer.untidy = true
}

// settled refuses to close a motion whose ballots on paper were counted, but not by two people alike, or by nobody. Without:
// the host knows that nobody has.
func (t *txn) settled(p stored, without bool) error {
	if !p.IsMotion() || p.paper != nil {
		return nil
	}
	switch counts, err := t.paperCounts(p.ID); {
	case err != nil:
		return err
	case len(counts) > 0:
		return ErrPaperPending
	}
	owed, err := t.owed(p)
	if err == nil && owed > 0 && !without {
		err = ErrPaperUncounted
	}
	return err
}

// CloseWithoutPaper closes a motion as ClosePoll does, although nobody has counted the ballots on paper. How many they may
// have been is kept with the result. Errors: ErrNotFound, ErrNotOpen, ErrPaperPending.
func (s *Service) CloseWithoutPaper(ctx context.Context, w webinar.ID, id PollID) (Poll, error) {
	return s.closeByHand(ctx, w, id, true)
}

func (p Paper) ballots() int {
	n := 0
	for _, class := range p {
		n += class.ballots()
	}
	return n
}
