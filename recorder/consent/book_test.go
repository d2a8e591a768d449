package consent

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"plenum/migrations/fresh"
	"plenum/webinar"
)

func TestZeroPermitDenies(t *testing.T) {
	if (Permit{}).Holds() {
		t.Fatal("the zero permit holds")
	}
}

func TestI7I9I10PermitNeedsEverything(t *testing.T) {
	b := openBook(t, &fake{})
	b.mustAnnounce(t, rec1, testNotice())
	b.agree(t, rec1, ann, Audio|Name)
	if b.Permit(rec1, ann, Audio).Holds() {
		t.Fatal("holds before the start")
	}
	if b.Run(rec1) {
		t.Fatal("runs without a start")
	}
	b.mustRun(t, rec1, Start)
	if !b.Permit(rec1, ann, Audio).Holds() {
		t.Fatal("does not hold while all is well")
	}
	for name, p := range map[string]Permit{
		"other scope":     b.Permit(rec1, ann, Video),
		"name":            b.Permit(rec1, ann, Name),
		"no scope":        b.Permit(rec1, ann, 0),
		"two scopes":      b.Permit(rec1, ann, Audio|Video),
		"other subject":   b.Permit(rec1, bob, Audio),
		"other recording": b.Permit("rec2", ann, Audio),
	} {
		if p.Holds() {
			t.Errorf("%s: holds", name)
		}
	}
}

func TestPermitEndsForEver(t *testing.T) {
	for name, end := range map[string]func(b *Book){
		"halt":     func(b *Book) { b.Halt(rec1) },
		"pause":    func(b *Book) { b.Mark(t.Context(), rec1, Pause, "", "") },
		"lapse":    func(b *Book) { b.Lapse(rec1, ann) },
		"refuse":   func(b *Book) { b.Refuse(t.Context(), b.reply(rec1, ann, 0), nobody) },
		"withdraw": func(b *Book) { b.Withdraw(t.Context(), b.reply(rec1, ann, 0), nobody) },
		"scope":    func(b *Book) { b.Withdraw(t.Context(), b.reply(rec1, ann, Audio), nobody) },
		"narrower": func(b *Book) {
			b.Show(t.Context(), b.reply(rec1, ann, 0))
			b.Grant(t.Context(), b.reply(rec1, ann, Video), nothing)
		},
	} {
		b := openBook(t, &fake{})
		b.mustAnnounce(t, rec1, testNotice())
		b.agree(t, rec1, ann, All)
		b.mustRun(t, rec1, Start)
		p := b.Permit(rec1, ann, Audio)
		end(b)
		if p.Holds() {
			t.Errorf("%s: still holds", name)
		}
		b.Show(t.Context(), b.reply(rec1, ann, 0))
		b.Grant(t.Context(), b.reply(rec1, ann, All), nothing)
		b.Mark(t.Context(), rec1, Pause, "", "") // refused where it is paused already
		b.Mark(t.Context(), rec1, Resume, "", "")
		b.Run(rec1)
		if !b.Permit(rec1, ann, Audio).Holds() {
			t.Errorf("%s: no new permit", name)
		}
		if p.Holds() {
			t.Errorf("%s: holds again", name)
		}
	}
}

