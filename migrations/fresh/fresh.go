// Package fresh gives tests a database at the head of the schema without running every migration for each of them, which
// under the race detector takes a quarter of a second.
package fresh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gorm.io/gorm"

	"plenum/migrations"
)

// head is the file of an empty database, made by the migrations themselves, once in a process.
var head = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "plenum-head")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "p.db")
	db, err := migrations.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	conn, err := db.DB()
	if err != nil {
		return nil, err
	}
	if err := conn.Close(); err != nil { // the last one moves the journal into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// Open does what migrations.Open does, and gets there sooner where there is no file at path yet.
func Open(ctx context.Context, path string) (*gorm.DB, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		file, err := head()
		if err != nil {
			return nil, fmt.Errorf("make an empty database: %w", err)
		}
		if err := os.WriteFile(path, file, 0o600); err != nil {
			return nil, fmt.Errorf("write an empty database: %w", err)
		}
	}
	return migrations.Open(ctx, path)
}

// For opens an empty database for a test, in memory-backed storage where the machine has it, and closes it at its end.
func For(t testing.TB) *gorm.DB {
	t.Helper()
	dir := t.TempDir()
	if shm, err := os.MkdirTemp("/dev/shm", "plenum"); err == nil {
		dir = shm
		t.Cleanup(func() { os.RemoveAll(shm) })
	}
	db, err := Open(t.Context(), filepath.Join(dir, "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if conn, err := db.DB(); err == nil {
			conn.Close()
		}
	})
	return db
}
