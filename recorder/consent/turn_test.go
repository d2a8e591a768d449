package consent

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// What counts already is written although its caller hangs up, and waits for its turn in the ledger, if not for ever.
func TestI6NobodyHangsUpOnAClosing(t *testing.T) {
	for name, act := range map[string]func(ctx context.Context, b *Book) error{
		"withdraw": func(ctx context.Context, b *Book) error {
			_, err := b.Withdraw(ctx, b.reply(rec1, ann, 0), nobody)
			return err
		},
		"refuse": func(ctx context.Context, b *Book) error {
			_, err := b.Refuse(ctx, b.reply(rec1, ann, 0), nobody)
			return err
		},
		"pause": func(ctx context.Context, b *Book) error { return b.Mark(ctx, rec1, Pause, "", "") },
	} {
		for _, served := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				b := openBook(t, f)
				b.mustAnnounce(t, rec1, testNotice())
				b.agree(t, rec1, ann, All)
				b.mustRun(t, rec1, Start)
				p := b.Permit(rec1, ann, Audio)
				n := len(f.entries)
				ctx, hangUp := context.WithCancel(t.Context())
				got := make(chan error, 1)
				b.turn <- struct{}{}
				go func() { got <- act(ctx, b) }()
				synctest.Wait()
				hangUp()
				synctest.Wait()
				if p.Holds() {
					t.Errorf("%s: still open", name)
				}
				if served {
					<-b.turn
					if err := <-got; err != nil || len(f.entries) != n+1 || len(b.owed) > 0 {
						t.Errorf("%s: %v, %d entries more, %d owed", name, err, len(f.entries)-n, len(b.owed))
					}
					return
				}
				if err := <-got; !errors.Is(err, ErrTurn) || !errors.Is(err, ErrLedger) || len(b.owed) != 1 {
					t.Errorf("%s: %v, %d owed", name, err, len(b.owed))
				}
				<-b.turn
				if err := b.Settle(t.Context()); err != nil || len(f.entries) != n+1 {
					t.Errorf("%s: %v, %d entries more", name, err, len(f.entries)-n)
				}
			})
		}
	}
}
