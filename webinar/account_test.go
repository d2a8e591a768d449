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
	if err := a.CheckSetup(ctx, old); !errors.Is(err, ErrSetupDone) {
		t.Errorf("a replaced link is checked: %v", err)
	}
	if err := a.CheckSetup(ctx, link); err != nil {
		t.Errorf("the link is checked: %v", err)
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
	if err := a.CheckSetup(ctx, link); !errors.Is(err, ErrSetupDone) {
		t.Errorf("a used link is checked: %v", err)
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

func TestANewPasswordForWhoeverForgotIt(t *testing.T) {
	db := openDB(t)
	addUser(t, db, "ada@example.org")
	a := NewAccounts(db, time.Hour)
	ctx := t.Context()
	if _, err := a.PasswordLink(ctx, "nobody@example.org"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a link for nobody: %v", err)
	}
	_, elsewhere, err := a.SignIn(ctx, "ada@example.org", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := a.PasswordLink(ctx, "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	link, err := a.PasswordLink(ctx, " ADA@example.org ")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{replaced, "", "wrong"} {
		if _, _, err := a.NewPassword(ctx, bad, "a new horse battery"); !errors.Is(err, ErrLinkUsed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	var invalid *InvalidError
	if _, _, err := a.NewPassword(ctx, link, "short"); !errors.As(err, &invalid) || invalid.Field != "password" {
		t.Errorf("a short one: %v", err)
	}
	if u, err := a.ByPasswordLink(ctx, link); err != nil || u.Email != "ada@example.org" {
		t.Fatalf("whose link: %v %v", u, err)
	}
	if _, err := a.BySession(ctx, elsewhere); err != nil {
		t.Errorf("a link that nobody used signs nobody out: %v", err)
	}

	var wg sync.WaitGroup
	var mu sync.Mutex
	var set []string
	for _, password := range []string{"a new horse battery", "another horse battery"} {
		wg.Go(func() {
			_, session, err := a.NewPassword(ctx, link, password)
			if err != nil {
				if !errors.Is(err, ErrLinkUsed) {
					t.Error(err)
				}
				return
			}
			if _, err := a.BySession(ctx, session); err != nil {
				t.Errorf("the new sign-in: %v", err)
			}
			mu.Lock()
			set = append(set, password)
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(set) != 1 {
		t.Fatalf("the link was used by %d", len(set))
	}
	if _, err := a.BySession(ctx, elsewhere); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("the earlier sign-in goes on: %v", err)
	}
	if _, _, err := a.SignIn(ctx, "ada@example.org", "correct horse battery"); !errors.Is(err, ErrBadLogin) {
		t.Errorf("the forgotten password: %v", err)
	}
	if _, _, err := a.SignIn(ctx, "ada@example.org", set[0]); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := a.ByPasswordLink(ctx, link); !errors.Is(err, ErrLinkUsed) {
		t.Errorf("the used link: %v", err)
	}
}

func TestAPasswordLinkExpires(t *testing.T) {
	db := openDB(t)
	addUser(t, db, "ada@example.org")
	synctest.Test(t, func(t *testing.T) {
		a := NewAccounts(db, time.Hour)
		link, err := a.PasswordLink(context.Background(), "ada@example.org")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(PasswordLinkLife)
		if _, err := a.ByPasswordLink(context.Background(), link); !errors.Is(err, ErrLinkUsed) {
			t.Errorf("after a day: %v", err)
		}
		if err := a.store.sweep(context.Background(), time.Now()); err != nil {
			t.Fatal(err)
		}
	})
	var left int64
	if err := db.Table("password_links").Count(&left).Error; err != nil || left != 0 {
		t.Errorf("%d old links are kept, %v", left, err)
	}
}
