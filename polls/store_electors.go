package polls

import (
	"context"

	"plenum/polls/assembly"
)

type electorRow struct {
	PollID, MemberID, HolderID string
	Weight                     int
	Paper                      bool
}

func (electorRow) TableName() string { return "electors" }

func (r electorRow) elector() assembly.Elector {
	return assembly.Elector{Member: assembly.MemberID(r.MemberID), Holder: assembly.MemberID(r.HolderID), Weight: r.Weight, Paper: r.Paper}
}

// freeze lays down whose votes count in a secret motion.
func (t *txn) freeze(id PollID, electors []assembly.Elector) error {
	rows := make([]electorRow, len(electors))
	for i, e := range electors {
		rows[i] = electorRow{string(id), string(e.Member), string(e.Holder), e.Weight, e.Paper}
	}
	if len(rows) == 0 {
		return nil
	}
	return fault("write electors", t.db.CreateInBatches(&rows, 500).Error)
}

func (s store) electors(ctx context.Context, id PollID) ([]assembly.Elector, error) {
	return s.electorsWhere(ctx, "poll_id = ?", id)
}

func (s store) electorsWhere(ctx context.Context, where string, args ...any) ([]assembly.Elector, error) {
	var rows []electorRow
	if err := s.db.WithContext(ctx).Where(where, args...).Find(&rows).Error; err != nil {
		return nil, fault("read electors", err)
	}
	out := make([]assembly.Elector, len(rows))
	for i, r := range rows {
		out[i] = r.elector()
	}
	return out, nil
}

// elector finds for whom a token is asked, under what key it is kept, and what that vote weighs; refused says why there is
// none.
func (t *txn) elector(p Poll, who voter) (key string, weight int, refused, err error) {
	if !p.IsMotion() {
		return t.entitle(p, who)
	}
	self, ok, err := assembly.In(t.db).Member(context.Background(), p.Webinar, who.ticket)
	if err != nil || !ok {
		return "", 0, assembly.ErrGuest, fault("read member", err)
	}
	own := who.member == "" || who.member == self.ID
	if own {
		who.member = self.ID
	}
	found, err := t.electorsWhere(context.Background(), "poll_id = ? AND member_id = ?", p.ID, who.member)
	switch {
	case err != nil:
		return "", 0, nil, err
	case len(found) == 0 && own:
		return "", 0, ErrLate, nil
	case len(found) == 0 || found[0].Holder != self.ID && !own: // what became of others' votes is not for this one
		return "", 0, assembly.ErrNoMandate, nil
	case found[0].Holder != self.ID:
		return "", 0, ErrRepresented, nil
	case found[0].Paper:
		return "", 0, assembly.ErrOnPaper, nil
	}
	return string(found[0].Member), found[0].Weight, nil, nil
}

// handed are the members for whom a token of a secret motion was signed.
func (s store) handed(ctx context.Context, id PollID) (map[assembly.MemberID]bool, error) {
	return s.membersIn(ctx, "SELECT ticket_id FROM poll_tokens WHERE poll_id = ?", id)
}
