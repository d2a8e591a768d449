package consent

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"plenum/migrations/fresh"
)

// export returns a ledger with a little of everything, and the receipts that were given out.
func export(t *testing.T) ([]byte, []*Receipt) {
	t.Helper()
	l := NewLedger(fresh.For(t), testKey())
	b, err := NewBook(t.Context(), l, &pad{}, testWebinar)
	if err != nil {
		t.Fatal(err)
	}
	b.mustAnnounce(t, rec1, testNotice())
	b.agree(t, rec1, ann, All)
	first, _ := b.Standing(rec1, ann)
	b.mustRun(t, rec1, Start)
	st, err := b.Withdraw(t.Context(), b.reply(rec1, ann, Audio), nobody)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := l.Export(t.Context(), testWebinar, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), []*Receipt{first.Receipt, st.Receipt}
}

func TestVerify(t *testing.T) {
	data, receipts := export(t)
	for _, r := range receipts { // as the person keeps it
		doc, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseReceipt(doc)
		if err != nil || back.Hash != r.Hash || back.Head != r.Head || back.Scopes != r.Scopes || !bytes.Equal(back.Payload, r.Payload) {
			t.Fatalf("receipt does not survive: %v", err)
		}
	}
	rep, err := Verify(bytes.NewReader(data), Fingerprint(testKey().Public().(ed25519.PublicKey)), receipts...)
	if err != nil || rep.Entries != 5 || rep.Checkpoints != 2 || len(rep.Keys) != 1 || rep.Recordings != 1 || rep.Webinar != testWebinar || rep.Head != receipts[1].Head {
		t.Fatalf("%+v %v", rep, err)
	}
	if _, err := Verify(bytes.NewReader(nil), ""); !errors.Is(err, ErrTampered) {
		t.Fatalf("empty: %v", err)
	}
	if _, err := Verify(bytes.NewReader(data), "another"); !errors.Is(err, ErrTampered) {
		t.Fatalf("another key: %v", err)
	}
}

// Every byte of one file, or under the race detector every fifth; TestI14 does more to many.
func TestVerifyFindsTampering(t *testing.T) {
	data, receipts := export(t)
	for i := 0; i < len(data); i += stride {
		bad := bytes.Clone(data)
		bad[i] ^= []byte{1, 0x20, 0x80}[i%3]
		if _, err := Verify(bytes.NewReader(bad), ""); !errors.Is(err, ErrTampered) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	for n := 0; n < len(data); n += stride {
		if _, err := Verify(bytes.NewReader(data[:n]), ""); !errors.Is(err, ErrTampered) {
			t.Fatalf("torn at %d: %v", n, err)
		}
	}
	rewritten, _ := export(t) // a whole chain of its own that tells the same
	if _, err := Verify(bytes.NewReader(rewritten), "", receipts[0]); !errors.Is(err, ErrTampered) {
		t.Errorf("another chain under an old receipt: %v", err)
	}
}

func TestErasedPayloadsVerify(t *testing.T) {
	l := NewLedger(fresh.For(t), testKey())
	b, err := NewBook(t.Context(), l, &pad{}, testWebinar)
	if err != nil {
		t.Fatal(err)
	}
	b.mustAnnounce(t, rec1, testNotice())
	b.agree(t, rec1, ann, All)
	if err := l.ErasePayloads(t.Context(), testWebinar, rec1); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := l.Export(t.Context(), testWebinar, &out); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte(ann)) {
		t.Error("the subject is still there")
	}
	rep, err := Verify(&out, "")
	if err != nil || rep.Entries != 3 || rep.Erased != 3 {
		t.Fatalf("%+v %v", rep, err)
	}
	if _, err := NewBook(t.Context(), l, &pad{}, testWebinar); err != nil {
		t.Fatalf("replay: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	e, err := seal(testWebinar, 1, [32]byte{}, draft{kind: Announce, rec: rec1})
	if err != nil {
		f.Fatal(err)
	}
	good, _ := line(e)
	end, err := sign(testKey(), Checkpoint{}, testWebinar, Head{Seq: 1, Hash: e.Hash}, Exported)
	if err != nil {
		f.Fatal(err)
	}
	mark, _ := end.line()
	f.Add(append(good, mark...))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rep, err := Verify(bytes.NewReader(data), "")
		if err == nil && rep.Entries+rep.Checkpoints != bytes.Count(data, []byte("\n")) {
			t.Fatal("lines went unread")
		}
	})
}

func FuzzParseReceipt(f *testing.F) {
	e, _ := seal(testWebinar, 1, [32]byte{}, draft{kind: Grant, rec: rec1, ev: Event{Subject: ann}})
	r := newReceipt(e, Event{Subject: ann}, Head{Seq: 1, Hash: e.Hash})
	r.sign(testKey())
	good, _ := r.JSON()
	f.Add(good)
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := ParseReceipt(data); err == nil && r.Seq == 0 {
			t.Fatal("a receipt of nothing")
		}
	})
}
