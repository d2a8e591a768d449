package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// ErrVotesUsage is a command line of "bench votes" that makes no sense.
var ErrVotesUsage = fmt.Errorf("%w\nplenum bench votes --voters N [--streams N] [--seconds S] [--json]", ErrUsage)

// rushes is how many polls are voted in as fast as the server takes it. One alone is over in a third of a second, in which
// one frame to all screens or one collection of garbage more makes it half as fast.
const rushes = 5

// Votes is what a run of many voters measured. Each voter votes once among all within some seconds, and then in further
// polls as fast as the server takes it. After each vote comes the same request again.
type Votes struct {
	Voters     int     `json:"voters"`
	Streams    int     `json:"streams"`
	Seconds    float64 `json:"seconds"`       // that the first votes were spread over
	AckP50     float64 `json:"ack_ms_p50"`    // of those: from the click to the durable acknowledgement
	AckP99     float64 `json:"ack_ms_p99"`    //
	PerSecond  float64 `json:"votes_per_s"`   // of the further votes
	BusyP99    float64 `json:"busy_ms_p99"`   // their acknowledgements
	CPU        float64 `json:"cpu_us_a_vote"` // of the server, with the frames to all screens
	Accepted   int     `json:"accepted"`
	Duplicates int     `json:"duplicates_refused"`
	Failed     int     `json:"failed"`
	Lost       int     `json:"lost"`    // acknowledged and not in the box
	Doubled    int     `json:"doubled"` // more in the box, or in the result, than people voted
	Frames     float64 `json:"screens_frames_per_s"`
	OpenP99    float64 `json:"open_ms_p99"` // from the host's click to the poll on a screen
}

func (v Votes) String() string {
	return fmt.Sprintf("%d voters within %.1f s, %d screens: acknowledged in %.1f ms (median), %.1f ms (p99)\n"+
		"as fast as they can: %.0f votes/s, %.1f ms (p99), %.0f µs of CPU each\n"+
		"%d accepted, %d duplicates refused, %d failed; %d lost, %d doubled\n"+
		"a screen gets %.1f results a second, and an opened poll within %.0f ms (p99)",
		v.Voters, v.Seconds, v.Streams, v.AckP50, v.AckP99, v.PerSecond, v.BusyP99, v.CPU,
		v.Accepted, v.Duplicates, v.Failed, v.Lost, v.Doubled, v.Frames, v.OpenP99)
}

type votesOptions struct {
	voters, streams int
	seconds         float64
	json            bool
}

