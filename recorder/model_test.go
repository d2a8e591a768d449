package recorder

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pgregory.net/rapid"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// span is a stretch of time; to is zero while it lasts.
type span struct{ from, to time.Time }

type spans []span

func (s *spans) begin(at time.Time) {
	if n := len(*s); n > 0 && (*s)[n-1].to.IsZero() {
		return
	}
	*s = append(*s, span{from: at})
}

func (s *spans) end(at time.Time) {
	if n := len(*s); n > 0 && (*s)[n-1].to.IsZero() {
		(*s)[n-1].to = at
	}
}

func (s spans) open() bool { return len(s) > 0 && s[len(s)-1].to.IsZero() }

// both reports whether one span holds a and b.
func (s spans) both(a, b time.Time) bool {
	for _, x := range s {
		if !a.Before(x.from) && (x.to.IsZero() || !b.After(x.to)) {
			return true
		}
	}
	return false
}

// touches reports whether any span meets [a, b].
func (s spans) touches(a, b time.Time) bool {
	for _, x := range s {
		if !x.from.After(b) && (x.to.IsZero() || x.to.After(a)) {
			return true
		}
	}
	return false
}

type grantKey struct {
	rec   RecordingID
	who   webinar.SubjectID
	scope consent.Scope
}

// seeded is a bug, built into what is around the service or into how it is used.
type seeded struct {
	paper     func(*paper)
	scopes    func(consent.Scope) consent.Scope // what a grant grants
	byName    bool                              // consent is looked up by display name
	lazyNo    bool                              // refusals and withdrawals are applied later
	lazyPause bool                              // pause and stop are applied later
	silence   bool                              // shown is a yes
	inherit   bool                              // the second recording takes the grants of the first
	mutedLate bool                              // the strict rule hears of a source too late
	faultOpen bool                              // a ledger that fails is taken for one that works
	noBeats   bool                              // somebody beats for everybody
	forgets   bool                              // what the ledger did not take dies with the process
}

type talker struct {
	seat webinar.Ticket
	src  map[media.Kind]*source
	mute map[media.Kind]bool
	sign time.Time // last sign of life
	gone bool      // sends no beats
}

type flying struct {
	to  *source
	do  func(at time.Time)
	due time.Time
}

// model drives one world with random acts. The oracle knows what was accepted, what was published, and nothing else.
type model struct {
	*world
	t      *rapid.T
	bug    seeded
	people []*talker
	flying []flying
	later  []func()

	rec     Recording
	state   State
	strict  bool
	ann     time.Time // of the announcement
	acting  bool      // a host's start or resume is under way
	quiet   time.Time // since when nobody offends
	run     map[RecordingID]*spans
	grants  map[grantKey]*spans
	offend  spans // somebody live has no grant
	shown   map[grantKey]bool
	have    map[grantKey]consent.Scope
	past    []RecordingID
	seen    int // lines checked
	mu      sync.Mutex
	inbox   []heard
	told    map[webinar.TicketID]StandingChanged // what each person's pages heard last
	session int
}

func kinds() []media.Kind { return []media.Kind{media.Mic, media.Camera, media.Screen} }

func newModel(t *rapid.T, w *world, bug seeded) *model {
	m := &model{world: w, t: t, bug: bug, run: map[RecordingID]*spans{}, grants: map[grantKey]*spans{}, shown: map[grantKey]bool{}, have: map[grantKey]consent.Scope{},
		told: map[webinar.TicketID]StandingChanged{}}
	if bug.paper != nil {
		bug.paper(w.paper)
	}
	for i, name := range []string{"ann", "bob", "cyn"} {
		p := &talker{seat: w.seat(name, webinar.Speaker), src: map[media.Kind]*source{}, mute: map[media.Kind]bool{}}
		if i == 0 {
			p.seat.Role = webinar.Host
		}
		if name != "ann" {
			p.seat.Name = "Kim"
		}
		m.people = append(m.people, p)
	}
	w.ear.hear = m.hear
	return m
}

// heard is an event and when it came.
type heard struct {
	rec Recording
	at  time.Time
}

// hear follows the indicator that everybody sees. It is called from any goroutine.
func (m *model) hear(ev webinar.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch body := ev.Body.(type) {
	case Changed:
		if ev.Webinar == m.w {
			m.inbox = append(m.inbox, heard{rec: body.Recording, at: time.Now()})
		}
	case StandingChanged:
		for _, p := range m.people {
			if ev.To == webinar.Only(p.seat.ID) {
				m.told[p.seat.ID] = body
			}
		}
	}
}

// pages compares what each person reads about themselves with what is in force. Who has heard nothing has not answered.
func (m *model) pages() {
	rec, ok := m.s.Current(m.w)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.people {
		told := m.told[p.seat.ID]
		if told.Standing.Recording != rec.ID {
			told = StandingChanged{Standing: consent.Standing{State: consent.None}}
		}
		st, err := m.s.MyConsent(context.Background(), m.w, rec.ID, p.seat)
		if err != nil {
			m.t.Fatal(err)
		}
		old := told.Standing
		if st.State != old.State || st.Scopes != old.Scopes || st.Publish != old.Publish || (st.Receipt == nil) != (old.Receipt == nil) || told.Secret != m.s.secret(m.w, p.seat.Subject, st) {
			m.t.Fatalf("the pages of %s say %+v with the link %q, in force is %+v", p.seat.Subject, old, told.Secret, st)
		}
	}
}

