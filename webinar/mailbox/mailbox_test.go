package mailbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errShut = errors.New("shut")
	errOdd  = errors.New("odd")
)

func TestEachIsAnsweredInOrder(t *testing.T) {
	var served []int
	b := Open(4, errShut, func(l *Letter[int]) {
		served = append(served, l.Job)
		if l.Job%2 == 1 {
			l.Answer(errOdd)
			return
		}
		l.Answer(nil)
	})
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if err := b.Submit(t.Context(), i); (i%2 == 1) != errors.Is(err, errOdd) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	b.Close()
	b.Close()
	if slices.Sort(served); len(served) != 100 || len(slices.Compact(served)) != 100 {
		t.Errorf("served %v", served)
	}
	if err := b.Submit(t.Context(), 1); !errors.Is(err, errShut) {
		t.Errorf("behind the end: %v", err)
	}
}

func TestWhoWaitsAtTheEndIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, hold := make(chan struct{}), make(chan struct{})
		b := Open(4, errShut, func(l *Letter[int]) {
			close(begun)
			<-hold
			l.Answer(nil)
		})
		got := make([]error, 3)
		var wg sync.WaitGroup
		wg.Go(func() { got[0] = b.Submit(t.Context(), 0) })
		<-begun
		impatient, leave := context.WithCancel(t.Context())
		wg.Go(func() { got[1] = b.Submit(impatient, 1) })
		wg.Go(func() { got[2] = b.Submit(t.Context(), 2) })
		synctest.Wait()
		leave()
		synctest.Wait()
		wg.Go(b.Close)
		synctest.Wait()
		close(hold)
		wg.Wait()
		if got[0] != nil || !errors.Is(got[1], context.Canceled) || !errors.Is(got[2], errShut) {
			t.Errorf("%v", got)
		}
	})
}