func parseVotes(args []string) (o votesOptions, err error) {
	fs := flag.NewFlagSet("bench votes", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.IntVar(&o.voters, "voters", 2000, "")
	fs.IntVar(&o.streams, "streams", 1000, "")
	fs.Float64Var(&o.seconds, "seconds", 1, "")
	fs.BoolVar(&o.json, "json", false, "")
	if err := fs.Parse(args); err != nil {
		return o, fmt.Errorf("%w: %w", ErrVotesUsage, err)
	}
	if fs.NArg() > 0 || o.voters < 1 || o.voters > 100_000 || o.streams < 0 || o.streams > 5000 || o.seconds < 0.1 || o.seconds > 600 {
		return o, ErrVotesUsage
	}
	o.streams = min(o.streams, o.voters)
	return o, nil
}

// votes runs "bench votes".
func votes(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parseVotes(args)
	if err != nil {
		return err
	}
	srv, err := startServer(ctx, options{path: "auto"}, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	r, err := poll(ctx, srv, o)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(stdout).Encode(r)
	}
	_, err = fmt.Fprintln(stdout, r)
	return err
}

// poll lets them vote.
func poll(ctx context.Context, srv *server, o votesOptions) (r Votes, err error) {
	crowd, err := seatVoters(ctx, srv, o.voters)
	if err != nil {
		return r, err
	}
	lanes, err := dialLanes(ctx, srv, 256)
	if err != nil {
		return r, err
	}
	defer lanes.close()
	screens, err := openScreens(ctx, srv, crowd[:o.streams])
	if err != nil {
		return r, err
	}
	defer screens.close()
	r = Votes{Voters: o.voters, Streams: o.streams, Seconds: o.seconds}
	first := &ballotBox{srv: srv, lanes: lanes, screens: screens, crowd: crowd, acks: make([]time.Duration, o.voters)}
	opened, err := first.open(ctx)
	if err != nil {
		return r, err
	}
	first.within(ctx, time.Duration(o.seconds*float64(time.Second)))
	frames := screens.rate(first.id)
	if err := first.check(ctx, &r); err != nil {
		return r, err
	}
	var fast rush
	for range rushes {
		next := &ballotBox{srv: srv, lanes: lanes, screens: screens, crowd: crowd, acks: make([]time.Duration, o.voters)}
		if err := fast.run(ctx, next); err != nil {
			return r, err
		}
		frames = max(frames, screens.rate(next.id))
		if err := next.check(ctx, &r); err != nil {
			return r, err
		}
	}
	r.AckP50, r.AckP99 = quantile(first.acknowledged(), 0.5), quantile(first.acknowledged(), 0.99)
	r.PerSecond, r.BusyP99 = float64(fast.votes)/fast.took.Seconds(), quantile(fast.acks, 0.99)
	r.CPU = float64(fast.cpu.Microseconds()) / float64(max(fast.votes, 1))
	r.OpenP99, r.Frames = quantile(opened, 0.99), frames
	return r, ctx.Err()
}

// rush adds up polls in which all vote as fast as they can.
type rush struct {
	votes     int64
	took, cpu time.Duration
	acks      []time.Duration
}

func (f *rush) run(ctx context.Context, b *ballotBox) error {
	if _, err := b.open(ctx); err != nil {
		return err
	}
	before, err := b.srv.cpu()
	if err != nil {
		return err
	}
	f.took += b.asFastAsTheyCan(ctx)
	after, err := b.srv.cpu()
	if err != nil {
		return err
	}
	f.votes += b.accepted.Load()
	f.cpu += after - before
	f.acks = append(f.acks, b.acknowledged()...)
	b.again(ctx)
	return nil
}

// ballotBox is one poll of the run and what its voters were told.
type ballotBox struct {
	srv     *server
	lanes   *lanes
	screens *screens
	crowd   []*voter

	id      string
	options []string
	acks    []time.Duration // of each voter; 0: none

	accepted, refused, failed atomic.Int64
}

type voter struct{ cookie http.Header }

// receipt is what the browser would make of its secret.
func (b *ballotBox) receipt(i int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d", b.id, i))
	return hex.EncodeToString(h[:])
}

func (b *ballotBox) option(i int) int { return i % 3 % len(b.options) }

// open makes a poll and opens it; it returns how long each screen waited for it.
func (b *ballotBox) open(ctx context.Context) ([]time.Duration, error) {
	answer, _, err := b.srv.post(ctx, b.srv.base+"/polls", "application/json", []byte(`{"question":"Which?","options":["One","Two","Three"]}`), b.srv.host)
	if err != nil {
		return nil, err
	}
	var made struct {
		ID      string `json:"id"`
		Options []struct {
			ID string `json:"id"`
		} `json:"options"`
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		return nil, err
	}
	b.id = made.ID
	for _, o := range made.Options {
		b.options = append(b.options, o.ID)
	}
	seen := b.screens.expect(b.id)
	if _, _, err := b.srv.post(ctx, b.srv.base+"/polls/"+b.id+"/open", "application/json", nil, b.srv.host); err != nil {
		return nil, err
	}
	return seen(ctx)
}

// vote sends voter i's ballot, which clicked at a time, and reports whether it counts.
func (b *ballotBox) vote(i int, clicked time.Time) bool {
	body := fmt.Sprintf(`{"answer":{"options":["%s"]},"receipt":"%s"}`, b.options[b.option(i)], b.receipt(i))
	status, err := b.lanes.post("/polls/"+b.id+"/votes", b.crowd[i].cookie.Get("Cookie"), body)
	switch {
	case err == nil && status == http.StatusCreated:
		b.acks[i] = max(time.Since(clicked), 1)
		b.accepted.Add(1)
		return true
	case err == nil && status == http.StatusConflict:
		b.refused.Add(1)
	default:
		b.failed.Add(1)
	}
	return false
}

// within spreads the voters over a time; each retries as soon as its vote is acknowledged.
func (b *ballotBox) within(ctx context.Context, d time.Duration) {
	var wg sync.WaitGroup
	defer wg.Wait()
	start := time.Now()
	for i := range b.crowd {
		at := start.Add(d * time.Duration(i) / time.Duration(len(b.crowd)))
		if time.Until(at) > time.Millisecond && wait(ctx, time.Until(at)) != nil {
			return
		}
		wg.Go(func() {
			if b.vote(i, at) {
				b.vote(i, time.Now())
			}
		})
	}
}

// asFastAsTheyCan keeps every lane busy until all have voted.
func (b *ballotBox) asFastAsTheyCan(ctx context.Context) time.Duration {
	start := time.Now()
	b.each(ctx, func(i int) { b.vote(i, time.Now()) })
	return time.Since(start)
}

// again repeats the request of everybody who was acknowledged.
func (b *ballotBox) again(ctx context.Context) {
	b.each(ctx, func(i int) {
		if before := b.acks[i]; before > 0 {
			b.vote(i, time.Now())
			b.acks[i] = before
		}
	})
}

func (b *ballotBox) each(ctx context.Context, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range cap(b.lanes.free) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(b.crowd)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	wg.Wait()
}

func (b *ballotBox) acknowledged() (out []time.Duration) {
	for _, d := range b.acks {
		if d > 0 {
			out = append(out, d)
		}
	}
	return out
}

// check closes the poll and judges it.
func (b *ballotBox) check(ctx context.Context, r *Votes) error {
	answer, _, err := b.srv.post(ctx, b.srv.base+"/polls/"+b.id+"/close", "application/json", nil, b.srv.host)
	if err != nil {
		return err
	}
	var closed struct {
		Tally struct {
			Votes []int `json:"votes"`
		} `json:"tally"`
	}
	if err := json.Unmarshal(answer, &closed); err != nil {
		return err
	}
	var published []string
	if err := b.srv.get(ctx, "/polls/"+b.id+"/receipts", &published); err != nil {
		return err
	}
	b.compare(r, published, closed.Tally.Votes)
	r.Accepted += int(b.accepted.Load())
	r.Duplicates += int(b.refused.Load())
	r.Failed += int(b.failed.Load())
	return nil
}

// compare adds to r what the published receipts and the result lack, and what they have too much.
func (b *ballotBox) compare(r *Votes, published []string, result []int) {
	box := make(map[string]int, len(published))
	for _, receipt := range published {
		box[receipt]++
	}
	want := make([]int, len(b.options))
	for i := range b.crowd {
		receipt := b.receipt(i)
		n := box[receipt]
		if n == 0 && b.acks[i] > 0 {
			r.Lost++
		}
		if n > 0 {
			want[b.option(i)]++
			r.Doubled += n - 1
		}
		delete(box, receipt)
	}
	r.Doubled += len(box) // of nobody
	for i, n := range result {
		r.Doubled += max(n-want[i], 0)
		r.Lost += max(want[i]-n, 0)
	}
}
