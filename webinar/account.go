package webinar

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"gorm.io/gorm"
)

// How long a first-user link, and an API token, work.
const (
	SetupLife = 24 * time.Hour
	TokenLife = 365 * 24 * time.Hour
)

// Accounts knows the people who create webinars.
type Accounts struct {
	store    accountStore
	hasher   *hasher
	lifetime time.Duration
}

// NewAccounts keeps accounts in db; a sign-in lasts for lifetime.
func NewAccounts(db *gorm.DB, lifetime time.Duration) *Accounts {
	return &Accounts{store: accountStore{db}, hasher: newHasher(), lifetime: lifetime}
}

// SetupLink returns a fresh one-time secret that makes the first user, and whether one is needed at all. An earlier
// link stops working.
func (a *Accounts) SetupLink(ctx context.Context) (secret string, needed bool, err error) {
	n, err := a.store.countUsers(ctx)
	if err != nil || n > 0 {
		return "", false, err
	}
	secret = NewSecret("")
	if err := a.store.putSetup(ctx, HashSecret(secret), time.Now().Add(SetupLife)); err != nil {
		return "", false, err
	}
	return secret, true, nil
}

// CheckSetup returns ErrSetupDone unless the link works, and uses nothing up.
func (a *Accounts) CheckSetup(ctx context.Context, secret string) error {
	return a.store.checkSetup(ctx, HashSecret(secret), time.Now())
}

// Setup makes the first user and signs in. ErrSetupDone covers a wrong, used or old link alike.
func (a *Accounts) Setup(ctx context.Context, secret, email, name, password string) (User, string, error) {
	u, hash, err := a.prepare(ctx, email, name, password)
	if err != nil {
		return User{}, "", err
	}
	if err := a.store.firstUser(ctx, HashSecret(secret), u, hash, time.Now()); err != nil {
		return User{}, "", err
	}
	session, err := a.newSession(ctx, u.ID)
	return u, session, err
}

// Add makes a further user; it returns ErrEmailTaken for an address that has one.
func (a *Accounts) Add(ctx context.Context, email, name, password string) (User, error) {
	u, hash, err := a.prepare(ctx, email, name, password)
	if err != nil {
		return User{}, err
	}
	return u, a.store.addUser(ctx, u, hash, time.Now())
}

func (a *Accounts) prepare(ctx context.Context, email, name, password string) (User, string, error) {
	email = strings.TrimSpace(email)
	if addr, err := mail.ParseAddress(email); err != nil || addr.Address != email || len(email) > 254 {
		return User{}, "", &InvalidError{Field: "email", Reason: "malformed"}
	}
	name, err := CleanText("name", name, MaxName, true)
	if err != nil {
		return User{}, "", err
	}
	hash, err := a.hashed(ctx, password)
	return User{ID: UserID(NewID()), Email: email, Name: name}, hash, err
}

// SignIn returns the user and a session secret, or ErrBadLogin, which takes the same time for an unknown e-mail.
func (a *Accounts) SignIn(ctx context.Context, email, password string) (User, string, error) {
	u, stored, err := a.store.userByEmail(ctx, strings.TrimSpace(email))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, "", err
	}
	ok, err := a.hasher.matches(ctx, stored, password)
	if err != nil {
		return User{}, "", err
	}
	if !ok {
		return User{}, "", ErrBadLogin
	}
	session, err := a.newSession(ctx, u.ID)
	return u, session, err
}

func (a *Accounts) newSession(ctx context.Context, id UserID) (string, error) {
	secret := NewSecret("")
	if err := a.store.putSession(ctx, HashSecret(secret), id, time.Now().Add(a.lifetime)); err != nil {
		return "", fmt.Errorf("begin session: %w", err)
	}
	return secret, nil
}

// SignOut ends a session; an unknown one is no error.
func (a *Accounts) SignOut(ctx context.Context, session string) error {
	return a.store.deleteSession(ctx, HashSecret(session))
}

// BySession returns who is signed in, or ErrUnauthenticated.
func (a *Accounts) BySession(ctx context.Context, session string) (User, error) {
	return a.store.userBySession(ctx, HashSecret(session), time.Now())
}

// ByToken returns whose API token it is and what it may do, or ErrUnauthenticated.
func (a *Accounts) ByToken(ctx context.Context, token string) (User, TokenScope, error) {
	return a.store.userByToken(ctx, HashSecret(token), time.Now())
}

// NewToken makes an API token for the account with that e-mail. Errors: ErrNotFound, *InvalidError for an unknown scope.
func (a *Accounts) NewToken(ctx context.Context, email string, scope TokenScope) (string, error) {
	if scope != ScopeAll && scope != ScopeMetrics {
		return "", &InvalidError{Field: "scope", Reason: "malformed"}
	}
	u, _, err := a.store.userByEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return "", err
	}
	secret := NewSecret(TokenPrefix)
	return secret, a.store.putToken(ctx, HashSecret(secret), u.ID, scope, time.Now().Add(TokenLife))
}

// Lifetime is how long a sign-in lasts.
func (a *Accounts) Lifetime() time.Duration { return a.lifetime }
