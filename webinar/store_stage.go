package webinar

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// The values of tickets.stage; empty for an attendee among the attendees, and for everybody else.
const (
	stageInvited = "invited"
	stageGuest   = "guest"
)

// moveSeat changes where an attendee stands towards the stage to what f says, in one transaction. f is told how many
// others of the webinar are guests and how many are invited; its error changes nothing.
func (s store) moveSeat(
	ctx context.Context, w ID, id TicketID, now time.Time, f func(t Ticket, guests, invited int) (string, error),
) (t Ticket, err error) {
	err = s.seated.change(func() error {
		return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			row, err := gorm.G[ticketRow](tx).Where("id = ? AND webinar_id = ? AND expires_at > ?", id, w, now.UnixMilli()).Take(ctx)
			if errors.Is(err, gorm.ErrRecordNotFound) {
				return ErrNotFound
			}
			if err != nil {
				return err
			}
			others := func(stage string) (int64, error) {
				return gorm.G[ticketRow](tx).
					Where("webinar_id = ? AND stage = ? AND id <> ? AND expires_at > ?", w, stage, id, now.UnixMilli()).Count(ctx, "*")
			}
			guests, err := others(stageGuest)
			if err != nil {
				return err
			}
			invited, err := others(stageInvited)
			if err != nil {
				return err
			}
			if row.Stage, err = f(row.ticket(), int(guests), int(invited)); err != nil {
				return err
			}
			t = row.ticket()
			_, err = gorm.G[ticketRow](tx).Where("id = ?", id).Select("Stage").Updates(ctx, ticketRow{Stage: row.Stage})
			return err
		})
	})
	return t, err
}

// seatsAtOnce keeps a query below the number of variables that SQLite takes.
const seatsAtOnce = 500

func (s store) seats(ctx context.Context, w ID, ids []TicketID, now time.Time) ([]Ticket, error) {
	var list []Ticket
	for part := range slices.Chunk(ids, seatsAtOnce) {
		rows, err := gorm.G[ticketRow](s.db).Where("webinar_id = ? AND expires_at > ? AND id IN ?", w, now.UnixMilli(), part).Find(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			list = append(list, r.ticket())
		}
	}
	slices.SortFunc(list, func(a, b Ticket) int {
		if (a.Name == "") != (b.Name == "") {
			return cmp.Compare(len(b.Name), len(a.Name)) // a name before none
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}
