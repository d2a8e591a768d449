package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// screens are open event streams.
type screens struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu   sync.Mutex
	all  []*screen
	want string          // the poll that is awaited
	seen func(time.Time) // on a screen
}

// screen counts what one stream shows.
type screen struct {
	tallies map[string]*frames // by poll; the screens' lock
}

type frames struct {
	n           int
	first, last time.Time
}

// openScreens returns when every voter's stream has had its snapshot.
func openScreens(ctx context.Context, srv *server, crowd []*voter) (*screens, error) {
	ctx, stop := context.WithCancel(ctx)
	s := &screens{stop: stop}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, DisableCompression: true, ReadBufferSize: 2 << 10, WriteBufferSize: 1 << 10}}
	s.wg.Go(func() { <-ctx.Done(); client.CloseIdleConnections() })
	ready := make(chan error, len(crowd))
	ahead := make(chan struct{}, joinAhead)
	for _, v := range crowd {
		ahead <- struct{}{}
		one := &screen{tallies: map[string]*frames{}}
		s.all = append(s.all, one)
		s.wg.Go(func() {
			err := s.watch(ctx, client, srv.base+"/events", v, one, func() { ready <- nil; <-ahead })
			if err != nil && ctx.Err() == nil {
				select {
				case ready <- err:
				default:
				}
			}
		})
	}
	for range crowd {
		if err := <-ready; err != nil {
			s.close()
			return nil, fmt.Errorf("event stream: %w", err)
		}
	}
	return s, nil
}

func (s *screens) close() {
	s.stop()
	s.wg.Wait()
}

func (s *screens) watch(ctx context.Context, client *http.Client, at string, v *voter, one *screen, began func()) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	req.Header = v.cookie.Clone()
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	in := bufio.NewReaderSize(res.Body, 4<<10)
	for event := []byte(nil); ; {
		line, err := in.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) { // a snapshot, whose beginning says enough
			_, err = in.ReadSlice('\n')
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		if name, ok := bytes.CutPrefix(line, []byte("event: ")); ok {
			event = append(event[:0], bytes.TrimSpace(name)...)
			continue
		}
		if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
			if began != nil {
				began()
				began = nil
			}
			s.take(one, string(event), data)
		}
	}
}

// take looks at one event.
func (s *screens) take(one *screen, event string, data []byte) {
	now := time.Now()
	switch event {
	case "poll":
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.seen != nil && bytes.Contains(data, []byte(`"`+s.want+`"`)) && bytes.Contains(data, []byte(`"state":"open"`)) {
			s.seen(now)
		}
	case "tally":
		_, rest, _ := bytes.Cut(data, []byte(`"poll":"`))
		id, _, _ := bytes.Cut(rest, []byte(`"`))
		s.mu.Lock()
		defer s.mu.Unlock()
		f := one.tallies[string(id)]
		if f == nil {
			f = &frames{first: now}
			one.tallies[string(id)] = f
		}
		f.n++
		f.last = now
	}
}

// expect begins to wait for a poll to be opened; what it returns tells how long each screen took from now on.
func (s *screens) expect(poll string) func(context.Context) ([]time.Duration, error) {
	start := time.Now()
	took := make([]time.Duration, 0, len(s.all))
	done := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		close(done)
	}
	s.want, s.seen = poll, func(at time.Time) {
		if took = append(took, at.Sub(start)); len(took) == len(s.all) {
			close(done)
		}
	}
	return func(ctx context.Context) ([]time.Duration, error) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		select {
		case <-done:
		case <-ctx.Done():
			return nil, fmt.Errorf("not every screen has the poll: %w", ctx.Err())
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = nil
		return took, nil
	}
}

// rate is how many results a second the busiest screen got of a poll.
func (s *screens) rate(poll string) (worst float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if f := one.tallies[poll]; f != nil && f.n > 1 {
			worst = max(worst, float64(f.n-1)/f.last.Sub(f.first).Seconds())
		}
	}
	return worst
}
