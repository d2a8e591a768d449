package webinar

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type ticketRow struct {
	ID         string `gorm:"primaryKey"`
	WebinarID  string
	SubjectID  string
	Role       string
	Name       string
	UserID     *string
	SecretHash []byte
	Issued     bool
	Used       bool
	Stage      string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	ExpiresAt  int64
}

func (ticketRow) TableName() string { return "tickets" }

func (r ticketRow) ticket() Ticket {
	t := Ticket{
		ID: TicketID(r.ID), Webinar: ID(r.WebinarID), Subject: SubjectID(r.SubjectID), Role: Role(r.Role), Name: r.Name,
		Created: fromMilli(r.CreatedAt), Expires: fromMilli(r.ExpiresAt), Used: r.Used,
	}
	if r.UserID != nil {
		t.User = UserID(*r.UserID)
	}
	if t.Role == Attendee && r.Stage == stageGuest {
		t.Role = Guest
	}
	t.Invited = t.Role == Attendee && r.Stage == stageInvited
	return t
}

func ticketRowOf(t Ticket) ticketRow {
	row := ticketRow{
		ID: string(t.ID), WebinarID: string(t.Webinar), SubjectID: string(t.Subject), Role: string(t.Role), Name: t.Name,
		Used: t.Used, CreatedAt: t.Created.UnixMilli(), ExpiresAt: t.Expires.UnixMilli(),
	}
	if t.User != "" {
		id := string(t.User)
		row.UserID = &id
	}
	return row
}

func (s store) putTicket(ctx context.Context, t Ticket, secretHash []byte, issued bool) error {
	row := ticketRowOf(t)
	row.SecretHash, row.Issued = secretHash, issued
	return gorm.G[ticketRow](s.db).Create(ctx, &row)
}

// putTickets stores all or none.
func (s store) putTickets(ctx context.Context, all []Ticket, hashes [][]byte) error {
	rows := make([]ticketRow, len(all))
	for i, t := range all {
		rows[i] = ticketRowOf(t)
		rows[i].SecretHash = hashes[i]
	}
	return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return tx.CreateInBatches(&rows, 500).Error })
}

func (s store) setSecret(ctx context.Context, id ID, t TicketID, hash []byte) error {
	return s.seated.change(func() error {
		n, err := gorm.G[ticketRow](s.db).Where("id = ? AND webinar_id = ? AND user_id IS NULL", t, id).Update(ctx, "secret_hash", hash)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

// hostTicket returns the seat of t.User in t.Webinar; t becomes it if there is none or the old one has expired.
func (s store) hostTicket(ctx context.Context, t Ticket, now time.Time) (Ticket, error) {
	find := gorm.G[ticketRow](s.db).Where("webinar_id = ? AND user_id = ?", t.Webinar, t.User)
	row, err := find.Take(ctx)
	if err == nil && row.ExpiresAt > now.UnixMilli() {
		return row.ticket(), nil
	}
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return Ticket{}, err
	}
	row = ticketRowOf(t)
	// Two requests may come at once: whoever loses finds the winner's row. An expired seat lives on under its old id,
	// because recordings and votes name it.
	conflict := clause.OnConflict{
		Columns:     []clause.Column{{Name: "webinar_id"}, {Name: "user_id"}},
		TargetWhere: clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "user_id IS NOT NULL"}}},
		DoUpdates:   clause.AssignmentColumns([]string{"expires_at"}),
	}
	if err := gorm.G[ticketRow](s.db, conflict).Create(ctx, &row); err != nil {
		return Ticket{}, err
	}
	row, err = find.Take(ctx)
	return row.ticket(), err
}

func (s store) ticketBySecret(ctx context.Context, id ID, hash []byte, now time.Time) (Ticket, error) {
	t, err := s.seated.read(seatKey{id, string(hash)}, func() (Ticket, error) {
		row, err := gorm.G[ticketRow](s.db).Where("secret_hash = ? AND webinar_id = ?", hash, id).Take(ctx)
		return row.ticket(), err
	})
	if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && t.Expires.UnixMilli() <= now.UnixMilli() {
		return Ticket{}, ErrTicketInvalid
	}
	return t, err
}

func (s store) ticket(ctx context.Context, id ID, t TicketID, now time.Time) (Ticket, error) {
	row, err := gorm.G[ticketRow](s.db).Where("id = ? AND webinar_id = ? AND expires_at > ?", t, id, now.UnixMilli()).Take(ctx)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Ticket{}, ErrNotFound
	}
	return row.ticket(), err
}

func (s store) issuedTickets(ctx context.Context, id ID, now time.Time) ([]Ticket, error) {
	rows, err := gorm.G[ticketRow](s.db).Where("webinar_id = ? AND issued AND expires_at > ?", id, now.UnixMilli()).
		Order("created_at, id").Find(ctx)
	list := make([]Ticket, len(rows))
	for i, r := range rows {
		list[i] = r.ticket()
	}
	return list, err
}

func (s store) useTicket(ctx context.Context, t Ticket) error {
	return s.seated.change(func() error {
		_, err := gorm.G[ticketRow](s.db).Where("id = ?", t.ID).Select("Name", "Used").Updates(ctx, ticketRow{Name: t.Name, Used: true})
		return err
	})
}

func (s store) deleteTicket(ctx context.Context, id ID, t TicketID) error {
	return s.seated.change(func() error {
		n, err := gorm.G[ticketRow](s.db).Where("id = ? AND webinar_id = ? AND user_id IS NULL", t, id).Delete(ctx)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

// shortenTickets brings the end of every seat forward to at; it never extends one.
func (s store) shortenTickets(ctx context.Context, id ID, at time.Time) error {
	return s.seated.change(func() error {
		return s.db.WithContext(ctx).Exec("UPDATE tickets SET expires_at = ? WHERE webinar_id = ? AND expires_at > ?",
			at.UnixMilli(), id, at.UnixMilli()).Error
	})
}

// sweepTickets keeps hosts' seats: they hold no secret and go with their webinar.
func (s store) sweepTickets(ctx context.Context, now time.Time) error {
	return s.seated.change(func() error {
		return s.db.WithContext(ctx).Exec("DELETE FROM tickets WHERE expires_at <= ? AND user_id IS NULL", now.UnixMilli()).Error
	})
}
