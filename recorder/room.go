package recorder

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// room is one webinar. Memory is guarded by mu, which is never held across I/O, so that gates close at once. What must
// be written down follows in jobs, one at a time and in order, under the turn.
type room struct {
	s  *Service
	id webinar.ID

	turn chan struct{}
	pub  sync.Mutex // publishing, so that the newest state is published last

	mu       sync.Mutex
	book     *consent.Book // nil until the first need
	rec      Recording     // the last one
	gates    map[string]*gate
	senders  map[string]*sender // by publication
	takes    map[*take]bool     // until they are shut
	people   map[webinar.SubjectID]*attendance
	seats    map[webinar.SubjectID]webinar.TicketID // of who beats or was told where they stand; their pages hear of it
	jobs     []*job
	count    uint64    // orders sources, grants and starts
	runs     moment    // of the last start or resume
	resumeAt time.Time // when the strict rule is satisfied for long enough; zero: it is not
	pausedAt time.Time
	alone    time.Time                     // since when no host is here; zero: one is, or nobody has told
	deserted bool                          // hosts were here, and the last has gone
	silent   bool                          // hosts were told that the store does not answer
	unsaved  bool                          // the row of rec is behind
	erasures []*erasure                    // what people's noes ask for and the rows do not say yet
	undone   []func(context.Context) error // what the database or the disk did not take, to be tried again
}

// attendance is what the room knows of one person.
type attendance struct {
	page    page
	beat    time.Time
	lapsed  bool
	name    string
	granted moment // of the grant
	asking  int    // grants on their way to the ledger: until they are there and counted, no source is newer than them
}

type job struct {
	run  func(context.Context) error
	done chan struct{}
	err  error
}

func newRoom(s *Service, id webinar.ID) *room {
	return &room{s: s, id: id, turn: make(chan struct{}, 1), gates: map[string]*gate{}, senders: map[string]*sender{},
		takes: map[*take]bool{}, people: map[webinar.SubjectID]*attendance{}, seats: map[webinar.SubjectID]webinar.TicketID{}}
}

// open returns the book, read from the ledger at the first need.
func (r *room) open(ctx context.Context) (*consent.Book, error) {
	if b := r.known(); b != nil {
		return b, nil
	}
	if err := r.hold(ctx); err != nil {
		return nil, err
	}
	defer r.leave()
	return r.openTurned(ctx)
}

func (r *room) openTurned(ctx context.Context) (*consent.Book, error) {
	if b := r.known(); b != nil {
		return b, nil
	}
	b, err := consent.NewBook(ctx, r.s.ledger, r.s.owed, r.id)
	if err != nil {
		return nil, err
	}
	b.OnSettled(func(id RecordingID, who webinar.SubjectID) { r.settled(b, id, who) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.book = b
	return b, nil
}

func (r *room) known() *consent.Book {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.book
}

func (r *room) hold(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("recorder: %w", ctx.Err())
	}
}

func (r *room) leave() { <-r.turn }

// later queues a job; mu is held.
func (r *room) later(run func(context.Context) error) *job {
	j := &job{run: run, done: make(chan struct{})}
	r.jobs = append(r.jobs, j)
	r.s.wake()
	return j
}

// drain runs the jobs. With a context that ends they wait for the next who drains.
func (r *room) drain(ctx context.Context) {
	r.mu.Lock()
	idle := len(r.jobs) == 0
	r.mu.Unlock()
	if idle || r.hold(ctx) != nil {
		return
	}
	defer r.leave()
	r.drainTurned(ctx)
}

// drainTurned runs the jobs; the turn is held. A job is not cut short by its caller, whose hanging up undoes nothing.
func (r *room) drainTurned(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for {
		r.mu.Lock()
		if len(r.jobs) == 0 {
			r.mu.Unlock()
			return
		}
		j := r.jobs[0]
		r.jobs = r.jobs[1:]
		r.mu.Unlock()
		if j.err = j.run(ctx); j.err != nil {
			r.s.c.Log.Error("recorder: not written down", "webinar", string(r.id), "error", j.err)
		}
		close(j.done)
	}
}

// wait has a job done and returns its error.
func (r *room) wait(ctx context.Context, j *job) error {
	r.drain(ctx)
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		return fmt.Errorf("recorder: %w", ctx.Err())
	}
}