func TestI8I15I16GrantRules(t *testing.T) {
	ctx := t.Context()
	b := openBook(t, &fake{})
	if _, err := b.Grant(ctx, Answer{Recording: rec1, Subject: ann, Actor: ann}, nothing); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown recording: %v", err)
	}
	b.mustAnnounce(t, rec1, testNotice())
	yes := b.reply(rec1, ann, All)
	if _, err := b.Grant(ctx, yes, nothing); !errors.Is(err, ErrNotShown) {
		t.Errorf("I15 never shown: %v", err)
	}
	if _, err := b.Show(ctx, b.reply(rec1, bob, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Grant(ctx, yes, nothing); !errors.Is(err, ErrNotShown) {
		t.Errorf("I15 shown to another: %v", err)
	}
	other := yes
	other.Hash = Hash("another text")
	if _, err := b.Show(ctx, other); !errors.Is(err, ErrNotice) {
		t.Errorf("I8 other text shown: %v", err)
	}
	german := yes
	german.Lang = webinar.German
	if _, err := b.Show(ctx, german); !errors.Is(err, ErrNotice) {
		t.Errorf("I8 hash of another language: %v", err)
	}
	n, _ := b.Notice(rec1)
	german.Hash, _ = n.Hash(webinar.German)
	if _, err := b.Show(ctx, german); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Grant(ctx, yes, nothing); !errors.Is(err, ErrNotShown) {
		t.Errorf("I15 shown in another language: %v", err)
	}
	forged := german
	forged.Actor = "host"
	if _, err := b.Grant(ctx, forged, nothing); !errors.Is(err, ErrActor) {
		t.Errorf("I16: %v", err)
	}
	for _, without := range []Scope{Name, Chat, Poll, Name | Written} {
		german.Scopes = without
		if _, err := b.Grant(ctx, german, nothing); !errors.Is(err, ErrNoMedia) {
			t.Errorf("%v alone: %v", without, err)
		}
	}
	german.Scopes = Video
	mixed := german
	mixed.Lang = webinar.English
	if _, err := b.Grant(ctx, mixed, nothing); !errors.Is(err, ErrNotice) {
		t.Errorf("I8 hash of what was shown, said to be in another language: %v", err)
	}
	st, err := b.Grant(ctx, german, nothing)
	if err != nil || st.State != Granted || st.Scopes != Video {
		t.Fatalf("grant: %+v %v", st, err)
	}
	if st, err = b.Withdraw(ctx, german, nobody); err != nil || st.State != Withdrawn || st.Scopes != 0 {
		t.Fatalf("withdraw: %+v %v", st, err)
	}
	if _, err := b.Grant(ctx, german, nothing); !errors.Is(err, ErrNotShown) {
		t.Errorf("granted again without a fresh shown: %v", err)
	}
	if err := b.Mark(ctx, rec1, Abort, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Show(ctx, german); !errors.Is(err, ErrState) {
		t.Errorf("shown after the end: %v", err)
	}
}

func TestI27KeyTwiceIsOneEntry(t *testing.T) {
	f := &fake{}
	b := openBook(t, f)
	b.mustAnnounce(t, rec1, testNotice())
	shown := b.reply(rec1, ann, 0)
	shown.Key = "k"
	yes, no := b.reply(rec1, ann, All), b.reply(rec1, ann, 0)
	yes.Key, no.Key = "k", "k"
	for range 2 {
		if _, err := b.Show(t.Context(), shown); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := b.Grant(t.Context(), yes, nothing); err != nil {
			t.Fatal(err)
		}
	}
	var receipts []*Receipt
	for range 2 {
		st, err := b.Withdraw(t.Context(), no, nobody)
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, st.Receipt)
	}
	if len(f.entries) != 4 {
		t.Errorf("%d entries, want announce, shown, grant, withdraw", len(f.entries))
	}
	if receipts[0].Hash != receipts[1].Hash {
		t.Error("another receipt for the same key")
	}
	if st, err := b.Grant(t.Context(), yes, nothing); !errors.Is(err, ErrKeyUsed) || st.State != Withdrawn {
		t.Errorf("a late repeat of the grant opened: %+v %v", st, err)
	}
	b.agree(t, rec1, ann, All)
	if st, err := b.Withdraw(t.Context(), no, nobody); !errors.Is(err, ErrKeyUsed) || st.State != Granted {
		t.Errorf("a late repeat of the withdrawal: %+v %v", st, err)
	}
	if again := openBook(t, f); len(again.recs[rec1].keys) != 3 {
		t.Errorf("keys after a replay: %v", again.recs[rec1].keys)
	}
}

// A no that comes while a yes is being written wins, in memory and in the replay.
func TestNoOvertakesYes(t *testing.T) {
	f := &fake{}
	s := &slow{fake: f, reached: make(chan struct{}), goOn: make(chan struct{})}
	b := openBook(t, s)
	b.mustAnnounce(t, rec1, testNotice())
	if _, err := b.Show(t.Context(), b.reply(rec1, ann, 0)); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t, rec1, Start)
	s.on = true
	got := make(chan error)
	go func() {
		_, err := b.Grant(context.Background(), b.reply(rec1, ann, All), nothing)
		got <- err
	}()
	<-s.reached
	s.on = false
	no := make(chan error)
	closed := make(chan struct{})
	go func() {
		_, err := b.Withdraw(context.Background(), b.reply(rec1, ann, All), func() { close(closed) })
		no <- err
	}()
	<-closed
	close(s.goOn)
	if err := <-got; !errors.Is(err, ErrKeyUsed) && !errors.Is(err, nil) {
		t.Fatal(err)
	}
	if b.Permit(rec1, ann, Audio).Holds() {
		t.Fatal("the overtaken grant opens")
	}
	if err := <-no; err != nil {
		t.Fatal(err)
	}
	if got, want := openBook(t, f).standingOf(ann), b.standingOf(ann); got != want || want != Withdrawn {
		t.Fatalf("replay says %s, memory %s", got, want)
	}
}

