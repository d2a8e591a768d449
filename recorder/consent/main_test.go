package consent

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"testing"

	"go.uber.org/goleak"

	"plenum/webinar"
)

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", stories); err != nil { // the command line still has the last word
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

var errDisk = errors.New("disk")

// fake is a ledger in memory whose n-th append from now fails.
type fake struct {
	entries []Entry
	failAt  int  // 1: the next; 0: none
	down    bool // all fail
}

func (f *fake) append(_ context.Context, w webinar.ID, d draft) (Entry, error) {
	if f.failAt > 0 {
		f.failAt--
		if f.failAt == 0 {
			return Entry{}, errors.Join(ErrLedger, errDisk)
		}
	}
	if f.down {
		return Entry{}, errors.Join(ErrLedger, errDisk)
	}
	var prev [32]byte
	if n := len(f.entries); n > 0 {
		prev = f.entries[n-1].Hash
	}
	e, err := seal(w, uint64(len(f.entries)+1), prev, d)
	if err == nil {
		f.entries = append(f.entries, e)
	}
	return e, err
}

func (f *fake) each(_ context.Context, _ webinar.ID, do func(Entry) error) error {
	for _, e := range f.entries {
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

func (f *fake) attest(r *Receipt) { r.sign(testKey()) }

// testKey is the same in every test.
func testKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }

const (
	testWebinar = webinar.ID("w")
	rec1        = RecordingID("rec1")
	ann         = webinar.SubjectID("subject-ann")
	bob         = webinar.SubjectID("subject-bob")
)

func testNotice() Notice { return NewNotice(Terms{Strict: true, Keep: 30 * 24e9 * 3600}) }

func (b *Book) mustAnnounce(t testing.TB, rec RecordingID, n Notice) {
	t.Helper()
	if err := b.Announce(t.Context(), rec, n, "host", ""); err != nil {
		t.Fatal(err)
	}
}

// reply is an answer under the notice of a recording.
func (b *Book) reply(rec RecordingID, who webinar.SubjectID, s Scope) Answer {
	n, _ := b.Notice(rec)
	h, _ := n.Hash(webinar.English)
	return Answer{Recording: rec, Subject: who, Actor: who, Scopes: s, Hash: h, Lang: webinar.English, Surface: "room"}
}

func (b *Book) agree(t testing.TB, rec RecordingID, who webinar.SubjectID, s Scope) {
	t.Helper()
	if _, err := b.Show(t.Context(), b.reply(rec, who, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Grant(t.Context(), b.reply(rec, who, s), nothing); err != nil {
		t.Fatal(err)
	}
}

func (b *Book) mustRun(t testing.TB, rec RecordingID, k Kind) {
	t.Helper()
	if err := b.Mark(t.Context(), rec, k, "host", "host"); err != nil {
		t.Fatal(err)
	}
	if !b.Run(rec) {
		t.Fatal("does not run")
	}
}

func nothing(Scope) {}
func nobody()       {}

func openBook(t testing.TB, f appender) *Book {
	t.Helper()
	b, err := newBook(t.Context(), f, &pad{}, testWebinar)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pad keeps debts in memory: what was flushed is on its page, which outlives a process.
type pad struct {
	sheet, page map[string][]byte
	lost        bool // nothing reaches the page
}

// after is what the next process finds.
func (p *pad) after() *pad { return &pad{sheet: maps.Clone(p.page), page: p.page} }

func (p *pad) Set(name string, v any) error {
	b, err := json.Marshal(v)
	if p.sheet == nil {
		p.sheet = map[string][]byte{}
	}
	p.sheet[name] = b
	return err
}

func (p *pad) Get(name string, v any) error {
	if b, ok := p.page[name]; ok {
		return json.Unmarshal(b, v)
	}
	return nil
}

func (p *pad) Flush() error {
	if p.lost {
		return errDisk
	}
	p.page = maps.Clone(p.sheet)
	return nil
}
