package consent

import (
	"errors"
	"strings"
	"testing"
)

// I6, I13: a no that a process did not live to write is in the debts before the ledger is asked, and a yes that takes something
// back too.
func TestNoIsOwedBeforeTheLedgerIsAsked(t *testing.T) {
	for name, say := range map[string]func(b *Book){
		"withdraw": func(b *Book) { b.Withdraw(t.Context(), b.reply(rec1, ann, Audio), nobody) },
		"refuse":   func(b *Book) { b.Refuse(t.Context(), b.reply(rec1, ann, 0), nobody) },
		"narrower": func(b *Book) { b.Grant(t.Context(), b.reply(rec1, ann, Video), nothing) },
	} {
		s := &slow{fake: &fake{}, reached: make(chan struct{}), goOn: make(chan struct{})}
		notes := &pad{}
		b, err := newBook(t.Context(), s, notes, testWebinar)
		if err != nil {
			t.Fatal(err)
		}
		b.mustAnnounce(t, rec1, testNotice())
		b.agree(t, rec1, ann, All)
		if _, err := b.Show(t.Context(), b.reply(rec1, ann, 0)); err != nil {
			t.Fatal(err)
		}
		s.on = true
		done := make(chan struct{})
		go func() { defer close(done); say(b) }()
		<-s.reached
		next, err := newBook(t.Context(), s.fake, notes.after(), testWebinar)
		if err != nil {
			t.Fatal(err)
		}
		if st, _ := next.Standing(rec1, ann); st.Scopes.Has(Audio) {
			t.Errorf("%s: the next process has %s", name, st.Scopes)
		}
		close(s.goOn)
		<-done
		s.on = false
		last, err := newBook(t.Context(), s.fake, notes.after(), testWebinar)
		if err != nil {
			t.Fatal(err)
		}
		if len(last.owed) > 0 || last.state() != b.state() {
			t.Errorf("%s: written, and owed still %d times:\n%swant\n%s", name, len(last.owed), last.state(), b.state())
		}
	}
}

// What neither the ledger nor the debts took counts while the process lives, and the error tells of both.
func TestDebtThatIsNotOnDiskIsTold(t *testing.T) {
	f, notes := &fake{}, &pad{}
	b, err := newBook(t.Context(), f, notes, testWebinar)
	if err != nil {
		t.Fatal(err)
	}
	b.mustAnnounce(t, rec1, testNotice())
	b.agree(t, rec1, ann, All)
	f.down, notes.lost = true, true
	if _, err := b.Withdraw(t.Context(), b.reply(rec1, ann, 0), nobody); !errors.Is(err, ErrLedger) || strings.Count(err.Error(), errDisk.Error()) != 2 {
		t.Errorf("told: %v", err)
	}
	f.down, notes.lost = false, false
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := openBook(t, f).standingOf(ann); got != Withdrawn {
		t.Errorf("the ledger says %s", got)
	}
}
