package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"gorm.io/gorm"

	"plenum/migrations"
	"plenum/recorder/consent"
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

// verifyLedger checks an exported ledger, or every ledger of the data folder, and prints a line for each.
func verifyLedger(ctx context.Context, cfg *config, args []string, stdout io.Writer) error {
	switch len(args) {
	case 0:
		return withDatabase(ctx, cfg, func(db *gorm.DB) error { return verifyStored(ctx, consent.NewLedger(db), stdout) })
	case 1:
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		return verifyOne(f, stdout)
	}
	return fmt.Errorf("ledger verify: one file at a time: %w", errUsage)
}

func verifyStored(ctx context.Context, ledger *consent.Ledger, stdout io.Writer) error {
	ids, err := ledger.Webinars(ctx)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		_, err := fmt.Fprintln(stdout, "no webinar has a ledger yet")
		return err
	}
	var faults []error
	for _, id := range ids {
		r, w := io.Pipe()
		var exporting sync.WaitGroup
		exporting.Go(func() { w.CloseWithError(ledger.Export(ctx, id, w)) })
		faults = append(faults, verifyOne(r, stdout))
		r.Close() // ends the export when the check has stopped early
		exporting.Wait()
	}
	return errors.Join(faults...)
}

func verifyOne(from io.Reader, stdout io.Writer) error {
	rep, err := consent.Verify(from)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "webinar %s: %d entries about %d recordings are whole and in order, %d erased\n",
		rep.Webinar, rep.Entries, rep.Recordings, rep.Erased)
	return err
}
