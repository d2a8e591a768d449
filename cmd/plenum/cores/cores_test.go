package cores

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// worker works as much as its load says, in cores.
type worker struct {
	mu    sync.Mutex
	load  float64
	since time.Time
	done  time.Duration
	looks int
}

func (w *worker) spent() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	return w.work()
}

func (w *worker) work() time.Duration {
	now := time.Now()
	w.done += time.Duration(w.load * float64(now.Sub(w.since)))
	w.since = now
	return w.done
}

func (w *worker) looked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looks
}

func (w *worker) works(load float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.work()
	w.load = load
}

func TestGovern(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := make(chan int, 9)
		w := &worker{load: 0.3, since: time.Now()}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			Govern(ctx, 6, w.spent, func(n int) { set <- n })
		}()
		for _, step := range []struct {
			load float64
			time time.Duration
			want []int
		}{
			{0.3, time.Minute, []int{3, 2, 1}},
			{0.55, time.Minute, nil}, // fits one
			{5, time.Second, []int{2, 4, 6}},
			{1.3, time.Minute, nil}, // too much to be calm on three
			{1.1, calm * interval / 2, nil},
			{1.3, interval, nil},
			{1.1, calm*interval - interval, nil}, // a rush starts the count anew
			{1.1, time.Minute, []int{3}},
			{0.35, time.Minute, []int{2, 1}},
			{1.3, time.Minute, []int{2, 4}},
			{0.01, time.Minute, []int{1}}, // at rest
			{0.1, time.Minute, nil},       // and at a little work again
			{0.01, time.Minute, nil},      // at rest
			{5, time.Minute, []int{6}},    // a rush
			{0.35, time.Minute, []int{3, 2, 1}},
			{0.01, calm * interval, nil}, // a pause is no rest
			{5, 3 * interval, []int{2, 4, 6}},
			{0.01, time.Minute, []int{3, 1}},
		} {
			w.works(step.load)
			time.Sleep(step.time + time.Millisecond)
			synctest.Wait()
			if got := all(set); !slices.Equal(got, step.want) {
				t.Fatalf("load %v for %v: set %v, want %v", step.load, step.time, got, step.want)
			}
		}
		before := w.looked()
		for range 60 { // what comes once a second and is soon done is rest as well
			w.works(0.15)
			time.Sleep(interval)
			w.works(0)
			time.Sleep(9 * interval)
		}
		if n := w.looked() - before; n > 4*60+1 {
			t.Fatalf("%d looks at a minute of rest", n)
		}
		cancel()
		<-done
		if got := all(set); !slices.Equal(got, []int{6}) {
			t.Fatalf("at the end: %v", got)
		}
	})
}

func all(set chan int) (got []int) {
	for len(set) > 0 {
		got = append(got, <-set)
	}
	return got
}

func TestGovernOneCore(t *testing.T) {
	Govern(t.Context(), 1, nil, nil) // has nothing to choose
}