// enter takes the turn with every job done and the book open, for an act that writes before it changes anything.
func (r *room) enter(ctx context.Context) (*consent.Book, error) {
	if r.s.isClosed() {
		return nil, ErrClosed
	}
	if err := r.hold(ctx); err != nil {
		return nil, err
	}
	b, err := r.openTurned(ctx)
	if err != nil {
		r.leave()
		return nil, err
	}
	r.drainTurned(ctx)
	return b, nil
}

// enterFor is enter for an act on one recording of the room. After an error the turn is not held.
func (r *room) enterFor(ctx context.Context, id RecordingID) (*consent.Book, Recording, error) {
	b, err := r.enter(ctx)
	if err != nil {
		return nil, Recording{}, err
	}
	rec, err := r.find(ctx, id)
	if err != nil {
		r.leave()
		return nil, Recording{}, err
	}
	return b, rec, nil
}

// current returns the last recording.
func (r *room) current() Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rec
}

// tell publishes the recording as it is now. From the announcement on the best picture of everybody is wanted, so that
// it is there, and its clock known, when the first gate opens.
func (r *room) tell() {
	r.pub.Lock()
	defer r.pub.Unlock()
	r.mu.Lock()
	rec := r.rec
	for _, g := range r.gates {
		g.src.Keep(rec.active())
	}
	r.mu.Unlock()
	r.s.c.Events.Publish(webinar.Event{Webinar: r.id, To: webinar.Everyone(), Body: Changed{Recording: rec}})
}

func (r *room) tellCounts() {
	r.pub.Lock()
	defer r.pub.Unlock()
	r.s.c.Events.Publish(webinar.Event{Webinar: r.id, To: webinar.Hosts(), Body: CountsChanged{Counts: r.counts()}})
}

// tellStanding says to all pages of one person where they stand now: they may have answered in another, or by their link, or
// their grant has ended.
func (r *room) tellStanding(id RecordingID, who webinar.SubjectID) {
	r.pub.Lock()
	defer r.pub.Unlock()
	r.mu.Lock()
	book, current := r.book, r.rec.ID
	seat, ok := r.seats[who]
	r.mu.Unlock()
	if !ok || book == nil || current != id {
		return
	}
	if st, err := book.Standing(id, who); err == nil && !st.Untold() {
		r.s.c.Events.Publish(webinar.Event{Webinar: r.id, To: webinar.Only(seat), Body: StandingChanged{Standing: st, Secret: r.s.secret(r.id, who, st)}})
	}
}

// tellStandings says it to everybody who may have a page.
func (r *room) tellStandings(id RecordingID) {
	r.mu.Lock()
	seated := slices.Collect(maps.Keys(r.seats))
	r.mu.Unlock()
	for _, who := range seated {
		r.tellStanding(id, who)
	}
}

// settled is called when the ledger has taken what it was owed: by one person, who has a receipt now and a link, or by all.
func (r *room) settled(book *consent.Book, id RecordingID, who webinar.SubjectID) {
	if who == "" {
		r.tellStandings(id)
		return
	}
	if st, err := book.Standing(id, who); err == nil {
		_, _ = r.s.ReceiptLink(context.Background(), r.id, who, st) // else it is made for the next who asks
		r.tellStanding(id, who)
	}
}

func (r *room) counts() Counts {
	r.mu.Lock()
	b, rec, silent := r.book, r.rec.ID, r.silent
	unwritable := 0
	for _, g := range r.gates {
		if !g.writable {
			unwritable++
		}
	}
	r.mu.Unlock()
	if b == nil || rec == "" {
		return Counts{}
	}
	asked, granted, answered := b.Counts(rec)
	return Counts{Asked: asked, Granted: granted, Answered: answered, Unwritable: unwritable, Waiting: silent}
}

// save writes the row of the recording; a failure is tried again by and by.
func (r *room) save(ctx context.Context) error {
	rec := r.current()
	err := r.s.rows.save(ctx, rec)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsaved = err != nil
	return err
}

// person returns what is known of somebody; mu is held.
func (r *room) person(who webinar.SubjectID) *attendance {
	p := r.people[who]
	if p == nil {
		p = &attendance{}
		r.people[who] = p
	}
	return p
}
