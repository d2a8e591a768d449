package polls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"plenum/webinar"
)

// One vote whose ballot the database refuses must not take those with it that share its commit.
func TestOneFaultDoesNotFailTheBatch(t *testing.T) {
	const voters = 40
	f := newFixture(t, voters)
	p := f.opened(t, room, "a", "b")
	bad := receiptOf(string(p.ID), "t7")
	if err := f.db.Exec(fmt.Sprintf(`CREATE TRIGGER broken BEFORE INSERT ON ballots WHEN NEW.receipt = '%s'
		BEGIN SELECT RAISE(ABORT, 'disk on fire'); END`, bad)).Error; err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range voters {
		wg.Go(func() {
			err := f.vote(t, p, fmt.Sprint("t", i), 0)
			if _, broken := errors.AsType[*faultError](err); broken != (i == 7) || (err != nil) != (i == 7) {
				t.Errorf("vote %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if ballots, voted := f.box(t, p.ID); ballots != voters-1 || voted != voters-1 {
		t.Errorf("%d ballots, %d voters", ballots, voted)
	}
	if tally, _ := f.open.get(p.ID); tally.Total != voters-1 {
		t.Errorf("result %v", tally)
	}
	if err := f.db.Exec("DROP TRIGGER broken").Error; err != nil {
		t.Fatal(err)
	}
	if err := f.vote(t, p, "t7", 0); err != nil {
		t.Errorf("again: %v", err)
	}
}

// What cannot be written is neither acknowledged nor counted.
func TestFailedCommitIsNoVote(t *testing.T) {
	f := newFixture(t, 1)
	p := f.opened(t, room, "a", "b")
	f.events.take()
	conn, err := f.db.DB()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.vote(t, p, "t0", 0); err == nil {
		t.Error("acknowledged")
	}
	if tally, _ := f.open.get(p.ID); tally.Total != 0 || len(f.events.take()) != 0 {
		t.Errorf("counted: %v", tally)
	}
}

func TestVotesShareCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 0)
		commits := 0
		w := start(f.store, func() { commits++ }, slog.New(slog.DiscardHandler))
		defer w.stop()
		var order []int
		gate, entered := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = w.submit(&job{ctx: t.Context(), do: func(*txn) error { close(entered); <-gate; return nil }, kept: func() {}})
		})
		<-entered
		for i := range 2 * batchSize {
			wg.Go(func() {
				if err := w.submit(&job{ctx: t.Context(), do: func(*txn) error { return nil }, kept: func() { order = append(order, i) }}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // it waits in the queue now
		}
		close(gate)
		wg.Wait()
		if commits != 3 || len(order) != 2*batchSize {
			t.Errorf("%d commits for %d jobs", commits, len(order))
		}
		for i := range order {
			if order[i] != i {
				t.Fatalf("order %v", order)
			}
		}
	})
}

func TestSubmitEndsWithItsContextAndWithTheWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 0)
		w := start(f.store, func() {}, slog.New(slog.DiscardHandler))
		gate, entered := make(chan struct{}), make(chan struct{})
		var ran bool
		blocked := &job{ctx: t.Context(), do: func(*txn) error { close(entered); <-gate; return nil }, kept: func() {}}
		errs := make(chan error, 3)
		go func() { errs <- w.submit(blocked) }()
		<-entered
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			errs <- w.submit(&job{ctx: ctx, do: func(*txn) error { ran = true; return nil }, kept: func() {}})
		}()
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		go func() {
			errs <- w.submit(&job{ctx: t.Context(), do: func(*txn) error { return nil }, kept: func() {}})
		}()
		synctest.Wait()
		go w.stop()
		synctest.Wait()
		close(gate)
		got := []error{<-errs, <-errs}
		w.stop()
		if got[0] != nil {
			slices.Reverse(got)
		}
		if got[0] != nil || !errors.Is(got[1], ErrStopped) {
			t.Errorf("the running one and the waiting one ended with %v", got)
		}
		if ran {
			t.Error("a job was done although nobody waited for it")
		}
		if err := w.submit(&job{ctx: t.Context()}); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestClosedServiceRefuses(t *testing.T) {
	f := newFixture(t, 1)
	p := f.opened(t, room, "a", "b")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.vote(t, p, "t0", 0); !errors.Is(err, ErrStopped) {
		t.Errorf("vote: %v", err)
	}
	if _, err := f.List(t.Context(), room, "t0", false); err != nil {
		t.Errorf("reading goes on: %v", err)
	}
}

// BenchmarkVotes measures votes on the disk a second, from 512 people who vote at the same time.
func BenchmarkVotes(b *testing.B) {
	const seats = 512
	f := newFixture(b, seats)
	votes := 0
	for b.Loop() {
		b.StopTimer()
		p := f.opened(b, room, "a", "b")
		receipts := make([]string, seats)
		for i := range receipts {
			receipts[i] = receiptOf(string(p.ID), fmt.Sprint(i))
		}
		b.StartTimer()
		var wg sync.WaitGroup
		for i := range seats {
			wg.Go(func() {
				if _, err := f.Vote(b.Context(), room, p.ID, webinar.TicketID(fmt.Sprint("t", i)), chosen(p.Options[i&1].ID), receipts[i]); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		votes += seats
		b.StopTimer()
		if err := f.db.Exec("DELETE FROM polls").Error; err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(votes)/b.Elapsed().Seconds(), "votes/s")
}
