package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestLedgerKey(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys { // two that start at once agree
		wg.Go(func() {
			k, err := ledgerKey(dir)
			if err != nil {
				t.Error(err)
			}
			keys[i] = string(k)
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] || k == "" {
			t.Fatal("two keys")
		}
	}
	path := filepath.Join(dir, ledgerKeyFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 {
		t.Fatalf("left behind: %v", left)
	}
	if err := os.WriteFile(path, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ledgerKey(dir); err == nil {
		t.Fatal("a spoilt key was taken or replaced")
	}
	if data, _ := os.ReadFile(path); string(data) != "spoilt" {
		t.Fatal("a spoilt key was overwritten")
	}
}