type slow struct {
	*fake
	on            bool
	reached, goOn chan struct{}
}

func (s *slow) append(ctx context.Context, w webinar.ID, d draft) (Entry, error) {
	if s.on {
		close(s.reached)
		<-s.goOn
	}
	return s.fake.append(ctx, w, d)
}

func (b *Book) standingOf(who webinar.SubjectID) State {
	st, _ := b.Standing(rec1, who)
	return st.State
}

func TestI6LedgerFailure(t *testing.T) {
	f := &fake{}
	b := openBook(t, f)
	b.mustAnnounce(t, rec1, testNotice())
	if _, err := b.Show(t.Context(), b.reply(rec1, ann, 0)); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t, rec1, Start)
	f.failAt = 1
	if _, err := b.Grant(t.Context(), b.reply(rec1, ann, All), nothing); !errors.Is(err, ErrLedger) {
		t.Fatalf("grant: %v", err)
	}
	if b.Permit(rec1, ann, Audio).Holds() {
		t.Fatal("I6: open without an entry")
	}
	if _, err := b.Grant(t.Context(), b.reply(rec1, ann, All), nothing); err != nil {
		t.Fatal(err)
	}
	p := b.Permit(rec1, ann, Audio)
	f.down = true
	if _, err := b.Withdraw(t.Context(), b.reply(rec1, ann, All), nobody); !errors.Is(err, ErrLedger) {
		t.Fatalf("withdraw: %v", err)
	}
	if p.Holds() || b.Permit(rec1, ann, Audio).Holds() {
		t.Fatal("I6: open after a withdrawal")
	}
	if err := b.Mark(t.Context(), rec1, Stop, "ledger", ""); !errors.Is(err, ErrLedger) {
		t.Fatalf("stop: %v", err)
	}
	f.down = false
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := openBook(t, f)
	if phase, _ := again.Phase(rec1); phase != Stop || again.standingOf(ann) != Withdrawn {
		t.Fatalf("owed entries: phase %s, ann %s", phase, again.standingOf(ann))
	}
}

// TestI4SlowLedgerIsClosed: who waits for the ledger in vain has not agreed.
func TestI4SlowLedgerIsClosed(t *testing.T) {
	b := openBook(t, &fake{})
	b.mustAnnounce(t, rec1, testNotice())
	if _, err := b.Show(t.Context(), b.reply(rec1, ann, 0)); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t, rec1, Start)
	b.turn <- struct{}{} // somebody is writing, and does not come to an end
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := b.Grant(ctx, b.reply(rec1, ann, All), nothing); !errors.Is(err, ErrLedger) {
		t.Errorf("%v", err)
	}
	if b.Permit(rec1, ann, Audio).Holds() || b.standingOf(ann) == Granted {
		t.Error("open without an entry")
	}
	<-b.turn
}

