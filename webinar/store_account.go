package webinar

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type userRow struct {
	ID           string `gorm:"primaryKey"`
	Email        string
	Name         string
	PasswordHash string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
}

func (userRow) TableName() string { return "users" }

func (r userRow) user() User { return User{ID: UserID(r.ID), Email: r.Email, Name: r.Name} }

// askerRow is who a secret belongs to, and the scope if it is a token.
type askerRow struct{ ID, Email, Name, Scope string }

func (r askerRow) user() User { return User{ID: UserID(r.ID), Email: r.Email, Name: r.Name} }

type secretRow struct {
	TokenHash []byte
	UserID    string
	ExpiresAt int64
}

type tokenRow struct {
	TokenHash []byte
	UserID    string
	Scope     string
	ExpiresAt int64
}

type accountStore struct{ db *gorm.DB }

func (s accountStore) countUsers(ctx context.Context) (int64, error) {
	return gorm.G[userRow](s.db).Count(ctx, "*")
}

func (s accountStore) putSetup(ctx context.Context, hash []byte, expires time.Time) error {
	return s.db.WithContext(ctx).Exec(
		`INSERT INTO setup (only_row, token_hash, expires_at) VALUES (1, ?, ?)
		 ON CONFLICT (only_row) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at`,
		hash, expires.UnixMilli()).Error
}

// canSetUp holds for a link that works, while there is no user.
const canSetUp = `token_hash = ? AND expires_at > ? AND NOT EXISTS (SELECT 1 FROM users)`

func (s accountStore) checkSetup(ctx context.Context, hash []byte, now time.Time) error {
	var n int64
	err := s.db.WithContext(ctx).Table("setup").Where(canSetUp, hash, now.UnixMilli()).Count(&n).Error
	if err == nil && n == 0 {
		return ErrSetupDone
	}
	return err
}

// firstUser uses the link up and adds the user in one transaction, so that two browsers cannot both use it.
func (s accountStore) firstUser(ctx context.Context, hash []byte, u User, passwordHash string, now time.Time) error {
	return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		res := tx.Exec(`DELETE FROM setup WHERE `+canSetUp, hash, now.UnixMilli())
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected != 1 {
			return ErrSetupDone
		}
		return accountStore{tx}.addUser(ctx, u, passwordHash, now)
	})
}

func (s accountStore) addUser(ctx context.Context, u User, passwordHash string, now time.Time) error {
	err := gorm.G[userRow](s.db).Create(ctx, &userRow{
		ID: string(u.ID), Email: u.Email, Name: u.Name, PasswordHash: passwordHash, CreatedAt: now.UnixMilli(),
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrEmailTaken
	}
	return err
}

func (s accountStore) userByEmail(ctx context.Context, email string) (User, string, error) {
	row, err := gorm.G[userRow](s.db).Where("email = ?", email).Take(ctx)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return User{}, "", ErrNotFound
	}
	return row.user(), row.PasswordHash, err
}

func (s accountStore) userBySession(ctx context.Context, hash []byte, now time.Time) (User, error) {
	row, err := s.askerBy(ctx, "sessions", "users.*", hash, now)
	return row.user(), err
}

func (s accountStore) userByToken(ctx context.Context, hash []byte, now time.Time) (User, TokenScope, error) {
	row, err := s.askerBy(ctx, "api_tokens", "users.*, secret.scope", hash, now)
	return row.user(), TokenScope(row.Scope), err
}

// askerBy looks a hashed secret up in sessions, api_tokens or password_links.
func (s accountStore) askerBy(ctx context.Context, table, columns string, hash []byte, now time.Time) (row askerRow, err error) {
	err = s.db.WithContext(ctx).Table("users").
		Joins("JOIN ? AS secret ON secret.user_id = users.id", clause.Table{Name: table}).
		Where("secret.token_hash = ? AND secret.expires_at > ?", hash, now.UnixMilli()).
		Select(columns).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return askerRow{}, ErrUnauthenticated
	}
	return row, err
}

func (s accountStore) putSession(ctx context.Context, hash []byte, u UserID, expires time.Time) error {
	return s.db.WithContext(ctx).Table("sessions").Create(&secretRow{hash, string(u), expires.UnixMilli()}).Error
}

func (s accountStore) putToken(ctx context.Context, hash []byte, u UserID, scope TokenScope, expires time.Time) error {
	return s.db.WithContext(ctx).Table("api_tokens").Create(&tokenRow{hash, string(u), string(scope), expires.UnixMilli()}).Error
}

func (s accountStore) deleteSession(ctx context.Context, hash []byte) error {
	return s.db.WithContext(ctx).Exec("DELETE FROM sessions WHERE token_hash = ?", hash).Error
}

// sweep erases what no longer works.
func (s accountStore) sweep(ctx context.Context, now time.Time) error {
	for _, table := range []string{"sessions", "api_tokens", "setup", "password_links"} {
		err := s.db.WithContext(ctx).Exec("DELETE FROM ? WHERE expires_at <= ?", clause.Table{Name: table}, now.UnixMilli()).Error
		if err != nil {
			return err
		}
	}
	return nil
}
