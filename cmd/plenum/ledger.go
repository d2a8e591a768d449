package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"gorm.io/gorm"

	"plenum/recorder/consent"
)

// maxReceipt bounds a receipt file.
const maxReceipt = 64 << 10

// verifyLedger checks an exported ledger, against receipts if there are some, or every ledger of the data folder, and
// prints a line for each.
func verifyLedger(ctx context.Context, cfg *config, args []string, stdout io.Writer) error {
	key, files, err := verifyArgs(args)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return withDatabase(ctx, cfg, func(db *gorm.DB) error {
			signer, err := ledgerKey(cfg.Data)
			if err != nil {
				return err
			}
			return verifyStored(ctx, consent.NewLedger(db, signer), key, stdout)
		})
	}
	f, err := os.Open(files[0])
	if err != nil {
		return err
	}
	defer f.Close()
	var receipts []*consent.Receipt
	for _, name := range files[1:] {
		r, err := readReceipt(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		receipts = append(receipts, r)
	}
	return verifyOne(f, key, receipts, stdout)
}

// verifyArgs reads [--key FINGERPRINT] [FILE [RECEIPT...]] in any order.
func verifyArgs(args []string) (key string, files []string, err error) {
	for i := 0; i < len(args); i++ {
		value, inline := strings.CutPrefix(args[i], "--key=")
		switch {
		case args[i] == "--key" && i+1 < len(args):
			i++
			key = args[i]
		case inline:
			key = value
		case strings.HasPrefix(args[i], "-"):
			return "", nil, fmt.Errorf("ledger verify: unexpected %q: %w", args[i], errUsage)
		default:
			files = append(files, args[i])
			continue
		}
		if key = strings.ToLower(key); len(key) != 64 || strings.Trim(key, "0123456789abcdef") != "" {
			return "", nil, fmt.Errorf("ledger verify: --key is a fingerprint of 64 hex digits: %w", errUsage)
		}
	}
	return key, files, nil
}

func readReceipt(name string) (*consent.Receipt, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxReceipt))
	if err != nil {
		return nil, err
	}
	return consent.ParseReceipt(data)
}

func verifyStored(ctx context.Context, ledger *consent.Ledger, key string, stdout io.Writer) error {
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
		faults = append(faults, verifyOne(r, key, nil, stdout))
		r.Close() // ends the export when the check has stopped early
		exporting.Wait()
	}
	return errors.Join(faults...)
}

func verifyOne(from io.Reader, key string, receipts []*consent.Receipt, stdout io.Writer) error {
	rep, err := consent.Verify(from, key, receipts...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "webinar %s: %d entries about %d recordings are whole and in order, %d erased, %d checkpoints, %d receipts\n  signed by %s\n",
		rep.Webinar, rep.Entries, rep.Recordings, rep.Erased, rep.Checkpoints, len(receipts), strings.Join(rep.Keys, ", then "))
	return err
}