func TestStoreIsAppendOnly(t *testing.T) {
	db := fresh.For(t)
	l := NewLedger(db, testKey())
	b, err := NewBook(t.Context(), l, &pad{}, testWebinar)
	if err != nil {
		t.Fatal(err)
	}
	b.mustAnnounce(t, rec1, testNotice())
	b.agree(t, rec1, ann, All)
	for _, q := range []string{
		`UPDATE consent_chain SET kind = 'refuse'`, `DELETE FROM consent_chain`, `UPDATE consent_payloads SET payload = x'00'`,
		`INSERT OR REPLACE INTO consent_chain SELECT webinar_id, seq, prev, 'refuse', recording_id, commitment, hash FROM consent_chain WHERE seq = 2`,
		`INSERT OR REPLACE INTO consent_payloads SELECT webinar_id, seq, salt, x'00' FROM consent_payloads WHERE seq = 2`,
		`INSERT INTO consent_chain SELECT webinar_id, 9, prev, kind, recording_id, commitment, hash FROM consent_chain WHERE seq = 2`,
	} {
		if err := db.Exec(q).Error; err == nil {
			t.Errorf("went through: %s", q)
		}
	}
	again, err := NewBook(t.Context(), l, &pad{}, testWebinar)
	if err != nil || again.standingOf(ann) != Granted || again.Head() != b.Head() {
		t.Fatalf("replay: %v %s", err, again.standingOf(ann))
	}
	if again.Run(rec1) || again.Permit(rec1, ann, Audio).Holds() {
		t.Fatal("I13: open after a replay")
	}
}

func TestNoticeSaysWhatItMust(t *testing.T) {
	for _, strict := range []bool{true, false} {
		n := NewNotice(Terms{Strict: strict, Keep: 30 * 24 * time.Hour})
		for _, l := range webinar.Langs() {
			if _, ok := n.Hash(l); !ok {
				t.Errorf("no text in %s", l)
			}
		}
	}
	a, _ := NewNotice(Terms{Strict: true, Keep: 30 * 24 * time.Hour}).Hash(webinar.English)
	b, _ := NewNotice(Terms{Strict: false, Keep: 30 * 24 * time.Hour}).Hash(webinar.English)
	c, _ := NewNotice(Terms{Strict: true, Keep: 29 * 24 * time.Hour}).Hash(webinar.English)
	if a == b || a == c {
		t.Error("strict rule and retention must be part of the text")
	}
	told := map[string]bool{}
	for _, v := range []webinar.Viewers{webinar.OrganizerSees, webinar.InvitedSee, webinar.PublicSees} {
		n := NewNotice(Terms{Strict: true, Keep: 7 * 24 * time.Hour, Purpose: "Für 100 % aller, die fehlen.", Viewers: v})
		for _, l := range webinar.Langs() {
			if text := n.Texts[l]; !strings.Contains(text, ": Für 100 % aller, die fehlen.\n") || strings.Contains(text, "%!") || !strings.Contains(text, " 7 ") {
				t.Errorf("%s, %s:\n%s", v, l, text)
			}
			told[n.Texts[l]] = true
		}
	}
	if len(told) != 6 {
		t.Errorf("%d texts for three kinds of viewers in two languages", len(told))
	}
}

func BenchmarkHolds(b *testing.B) {
	book := openBook(b, &fake{})
	book.mustAnnounce(b, rec1, testNotice())
	book.agree(b, rec1, ann, All)
	book.mustRun(b, rec1, Start)
	p := book.Permit(rec1, ann, Audio)
	for b.Loop() {
		if !p.Holds() {
			b.Fatal("closed")
		}
	}
}
