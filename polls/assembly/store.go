package assembly

import (
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"

	"plenum/webinar"
)

// store keeps lists of members in the database.
type store struct{ db *gorm.DB }

type memberRow struct {
	ID           string `gorm:"primaryKey"`
	WebinarID    string
	Position     int
	Number, Name string
	Weight       int
	ProxyID      string
	TicketID     *string
	Here, Paper  bool
	Arrived      bool
	Teller       bool
}

func (memberRow) TableName() string { return "members" }

func (r memberRow) member() Member {
	m := Member{ID: MemberID(r.ID), Number: r.Number, Name: r.Name, Weight: r.Weight, Proxy: MemberID(r.ProxyID), Here: r.Here, Paper: r.Paper, Teller: r.Teller}
	if r.TicketID != nil {
		m.Ticket = webinar.TicketID(*r.TicketID)
	}
	return m
}

func (s store) transaction(ctx context.Context, do func(store) error) error {
	return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return do(store{tx}) })
}

// rules returns ErrNoAssembly when there is neither a list nor rules.
func (s store) rules(ctx context.Context, w webinar.ID) (Rules, error) {
	var r Rules
	err := s.db.WithContext(ctx).Raw("SELECT quorum, heads, proxies FROM assemblies WHERE webinar_id = ?", w).Row().Scan(&r.Quorum, &r.Heads, &r.Proxies)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNoAssembly
	}
	return r, err
}

func (s store) setRules(w webinar.ID, r Rules) error {
	return s.db.Exec(`INSERT INTO assemblies (webinar_id, quorum, heads, proxies) VALUES (?, ?, ?, ?)
		ON CONFLICT (webinar_id) DO UPDATE SET quorum = excluded.quorum, heads = excluded.heads, proxies = excluded.proxies`,
		w, r.Quorum, r.Heads, r.Proxies).Error
}

func (s store) roll(ctx context.Context, w webinar.ID) (Roll, error) {
	rules, err := s.rules(ctx, w)
	if err != nil {
		return Roll{}, err
	}
	rows, err := gorm.G[memberRow](s.db).Where("webinar_id = ?", w).Order("position").Find(ctx)
	out := Roll{Rules: rules, Members: make([]Member, len(rows))}
	for i, r := range rows {
		out.Members[i] = r.member()
	}
	return out, err
}

// begun reports whether somebody has arrived, after which the list is history.
func (s store) begun(w webinar.ID) (begun bool, err error) {
	err = s.db.Raw("SELECT EXISTS (SELECT 1 FROM members WHERE webinar_id = ? AND arrived)", w).Row().Scan(&begun)
	return begun, err
}

// replace puts a list in the place of another one.
func (s store) replace(ctx context.Context, w webinar.ID, members []Member) error {
	if err := s.db.Exec("DELETE FROM members WHERE webinar_id = ?", w).Error; err != nil {
		return err
	}
	rows := make([]memberRow, len(members))
	for i, m := range members {
		ticket := string(m.Ticket)
		rows[i] = memberRow{ID: string(m.ID), WebinarID: string(w), Position: i + 1, Number: m.Number, Name: m.Name, Weight: m.Weight, ProxyID: string(m.Proxy), TicketID: &ticket}
	}
	return gorm.G[memberRow](s.db).CreateInBatches(ctx, &rows, 500)
}

// set writes what may change of a member during the meeting.
func (s store) set(m Member) error {
	return s.db.Exec("UPDATE members SET here = ?, arrived = arrived OR ?, paper = ?, teller = ?, proxy_id = ? WHERE id = ?", m.Here, m.Here, m.Paper, m.Teller, m.Proxy, m.ID).Error
}

// voting reports whether a motion is open, and whether one of them takes no vote any more but waits for its ballots on paper,
// of which a secret one knows since its opening how many there may be.
func (s store) voting(w webinar.ID) (voting, counting bool, err error) {
	err = s.db.Raw(`SELECT COUNT(*) > 0, COALESCE(MAX(counting_since > 0 AND secrecy <> 'secret'), 0)
		FROM polls WHERE webinar_id = ? AND state = 'open' AND motion <> ''`, w).Row().Scan(&voting, &counting)
	return voting, counting, err
}
