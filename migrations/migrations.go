// Package migrations holds the schema and opens a database at its head.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

//go:embed *.sql
var files embed.FS

// ErrNewer is returned for a database that a newer Plenum has written.
var ErrNewer = errors.New("the database was written by a newer version of Plenum")

// pragmas: immediate transactions and a busy timeout, because deferred ones failed with BUSY in half of the cases;
// synchronous=FULL, because an acknowledged vote or consent is a promise; secure_delete, because erasure is one.
const pragmas = "_busy_timeout=5000&_journal_mode=WAL&_foreign_keys=1&_txlock=immediate&_synchronous=FULL&_secure_delete=on&_stmt_cache_size=64"

// maxConns bounds who waits for the one writer by asking again and again, which serves nobody in turn: hundreds of joins
// in a few seconds starved one another until the busy timeout. Who waits for a connection is served in order.
const maxConns = 8

// Open opens the SQLite file at path, which is made with mode 0600, and brings its schema to the head.
// It returns ErrNewer for a schema that this program does not know.
func Open(ctx context.Context, path string) (*gorm.DB, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas
	db, err := gorm.Open(sqlite.Open(dsn), &gorm.Config{TranslateError: true, Logger: logger.Discard})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	conn, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	conn.SetMaxOpenConns(maxConns)
	conn.SetMaxIdleConns(maxConns) // with the default of two, connections come and go under load, and each reads the schema
	if err := migrate(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return db, nil
}

func migrate(ctx context.Context, conn *sql.DB) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, conn, files,
		goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have > known {
		return fmt.Errorf("%w (schema %d, known %d)", ErrNewer, have, known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
