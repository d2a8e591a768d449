package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gorm.io/gorm"

	"plenum/migrations"
	"plenum/webinar"
)

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
			return errors.New("no account has that e-mail")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, token)
		return err
	})
}
