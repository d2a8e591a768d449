package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorm.io/gorm"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// A ledger and a receipt, checked as a stranger would: by the program, from files.
func TestVerifyLedgerFiles(t *testing.T) {
	dir := t.TempDir()
	env := func(name string) string {
		if name == "PLENUM_DATA" {
			return filepath.Join(dir, "data")
		}
		return ""
	}
	cfg, err := loadConfig(env)
	if err != nil {
		t.Fatal(err)
	}
	ledgerFile, receiptFile := filepath.Join(dir, "ledger.jsonl"), filepath.Join(dir, "receipt.json")
	err = withDatabase(t.Context(), cfg, func(db *gorm.DB) error {
		key, err := ledgerKey(cfg.Data)
		if err != nil {
			return err
		}
		return tell(t.Context(), consent.NewLedger(db, key), ledgerFile, receiptFile)
	})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"ledger", "verify"}, args...), env, &out, &out)
		return out.String(), err
	}
	said, err := verify(ledgerFile, receiptFile)
	if err != nil || !strings.Contains(said, "3 entries about 1 recordings") || !strings.Contains(said, "1 receipts") {
		t.Fatalf("%q %v", said, err)
	}
	_, fingerprint, _ := strings.Cut(strings.TrimSpace(said), "signed by ")
	if _, err := verify("--key", fingerprint, ledgerFile, receiptFile); err != nil {
		t.Error(err)
	}
	if stored, err := verify("--key", fingerprint); err != nil || !strings.Contains(stored, "3 entries") {
		t.Errorf("stored: %q %v", stored, err)
	}
	if _, err := verify("--key", strings.Repeat("0", 64), ledgerFile); !errors.Is(err, consent.ErrTampered) {
		t.Errorf("another key: %v", err)
	}
	for _, bad := range [][]string{{"--key"}, {"--key", "abc", ledgerFile}, {"--nonsense"}} {
		if _, err := verify(bad...); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	data, err := os.ReadFile(ledgerFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ledgerFile, data[:bytes.LastIndexByte(data[:len(data)-1], '\n')+1], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(ledgerFile); !errors.Is(err, consent.ErrTampered) {
		t.Errorf("cut: %v", err)
	}
}

// tell enters an announcement and a yes, and writes what the organizer and the person would download.
func tell(ctx context.Context, l *consent.Ledger, ledgerFile, receiptFile string) error {
	book, err := consent.NewBook(ctx, l, noDebts{}, "w1")
	if err != nil {
		return err
	}
	n := consent.NewNotice(consent.Terms{Strict: true, Keep: 1})
	if err := book.Announce(ctx, "r1", n, "host", ""); err != nil {
		return err
	}
	h, _ := n.Hash(webinar.English)
	a := consent.Answer{Recording: "r1", Subject: "ann", Actor: "ann", Hash: h, Lang: webinar.English}
	if _, err := book.Show(ctx, a); err != nil {
		return err
	}
	st, err := book.Grant(ctx, a, func(consent.Scope) {})
	if err != nil {
		return err
	}
	doc, err := st.Receipt.JSON()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := l.Export(ctx, "w1", &out); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(ledgerFile, out.Bytes(), 0o600), os.WriteFile(receiptFile, doc, 0o600))
}

// noDebts are those of a ledger that never fails.
type noDebts struct{}

func (noDebts) Set(string, any) error { return nil }
func (noDebts) Get(string, any) error { return nil }
func (noDebts) Flush() error          { return nil }
