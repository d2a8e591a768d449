package consent

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"plenum/migrations/fresh"
	"plenum/webinar"
)

// story tells a random life of recordings, and returns its export and every receipt that was given out.
func story(t *rapid.T, l *Ledger, w webinar.ID) ([]byte, []*Receipt) {
	b, err := NewBook(t.Context(), l, &pad{}, w)
	if err != nil {
		t.Fatal(err)
	}
	var receipts []*Receipt
	keep := func(st Standing, err error) {
		if err == nil && st.Receipt != nil {
			receipts = append(receipts, st.Receipt)
		}
	}
	for n := range rapid.IntRange(1, 2).Draw(t, "recordings") {
		rec := fmt.Sprintf("rec%d", n)
		if err := b.Announce(t.Context(), rec, testNotice(), "host", ""); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 8).Draw(t, "acts") {
			a := b.reply(rec, rapid.SampledFrom([]webinar.SubjectID{ann, bob}).Draw(t, "who"), 0)
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0:
				_ = b.Mark(t.Context(), rec, Start, "", "host") // what may not be yet adds nothing
			case 1:
				_ = b.Mark(t.Context(), rec, Stop, "", "host")
			case 2:
				keep(b.Show(t.Context(), a))
			case 3:
				keep(b.Grant(t.Context(), a, nothing))
			case 4:
				keep(b.Withdraw(t.Context(), a, nobody))
			case 5:
				keep(b.Refuse(t.Context(), a, nobody))
			}
		}
	}
	var out bytes.Buffer
	if err := l.Export(t.Context(), w, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), receipts
}

// I14: any flipped byte, dropped, doubled or swapped line is found, and a chain that was cut or written anew by whoever
// holds the key is found by every receipt that saw more.
func TestI14TamperingIsFound(t *testing.T) {
	l := NewLedger(fresh.For(t), testKey())
	pin := Fingerprint(testKey().Public().(ed25519.PublicKey))
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		data, receipts := story(t, l, webinar.ID(fmt.Sprintf("w%d", n)))
		if rep, err := Verify(bytes.NewReader(data), pin, receipts...); err != nil || rep.Entries+rep.Checkpoints != bytes.Count(data, []byte("\n")) {
			t.Fatalf("an honest file: %+v %v", rep, err)
		}
		found := func(what string, bad []byte, receipts ...*Receipt) {
			if _, err := Verify(bytes.NewReader(bad), pin, receipts...); !errors.Is(err, ErrTampered) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		flipped := bytes.Clone(data)
		flipped[rapid.IntRange(0, len(data)-1).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		found("flipped", flipped)
		lines := bytes.SplitAfter(data, []byte("\n"))
		lines = lines[:len(lines)-1]
		i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		found("dropped", bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil))
		found("doubled", bytes.Join(slices.Insert(slices.Clone(lines), i, lines[i]), nil))
		if i > 0 {
			swapped := slices.Clone(lines)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			found("swapped", bytes.Join(swapped, nil))
		}
		found("cut", bytes.Join(lines[:i], nil))
		for _, r := range receipts {
			found("cut and signed anew", resigned(t, data, r.Head.Seq-1), r)
		}
		found("signed by another", forged(t, data))
	})
}

// resigned cuts a file behind an entry and ends it as the holder of the key could.
func resigned(t *rapid.T, data []byte, seq uint64) []byte {
	return resign(t, data, seq, testKey())
}

// forged signs a whole file with a key of the forger's.
func forged(t *rapid.T, data []byte) []byte {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resign(t, data, 1<<62, key)
}

func resign(t *rapid.T, data []byte, seq uint64, key ed25519.PrivateKey) []byte {
	var out []byte
	var last Checkpoint
	var head Head
	w := webinar.ID("")
	mark := func(why Kind) {
		c, err := sign(key, last, w, head, why)
		if err != nil {
			t.Fatal(err)
		}
		l, err := c.line()
		if err != nil {
			t.Fatal(err)
		}
		out, last = append(out, l...), c
	}
	for raw := range bytes.Lines(data) {
		if bytes.HasPrefix(raw, []byte(checkpointMark)) {
			continue
		}
		e, err := parseLine(raw)
		if err != nil {
			t.Fatal(err)
		}
		w = e.Webinar
		if e.Seq > seq {
			break
		}
		out, head = append(out, raw...), Head{Seq: e.Seq, Hash: e.Hash}
		if e.Kind.sealed() {
			mark(e.Kind)
		}
	}
	mark(Exported)
	if _, err := Verify(bytes.NewReader(out), ""); err != nil {
		t.Fatalf("the forger is clumsy: %v", err)
	}
	return out
}

// I26: a receipt verifies by itself, as the person keeps it; with any byte changed it does not.
func TestI26ReceiptsVerifyOffline(t *testing.T) {
	l := NewLedger(fresh.For(t), testKey())
	pin := Fingerprint(testKey().Public().(ed25519.PublicKey))
	n, seen := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		_, receipts := story(t, l, webinar.ID(fmt.Sprintf("w%d", n)))
		for _, r := range receipts {
			seen++
			doc, err := r.JSON()
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParseReceipt(doc)
			if err != nil || back.Verify(pin) != nil || back.Subject != r.Subject || back.Scopes != r.Scopes || back.Kind != r.Kind || !back.At.Equal(r.At.Truncate(1e6)) {
				t.Fatalf("%v: %+v", err, back)
			}
			doc[rapid.IntRange(0, len(doc)-1).Draw(t, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
			if back, err = ParseReceipt(doc); err == nil {
				err = back.Verify(pin)
			}
			if err == nil {
				t.Fatalf("altered: %s", doc)
			}
		}
	})
	if seen == 0 {
		t.Fatal("no receipt was tried")
	}
}
