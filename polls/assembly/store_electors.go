package assembly

import (
	"context"

	"gorm.io/gorm"

	"plenum/webinar"
)

// Electors says who may vote, within somebody else's transaction.
type Electors struct{ store }

// In asks db, which may be a transaction.
func In(db *gorm.DB) Electors { return Electors{store{db}} }

// Roll returns the list as it is in the transaction. Errors: ErrNoAssembly.
func (e Electors) Roll(ctx context.Context, w webinar.ID) (Roll, error) { return e.roll(ctx, w) }

// Mandate returns the member for whom the bearer of a ticket wants to vote: themselves where id is empty. Refused says
// why they may not: ErrGuest, ErrAway, ErrOnPaper, ErrNoMandate.
func (e Electors) Mandate(ctx context.Context, w webinar.ID, t webinar.TicketID, id MemberID) (m Member, refused, err error) {
	self, ok, err := e.Member(ctx, w, t)
	if err != nil || !ok {
		return Member{}, ErrGuest, err
	}
	m = self
	if id != "" && id != self.ID {
		if m, ok, err = e.member(ctx, "webinar_id = ? AND id = ?", w, id); err != nil || !ok {
			return Member{}, ErrNoMandate, err
		}
	}
	if refused = mandate(self, m); refused != nil && m.ID != self.ID {
		m = Member{} // what became of others' votes is not for this one
	}
	return m, refused, nil
}

// Mandates returns the member who came with a ticket, and all for whom they may vote now. Errors: ErrNotFound.
func (e Electors) Mandates(ctx context.Context, w webinar.ID, t webinar.TicketID) (self Member, all []Member, err error) {
	self, ok, err := e.Member(ctx, w, t)
	switch {
	case err != nil:
		return self, nil, err
	case !ok:
		return self, nil, ErrNotFound
	}
	rows, err := gorm.G[memberRow](e.db).Where("proxy_id = ? AND webinar_id = ?", self.ID, w).Order("position").Find(ctx)
	if err != nil {
		return self, nil, err
	}
	others := make([]Member, len(rows))
	for i, r := range rows {
		others[i] = r.member()
	}
	return self, mandates(self, others), nil
}

// Member finds the member who came with a ticket.
func (e Electors) Member(ctx context.Context, w webinar.ID, t webinar.TicketID) (m Member, ok bool, err error) {
	return e.member(ctx, "webinar_id = ? AND ticket_id = ?", w, t)
}

func (s store) member(ctx context.Context, where string, args ...any) (m Member, ok bool, err error) {
	rows, err := gorm.G[memberRow](s.db).Where(where, args...).Limit(1).Find(ctx)
	if err != nil || len(rows) == 0 {
		return Member{}, false, err
	}
	return rows[0].member(), true, nil
}
