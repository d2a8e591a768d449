package webinar

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
)

// maxPassword keeps the work of hashing bounded, in characters.
const maxPassword = 256

// PasswordLinkLife is how long a link for a new password works.
const PasswordLinkLife = 24 * time.Hour

// PasswordLink returns a one-time secret with which the account of that e-mail gets a new password. An earlier one stops
// working; the password does not, until the new one is there. Errors: ErrNotFound.
func (a *Accounts) PasswordLink(ctx context.Context, email string) (string, error) {
	u, _, err := a.store.userByEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return "", err
	}
	secret := NewSecret("")
	return secret, a.store.putPasswordLink(ctx, u.ID, HashSecret(secret), time.Now().Add(PasswordLinkLife))
}

// ByPasswordLink returns whose link it is and uses nothing up. Errors: ErrLinkUsed for a wrong, used or old one alike.
func (a *Accounts) ByPasswordLink(ctx context.Context, secret string) (User, error) {
	return a.store.userByPasswordLink(ctx, HashSecret(secret), time.Now())
}

// NewPassword uses the link up, ends every sign-in of its account, which somebody else may have, and signs in anew. API
// tokens stay: only who runs the server makes them. Errors: ErrLinkUsed, *InvalidError.
func (a *Accounts) NewPassword(ctx context.Context, secret, password string) (User, string, error) {
	if _, err := a.ByPasswordLink(ctx, secret); err != nil { // before the work of hashing
		return User{}, "", err
	}
	hash, err := a.hashed(ctx, password)
	if err != nil {
		return User{}, "", err
	}
	u, err := a.store.replacePassword(ctx, HashSecret(secret), hash, time.Now())
	if err != nil {
		return User{}, "", err
	}
	session, err := a.newSession(ctx, u.ID)
	return u, session, err
}

// hashed returns what is stored of a password. Errors: *InvalidError for one that is too short or too long.
func (a *Accounts) hashed(ctx context.Context, password string) (string, error) {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return "", &InvalidError{Field: "password", Reason: "too-short", Limit: MinPassword}
	case n > maxPassword:
		return "", &InvalidError{Field: "password", Reason: "too-long", Limit: maxPassword}
	}
	return a.hasher.hash(ctx, password)
}

func (s accountStore) putPasswordLink(ctx context.Context, u UserID, hash []byte, expires time.Time) error {
	return s.db.WithContext(ctx).Exec(
		`INSERT INTO password_links (user_id, token_hash, expires_at) VALUES (?, ?, ?)
		 ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at`,
		string(u), hash, expires.UnixMilli()).Error
}

func (s accountStore) userByPasswordLink(ctx context.Context, hash []byte, now time.Time) (User, error) {
	row, err := s.askerBy(ctx, "password_links", "users.*", hash, now)
	if errors.Is(err, ErrUnauthenticated) {
		return User{}, ErrLinkUsed
	}
	return row.user(), err
}

// replacePassword uses the link up in the transaction that changes the password, so that two browsers cannot both use it.
func (s accountStore) replacePassword(ctx context.Context, linkHash []byte, passwordHash string, now time.Time) (u User, err error) {
	err = s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if u, err = (accountStore{tx}).userByPasswordLink(ctx, linkHash, now); err != nil {
			return err
		}
		for _, change := range []struct {
			sql  string
			args []any
		}{
			{`UPDATE users SET password_hash = ? WHERE id = ?`, []any{passwordHash, string(u.ID)}},
			{`DELETE FROM password_links WHERE user_id = ?`, []any{string(u.ID)}},
			{`DELETE FROM sessions WHERE user_id = ?`, []any{string(u.ID)}},
		} {
			if err := tx.Exec(change.sql, change.args...).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return u, err
}