// catch takes in what was heard, once the sealers are done.
func (m *model) catch() {
	m.s.bg.Wait()
	m.mu.Lock()
	inbox := m.inbox
	m.inbox = nil
	m.mu.Unlock()
	for _, h := range inbox {
		m.indicator(h.rec, h.at)
	}
}

func (m *model) indicator(r Recording, now time.Time) {
	if m.run[r.ID] == nil {
		m.run[r.ID] = &spans{}
	}
	if r.State == Running {
		if !m.acting && m.state != Running {
			switch {
			case m.state != Paused || m.rec.Reason != ByStrict:
				m.t.Fatalf("goes on by itself from %s (%s)", m.state, m.rec.Reason)
			case m.offend.open() || now.Sub(m.quiet) < strictRest:
				m.t.Fatalf("goes on by itself %v after the last offender", now.Sub(m.quiet))
			}
		}
		m.run[r.ID].begin(now)
	} else {
		m.run[r.ID].end(now)
	}
	if m.state == Stopped && r.ID == m.rec.ID && r.State != Available && r.State != Stopped {
		m.t.Fatalf("I12: %s after stopped", r.State)
	}
	m.rec, m.state = r, r.State
}

func (m *model) span(rec RecordingID, who webinar.SubjectID, s consent.Scope) *spans {
	k := grantKey{rec, who, s}
	if m.grants[k] == nil {
		m.grants[k] = &spans{}
	}
	return m.grants[k]
}

// judgeOffence keeps the spans in which somebody live lacks a grant, from what the oracle knows.
func (m *model) judgeOffence() {
	m.catch()
	now := time.Now()
	for _, p := range m.people {
		for k := range p.src {
			if !p.mute[k] && !m.span(m.rec.ID, p.seat.Subject, scopeOf(k)).open() {
				m.offend.begin(now)
				return
			}
		}
	}
	if m.offend.open() || m.quiet.IsZero() {
		m.quiet = now
	}
	m.offend.end(now)
}

// check judges every line that was written since the last check.
func (m *model) check() {
	m.catch()
	for _, l := range m.paper.after(m.seen) {
		m.seen++
		who, scope := webinar.SubjectID(l.track.Subject), scopeOf(l.track.Kind)
		what := fmt.Sprintf("%s of %s, captured %v before it was written", l.track.Kind, who, l.at.Sub(l.captured))
		if l.captured.Before(m.ann.Add(10 * time.Second)) {
			m.t.Fatalf("I17: %s", what)
		}
		if run := m.run[m.rec.ID]; run == nil || !run.both(l.captured, l.at) {
			m.t.Fatalf("I1 I12: not recording all the time: %s", what)
		}
		if !m.span(m.rec.ID, who, scope).both(l.captured, l.at) {
			m.t.Fatalf("I1 I2 I7 I9 I10: no grant all the time: %s; %s to %s outside of %v", what, l.captured.Format("05.000"), l.at.Format("05.000"), m.span(m.rec.ID, who, scope))
		}
		if m.strict && m.offend.touches(l.captured, l.at) {
			m.t.Fatalf("I24: somebody live had not agreed: %s", what)
		}
		for _, p := range m.people {
			if p.seat.Subject == who && l.at.Sub(p.sign) > beatLimit+2*beatEvery {
				m.t.Fatalf("I18: no sign of life for %v: %s", l.at.Sub(p.sign), what)
			}
		}
	}
}

// step lets time go on: packets arrive, beats are sent.
func (m *model) step(d time.Duration, sending bool) {
	end := time.Now().Add(d)
	for i := 0; time.Now().Before(end); i++ {
		now := time.Now()
		for _, p := range m.people {
			if !p.gone || m.bug.noBeats {
				m.s.Beat(m.w, p.seat, float64(now.UnixMicro())/1000, 60)
				if !p.gone {
					p.sign = now
				}
			}
			for _, k := range kinds() {
				if s := p.src[k]; s != nil && !p.mute[k] && sending {
					m.send(s, i, now)
				}
			}
		}
		m.arrive(now)
		m.pass(200 * time.Millisecond)
		m.check()
	}
	for _, f := range m.later {
		f()
	}
	m.later = nil
}

func (m *model) send(s *source, i int, now time.Time) {
	if i%3 == 0 {
		r := s.report(now)
		m.flying = append(m.flying, flying{to: s, due: now.Add(30 * time.Millisecond), do: func(at time.Time) {
			if to := s.tapped(); to != nil {
				r.At = at
				to.WriteReport(r)
			}
		}})
	}
	pkt := s.capture(now, s.wanted())
	arrive := func(at time.Time) {
		if to := s.tapped(); to != nil {
			to.WriteRTP(pkt, at)
		}
	}
	m.flying = append(m.flying, flying{to: s, due: now.Add(30 * time.Millisecond), do: arrive})
	if i%4 == 1 { // and again, as bandwidth probes do
		m.flying = append(m.flying, flying{to: s, due: now.Add(3 * time.Second), do: arrive})
	}
}

func (m *model) arrive(now time.Time) {
	var rest []flying
	for _, f := range m.flying {
		switch {
		case f.due.After(now):
			rest = append(rest, f)
		case !m.mutedSource(f.to): // the SFU taps nothing of a muted source
			f.do(now)
		}
	}
	m.flying = rest
	m.check()
}

func (m *model) mutedSource(s *source) bool {
	for _, p := range m.people {
		for k, o := range p.src {
			if o == s {
				return p.mute[k]
			}
		}
	}
	return true
}
