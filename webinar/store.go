package webinar

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
)

type webinarRow struct {
	ID        string `gorm:"primaryKey"`
	OwnerID   string
	Title     string
	Lang      string
	Code      string
	State     string
	StartsAt  int64
	LiveAt    int64
	EndedAt   int64
	ExpiresAt int64
	CreateKey string

	RecIntent   string
	RecPurpose  string
	RecViewers  string
	RecKeepDays int

	HostName string `gorm:"->"` // joined from users
}

func (webinarRow) TableName() string { return "webinars" }

func (r webinarRow) webinar() Webinar {
	return Webinar{
		ID: ID(r.ID), Owner: UserID(r.OwnerID), HostName: r.HostName, Title: r.Title, Lang: Lang(r.Lang), Code: r.Code,
		State: State(r.State), StartsAt: fromMilli(r.StartsAt), LiveAt: fromMilli(r.LiveAt), EndedAt: fromMilli(r.EndedAt),
		Expires:   fromMilli(r.ExpiresAt),
		Recording: Plan{Intent: Intent(r.RecIntent), Purpose: r.RecPurpose, Viewers: Viewers(r.RecViewers), KeepDays: r.RecKeepDays},
	}
}

func rowOf(w Webinar, key string) webinarRow {
	return webinarRow{
		ID: string(w.ID), OwnerID: string(w.Owner), Title: w.Title, Lang: string(w.Lang), Code: w.Code, State: string(w.State),
		StartsAt: milli(w.StartsAt), LiveAt: milli(w.LiveAt), EndedAt: milli(w.EndedAt), ExpiresAt: milli(w.Expires), CreateKey: key,
		RecIntent: string(w.Recording.Intent), RecPurpose: w.Recording.Purpose, RecViewers: string(w.Recording.Viewers), RecKeepDays: w.Recording.KeepDays,
	}
}

// milli writes the zero time as 0.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// store is the only one who changes webinars and tickets in a running server, so it may remember what it read: a vote
// spent a third of its time on asking for the same webinar and its own seat.
type store struct {
	db       *gorm.DB
	webinars *recent[ID, Webinar]
	seated   *recent[seatKey, Ticket]
}

// seatKey finds a seat by what its owner shows.
type seatKey struct {
	webinar    ID
	secretHash string
}

// How many rows are remembered: some 0.3 KiB each.
const (
	recentWebinars = 64
	recentSeats    = 8192
)

func newStore(db *gorm.DB) store {
	return store{db, newRecent[ID, Webinar](recentWebinars), newRecent[seatKey, Ticket](recentSeats)}
}

func (s store) query(ctx context.Context) *gorm.DB {
	return s.db.WithContext(ctx).Table("webinars").Joins("JOIN users ON users.id = webinars.owner_id").
		Select("webinars.*, users.name AS host_name")
}

func take(q *gorm.DB) (Webinar, error) {
	var row webinarRow
	err := q.Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Webinar{}, ErrNotFound
	}
	return row.webinar(), err
}

// createWebinar gives w a code that no other has, and returns the earlier webinar of the same owner and key.
func (s store) createWebinar(ctx context.Context, w Webinar, key string) (Webinar, error) {
	var err error
	for range 8 { // 40 random bits: even a second round is rare
		w.Code = NewCode()
		row := rowOf(w, key)
		err = s.db.WithContext(ctx).Omit("HostName").Create(&row).Error
		if err == nil {
			return row.merge(w.HostName), nil
		}
		if !errors.Is(err, gorm.ErrDuplicatedKey) {
			return Webinar{}, err
		}
		if key != "" {
			first, err := take(s.query(ctx).Where("owner_id = ? AND create_key = ?", w.Owner, key))
			if !errors.Is(err, ErrNotFound) {
				return first, err
			}
		}
	}
	return Webinar{}, err
}

func (r webinarRow) merge(host string) Webinar { r.HostName = host; return r.webinar() }

func (s store) webinar(ctx context.Context, id ID, now time.Time) (Webinar, error) {
	w, err := s.webinars.read(id, func() (Webinar, error) { return take(s.query(ctx).Where("webinars.id = ?", id)) })
	if err == nil && milli(w.Expires) <= now.UnixMilli() {
		return Webinar{}, ErrNotFound
	}
	return w, err
}

func (s store) webinarsOf(ctx context.Context, owner UserID, now time.Time) ([]Webinar, error) {
	var rows []webinarRow
	err := s.query(ctx).Where("owner_id = ? AND expires_at > ?", owner, now.UnixMilli()).
		Order("starts_at DESC, webinars.id").Find(&rows).Error
	list := make([]Webinar, len(rows))
	for i, r := range rows {
		list[i] = r.webinar()
	}
	return list, err
}

func (s store) webinarByCode(ctx context.Context, code string, now time.Time) (ID, error) {
	w, err := take(s.query(ctx).Where("code = ? AND expires_at > ? AND state <> 'ended'", code, now.UnixMilli()))
	return w.ID, err
}

// changeWebinar lets f change a webinar inside one transaction and reports whether it did.
func (s store) changeWebinar(ctx context.Context, id ID, now time.Time, f func(*Webinar) error) (w Webinar, changed bool, err error) {
	err = s.webinars.change(func() error {
		return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			q := store{db: tx}.query(ctx).Where("webinars.id = ? AND expires_at > ?", id, now.UnixMilli())
			if w, err = take(q); err != nil {
				return err
			}
			before := w
			if err := f(&w); err != nil {
				return err
			}
			if changed = w != before; !changed {
				return nil
			}
			row := rowOf(w, "")
			return tx.Model(&webinarRow{ID: string(id)}).
				Select("Title", "Lang", "State", "StartsAt", "LiveAt", "EndedAt", "ExpiresAt",
					"RecIntent", "RecPurpose", "RecViewers", "RecKeepDays").Updates(&row).Error
		})
	})
	return w, changed, err
}

// deleteWebinar erases a webinar, and with it the seats.
func (s store) deleteWebinar(ctx context.Context, id ID) error {
	return s.webinars.change(func() error {
		return s.seated.change(func() error {
			return s.db.WithContext(ctx).Exec("DELETE FROM webinars WHERE id = ?", id).Error
		})
	})
}

func (s store) liveSince(ctx context.Context, before time.Time) ([]ID, error) {
	var ids []ID
	err := s.db.WithContext(ctx).Table("webinars").Where("state = 'live' AND live_at <= ?", before.UnixMilli()).Pluck("id", &ids).Error
	return ids, err
}

func (s store) expired(ctx context.Context, now time.Time) ([]ID, error) {
	var ids []ID
	err := s.db.WithContext(ctx).Table("webinars").Where("expires_at <= ?", now.UnixMilli()).Pluck("id", &ids).Error
	return ids, err
}
