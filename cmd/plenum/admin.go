package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"

	"gorm.io/gorm"

	"plenum/migrations"
	"plenum/webinar"
)

var errNoAccount = errors.New("no account has that e-mail")

const databaseFile = "plenum.db"

// withDatabase opens the database for one command and closes it again.
func withDatabase(ctx context.Context, cfg *config, f func(*gorm.DB) error) error {
	if err := cfg.dataFolder(); err != nil {
		return err
	}
	db, err := migrations.Open(ctx, filepath.Join(cfg.Data, databaseFile))
	if err != nil {
		return err
	}
	return errors.Join(f(db), closeDatabase(db))
}

func closeDatabase(db *gorm.DB) error {
	conn, err := db.DB()
	if err != nil {
		return err
	}
	return conn.Close()
}

// parse reads a command's flags; those that have no value yet are needed.
func parse(name string, args []string, flags map[string]*string) error {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	for f, p := range flags {
		fs.StringVar(p, f, *p, "")
	}
	if err := fs.Parse(args); err != nil {
		return fmt.Errorf("%s: %w: %w", name, err, errUsage)
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("%s: unexpected %q: %w", name, fs.Arg(0), errUsage)
	}
	for f, p := range flags {
		if *p == "" {
			return fmt.Errorf("%s: --%s is needed: %w", name, f, errUsage)
		}
	}
	return nil
}

func addUser(ctx context.Context, cfg *config, args []string, stdin io.Reader, stdout io.Writer) error {
	var email, name string
	if err := parse("user add", args, map[string]*string{"email": &email, "name": &name}); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read password: %w", err)
	}
	return withDatabase(ctx, cfg, func(db *gorm.DB) error {
		u, err := webinar.NewAccounts(db, cfg.SessionLifetime).Add(ctx, email, name, strings.TrimRight(line, "\r\n"))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(stdout, "account %s is ready\n", u.ID)
		return err
	})
}

// passwordLink prints the one-time link with which whoever has forgotten a password sets a new one.
func passwordLink(ctx context.Context, cfg *config, args []string, stdout io.Writer) error {
	var email string
	if err := parse("user password", args, map[string]*string{"email": &email}); err != nil {
		return err
	}
	at, err := net.ResolveTCPAddr("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("PLENUM_LISTEN: %w", err)
	}
	if at.IP == nil {
		at.IP = net.IPv6unspecified
	}
	return withDatabase(ctx, cfg, func(db *gorm.DB) error {
		secret, err := webinar.NewAccounts(db, cfg.SessionLifetime).PasswordLink(ctx, email)
		if errors.Is(err, webinar.ErrNotFound) {
			return errNoAccount
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(stdout, "Set a new password: %s/password#%s\n(works once, for 24 hours; the server must run)\n", cfg.address(at), secret)
		return err
	})
}

func createToken(ctx context.Context, cfg *config, args []string, stdout io.Writer) error {
	email, scope := "", string(webinar.ScopeAll)
	if err := parse("token create", args, map[string]*string{"user": &email, "scope": &scope}); err != nil {
		return err
	}
	if scope != string(webinar.ScopeAll) && scope != string(webinar.ScopeMetrics) {
		return fmt.Errorf("token create: --scope is %s or %s: %w", webinar.ScopeAll, webinar.ScopeMetrics, errUsage)
	}
	return withDatabase(ctx, cfg, func(db *gorm.DB) error {
		token, err := webinar.NewAccounts(db, cfg.SessionLifetime).NewToken(ctx, email, webinar.TokenScope(scope))
		if errors.Is(err, webinar.ErrNotFound) {
			return errNoAccount
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, token)
		return err
	})
}
