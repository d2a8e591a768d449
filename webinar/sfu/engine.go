package sfu

import (
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"plenum/webinar/media"
)

// Engine is the SFU: one socket, all rooms. Its methods may be called from any goroutine, but not from a
// [media.Observer] or [Screens].
type Engine struct {
	cfg     Config
	timing  timing
	log     *slog.Logger
	obs     media.Observer
	screens Screens
	stack   *stack
	shards  []*shard
	turn    atomic.Uint64 // counts viewers
	books   *books
	wg      sync.WaitGroup
	workers sync.WaitGroup

	mu       sync.Mutex // held for bookkeeping only: never across I/O, a callback or a wait
	closed   bool
	rooms    map[string]*room
	sessions int
	sourceID uint64
}

// New opens the port and starts the workers. Close ends them.
func New(cfg Config, obs media.Observer, screens Screens) (*Engine, error) {
	return start(cfg, obs, screens, defaultTiming())
}

func start(cfg Config, obs media.Observer, screens Screens, tm timing) (*Engine, error) {
	if cfg.MaxStage <= 0 {
		cfg.MaxStage = defaultMaxStage
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := newBooks()
	st, err := newStack(cfg, tm, b)
	if err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, timing: tm, log: cfg.Log, obs: obs, screens: screens, stack: st, books: b, rooms: map[string]*room{}}
	for range runtime.GOMAXPROCS(0) {
		sh, err := newShard(st)
		if err != nil {
			return nil, errors.Join(err, st.close())
		}
		e.shards = append(e.shards, sh)
	}
	for _, sh := range e.shards {
		e.workers.Go(sh.run)
	}
	e.log.Info("media is ready", "path", st.egress.Path())
	return e, nil
}

// Addr is the address that media arrives at; unspecified if the engine listens on all.
func (e *Engine) Addr() netip.AddrPort { return e.stack.addr }

// Offered lists where clients are told to send media, the best first.
func (e *Engine) Offered() []netip.AddrPort {
	addrs := e.stack.addrs()
	all := make([]netip.AddrPort, 0, len(addrs))
	for _, a := range addrs {
		all = append(all, netip.AddrPortFrom(a.Unmap(), e.stack.addr.Port()))
	}
	return all
}

// Close ends all sessions and returns when nothing of the engine runs any more.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	var all []*session
	for _, r := range e.rooms {
		r.live = false
		all = append(all, r.sessionsOf(func(*session) bool { return true })...)
		e.changed(r)
	}
	e.mu.Unlock()
	endAll(all)
	e.wg.Wait()
	for _, sh := range e.shards {
		sh.close()
	}
	e.workers.Wait()
	return e.stack.close()
}

// enter holds Close back; the caller gives e.wg.Done.
func (e *Engine) enter() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.wg.Add(1)
	return nil
}

func endAll(all []*session) {
	for _, s := range all {
		s.stop()
	}
	for _, s := range all {
		<-s.done
	}
}

// nextShard books a place: in the first shard that is not full, for a small audience costs least when it wakes a single
// thread, else in the emptiest. It also gives the viewer a number of its own.
func (e *Engine) nextShard() (*shard, uint64) {
	best := e.shards[0]
	for _, sh := range e.shards {
		if n := sh.load.Load(); n < shardFull {
			best = sh
			break
		} else if n < best.load.Load() {
			best = sh
		}
	}
	best.load.Add(1)
	return best, e.turn.Add(1)
}

// fanOut hands a burst to every shard.
func (e *Engine) fanOut(j job) {
	for _, sh := range e.shards {
		sh.offer(j)
	}
}

// addFeed lets every shard carry l; later calls find it there.
func (e *Engine) addFeed(l *layer) {
	for _, sh := range e.shards {
		sh.post(func(sh *shard) { sh.feeds[l] = &feed{layer: l} })
	}
}

// emptyFeeds makes the shards forget what they keep of s.
func (e *Engine) emptyFeeds(s *source) {
	for _, l := range s.ladder() {
		for _, sh := range e.shards {
			sh.post(func(sh *shard) { sh.empty(l) })
		}
	}
}

// dropFeeds ends what addFeed began.
func (e *Engine) dropFeeds(s *source) {
	for _, l := range s.ladder() {
		for _, sh := range e.shards {
			sh.post(func(sh *shard) { sh.drop(l) })
		}
	}
}

// reconsider lets the viewers of s choose their layers anew: one has come or gone, or they have changed places.
func (e *Engine) reconsider(s *source) {
	for _, sh := range e.shards {
		sh.post(func(sh *shard) { sh.reconsider(s) })
	}
}

// barrier returns when all shards have done what they were given before.
func (e *Engine) barrier() {
	for _, sh := range e.shards {
		sh.barrier()
	}
}

// SetLive opens the room to its audience, or closes it: once it returns with false no attendee is sent anything. A
// room begins backstage. A live room is kept until CloseRoom or SetLive(false), also while nobody is there.
func (e *Engine) SetLive(name string, live bool) {
	if e.enter() != nil {
		return
	}
	defer e.wg.Done()
	e.mu.Lock()
	r := e.room(name)
	r.live = live
	e.changed(r)
	e.mu.Unlock()
	e.barrier()
}

// Slots tells what the slots of a person carry now; see [Screens].
func (e *Engine) Slots(name, owner string, onStage bool) []Slot {
	if !onStage {
		owner = ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[name]; r != nil {
		return r.slots(owner)
	}
	return nil
}

// Layers tells which layers of a person's own sources are wanted, of those that come in several.
func (e *Engine) Layers(name, owner string) []Layers {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Layers
	if r := e.rooms[name]; r != nil {
		for _, s := range r.sources {
			if s.track.Owner == owner && s.shownRids != nil {
				out = append(out, Layers{Kind: s.track.Kind, Rids: s.shownRids})
			}
		}
	}
	return out
}

// Sources lists every source that is published in the room, oldest first.
func (e *Engine) Sources(name string) []SourceState {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[name]; r != nil {
		return r.states()
	}
	return nil
}

// Publishers lists who publishes in the room, or is about to, in no order.
func (e *Engine) Publishers(name string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[name]; r != nil {
		return slices.Collect(maps.Keys(r.publishers()))
	}
	return nil
}

// Drop ends every session of a person in the room.
func (e *Engine) Drop(name, owner string) {
	e.mu.Lock()
	var all []*session
	if r := e.rooms[name]; r != nil {
		all = r.sessionsOf(func(s *session) bool { return s.owner == owner })
	}
	e.mu.Unlock()
	endAll(all)
}

// CloseRoom ends every session of the room and closes it to the audience.
func (e *Engine) CloseRoom(name string) {
	e.mu.Lock()
	var all []*session
	if r := e.rooms[name]; r != nil {
		r.live = false
		all = r.sessionsOf(func(*session) bool { return true })
		e.changed(r)
	}
	e.mu.Unlock()
	endAll(all)
}
