package webinar

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSetupMakesOneUserOnly(t *testing.T) {
	a := NewAccounts(openDB(t), time.Hour)
	ctx := t.Context()
	old, needed, err := a.SetupLink(ctx)
	if err != nil || !needed {
		t.Fatalf("first start: needed %v, %v", needed, err)
	}
	link, _, err := a.SetupLink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Setup(ctx, old, "a@example.org", "Ada", "correct horse battery"); !errors.Is(err, ErrSetupDone) {
		t.Errorf("a replaced link: %v", err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for _, mail := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		wg.Go(func() {
			_, session, err := a.Setup(ctx, link, mail, "Ada", "correct horse battery")
			if err != nil {
				if !errors.Is(err, ErrSetupDone) {
					t.Error(err)
				}
				return
			}
			u, err := a.BySession(ctx, session)
			if err != nil || u.Email != mail {
				t.Errorf("session of the first user: %v %v", u, err)
			}
			mu.Lock()
			made++
			mu.Unlock()
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d first users", made)
	}
	if _, needed, err := a.SetupLink(ctx); needed || err != nil {
		t.Errorf("after setup: needed %v, %v", needed, err)
	}
}

func TestSignIn(t *testing.T) {
	db := openDB(t)
	addUser(t, db, "ada@example.org")
	a := NewAccounts(db, time.Hour)
	ctx := t.Context()
	for _, bad := range [][2]string{{"ada@example.org", "wrong horse battery"}, {"nobody@example.org", "correct horse battery"}, {"", ""}} {
		if _, _, err := a.SignIn(ctx, bad[0], bad[1]); !errors.Is(err, ErrBadLogin) {
			t.Errorf("%q: %v", bad[0], err)
		}
	}
	u, session, err := a.SignIn(ctx, " ADA@example.org ", "correct horse battery")
	if err != nil || u.Name != "Ada" {
		t.Fatalf("%v %v", u, err)
	}
	if err := a.SignOut(ctx, session); err != nil {
		t.Fatal(err)
	}
	if _, err := a.BySession(ctx, session); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("after sign-out: %v", err)
	}
}

func TestAccountsRefuse(t *testing.T) {
	db := openDB(t)
	a := NewAccounts(db, time.Hour)
	for _, bad := range []struct{ mail, name, password, field string }{
		{"no address", "Ada", "correct horse battery", "email"},
		{"Ada <a@example.org>", "Ada", "correct horse battery", "email"},
		{"a@example.org", " ", "correct horse battery", "name"},
		{"a@example.org", "A\u202eda", "correct horse battery", "name"},
		{"a@example.org", "Ada", "short", "password"},
	} {
		var invalid *InvalidError
		if _, err := a.Add(t.Context(), bad.mail, bad.name, bad.password); !errors.As(err, &invalid) || invalid.Field != bad.field {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	addUser(t, db, "a@example.org")
	if _, err := a.Add(t.Context(), "A@EXAMPLE.ORG", "Ada", "correct horse battery"); !errors.Is(err, ErrEmailTaken) {
		t.Errorf("same address: %v", err)
	}
}

func TestSecretsExpire(t *testing.T) {
	db := openDB(t)
	synctest.Test(t, func(t *testing.T) {
		a := NewAccounts(db, time.Hour)
		ctx := context.Background()
		if _, err := a.Add(ctx, "a@example.org", "Ada", "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		_, session, err := a.SignIn(ctx, "a@example.org", "correct horse battery")
		if err != nil {
			t.Fatal(err)
		}
		token, err := a.NewToken(ctx, "a@example.org", ScopeMetrics)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Minute)
		if _, err := a.BySession(ctx, session); err != nil {
			t.Errorf("session before its end: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := a.BySession(ctx, session); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("session after its end: %v", err)
		}
		if u, scope, err := a.ByToken(ctx, token); err != nil || scope != ScopeMetrics || u.Name != "Ada" {
			t.Errorf("token: %v, scope %q, %v", u, scope, err)
		}
		var invalid *InvalidError
		if _, err := a.NewToken(ctx, "a@example.org", "everything"); !errors.As(err, &invalid) || invalid.Field != "scope" {
			t.Errorf("an unknown scope: %v", err)
		}
		time.Sleep(TokenLife)
		if _, _, err := a.ByToken(ctx, token); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("token after a year: %v", err)
		}
	})
}

func TestHasherIsBounded(t *testing.T) {
	h := newHasher()
	for range cap(h.waiting) {
		h.waiting <- struct{}{}
	}
	if _, err := h.hash(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("a full queue: %v", err)
	}
}
