package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

func (m *model) announce(strict bool) {
	r, err := m.s.Announce(context.Background(), m.w, "s-ann", strict, "")
	if err != nil {
		return
	}
	now := time.Now()
	m.catch()
	m.past = append(m.past, r.ID)
	m.strict, m.ann = strict, now
	m.offend, m.quiet = nil, time.Time{}
	for _, p := range m.people {
		p.sign = now
	}
	if m.bug.inherit && len(m.past) > 1 {
		for _, p := range m.people {
			if m.span(m.past[len(m.past)-2], p.seat.Subject, consent.Audio).open() {
				_ = m.say(p, consent.Shown, 0, nil)
				_ = m.say(p, consent.Grant, 0, nil)
			}
		}
	}
	m.judgeOffence()
}

func (m *model) host(k consent.Kind) {
	act := map[consent.Kind]func(context.Context, webinar.ID, RecordingID, webinar.SubjectID) (Recording, error){
		consent.Start: m.s.Start, consent.Pause: m.s.Pause, consent.Resume: m.s.Resume, consent.Stop: m.s.Stop}[k]
	id := m.rec.ID
	closing := k == consent.Pause || k == consent.Stop
	if closing && m.bug.lazyPause && m.state == Running {
		m.run[id].end(time.Now())
		m.later = append(m.later, func() { _, _ = act(context.Background(), m.w, id, "s-ann") })
		return
	}
	m.acting = !closing
	r, err := act(context.Background(), m.w, id, "s-ann")
	m.catch()
	m.acting = false
	m.check() // what a stop has put down, before another recording is announced
	early, isEarly := errors.AsType[*TooEarlyError](err)
	if isEarly && !time.Now().Before(early.At) {
		m.t.Fatalf("refused as too early after its time")
	}
	if err != nil {
		return
	}
	if r.State != m.state && (r.State != Stopped || m.state != Available) {
		m.t.Fatalf("I18: %s answers %s, the indicator shows %s", k, r.State, m.state)
	}
	if closing && r.State == Running {
		m.t.Fatalf("%s left it running", k)
	}
}

// say is an answer; change alters what is sent.
func (m *model) say(p *talker, act consent.Kind, scopes consent.Scope, change func(*Answer)) error {
	n, err := m.s.Notice(context.Background(), m.w, m.rec.ID)
	if err != nil {
		return err
	}
	h, _ := n.Hash(webinar.English)
	now := float64(time.Now().UnixMicro()) / 1000
	a := Answer{Act: act, Scopes: scopes, Hash: h, Lang: webinar.English, ClickMS: now, EpochMS: now, RTTMS: 60}
	if change != nil {
		change(&a)
	}
	p.sign = time.Now()
	st, err := m.s.Answer(context.Background(), m.w, m.rec.ID, p.seat, a)
	if err == nil && st.Receipt == nil {
		m.t.Fatalf("I26: %s without a receipt", act)
	}
	return err
}

func (m *model) show(p *talker) {
	if m.say(p, consent.Shown, 0, nil) == nil {
		m.shown[grantKey{rec: m.rec.ID, who: p.seat.Subject}] = true
		if m.bug.silence {
			_ = m.say(p, consent.Grant, 0, nil)
		}
	}
}

func (m *model) grant(p *talker, scopes consent.Scope, down bool) {
	who, now := p.seat.Subject, time.Now()
	send := scopes
	if m.bug.scopes != nil {
		send = m.bug.scopes(scopes)
	}
	if down && !m.bug.faultOpen {
		m.ledgerDown(true)
	}
	err := m.say(p, consent.Grant, send, nil)
	m.ledgerDown(false)
	if down && err == nil && !m.bug.faultOpen && !m.span(m.rec.ID, who, consent.Audio).open() && !m.span(m.rec.ID, who, consent.Video).open() &&
		!m.span(m.rec.ID, who, consent.Screen).open() {
		m.t.Fatal("I6: granted without a ledger")
	}
	if err != nil || down {
		if err != nil && errors.Is(err, consent.ErrLedger) {
			for _, s := range []consent.Scope{consent.Audio, consent.Video, consent.Screen} { // what was taken away is away
				if !scopes.Has(s) {
					m.span(m.rec.ID, who, s).end(now)
				}
			}
			m.keepOnly(grantKey{rec: m.rec.ID, who: who}, scopes)
		}
		m.judgeOffence()
		return
	}
	k := grantKey{rec: m.rec.ID, who: who}
	if m.have[k] != scopes { // else it says nothing new
		if !m.shown[k] {
			m.t.Fatal("I15: granted without a notice shown")
		}
		delete(m.shown, k)
		m.have[k] = scopes
	}
	for _, s := range []consent.Scope{consent.Audio, consent.Video, consent.Screen} {
		if scopes.Has(s) {
			m.span(m.rec.ID, who, s).begin(now)
		} else {
			m.span(m.rec.ID, who, s).end(now)
		}
	}
	if m.bug.byName {
		for _, q := range m.people {
			if q != p && q.seat.Name == p.seat.Name {
				_ = m.say(q, consent.Shown, 0, nil)
				_ = m.say(q, consent.Grant, scopes, nil)
			}
		}
	}
	m.judgeOffence()
}

// keepOnly narrows what somebody has agreed to; a name without media is nothing.
func (m *model) keepOnly(k grantKey, scopes consent.Scope) {
	if m.have[k] &= scopes; m.have[k]&consent.Media == 0 {
		m.have[k] = 0
	}
}

func (m *model) no(p *talker, act consent.Kind, scopes consent.Scope, down bool) {
	who, now, id := p.seat.Subject, time.Now(), m.rec.ID
	said := scopes
	apply := func() {
		if down {
			m.ledgerDown(true)
		}
		err := m.say(p, act, said, nil)
		m.ledgerDown(false)
		if down && !errors.Is(err, consent.ErrLedger) && !errors.Is(err, ErrNotFound) && err != nil {
			m.t.Fatalf("I6: the person is told %v", err)
		}
	}
	if _, err := m.s.Notice(context.Background(), m.w, id); err != nil {
		return
	}
	if m.bug.lazyNo {
		m.later = append(m.later, apply)
	} else {
		apply()
	}
	delete(m.shown, grantKey{rec: id, who: who})
	if scopes == 0 || act == consent.Refuse {
		scopes = consent.All
	}
	m.keepOnly(grantKey{rec: id, who: who}, consent.All&^scopes)
	for _, s := range []consent.Scope{consent.Audio, consent.Video, consent.Screen} {
		if scopes.Has(s) {
			m.span(id, who, s).end(now)
		}
	}
	m.judgeOffence()
}

func (m *model) toggle(p *talker, k media.Kind, muted bool) {
	if p.src[k] != nil {
		m.s.SourceClosed(string(m.w), p.src[k])
		delete(p.src, k)
		m.judgeOffence()
		return
	}
	m.session++
	p.mute[k] = muted
	p.sign = time.Now()
	if m.bug.mutedLate {
		p.src[k] = m.open(p.seat, fmt.Sprint(groupOf(k), m.session), k, true)
		m.later = append(m.later, func() {
			if s := p.src[k]; s != nil {
				m.s.SourceMuted(string(m.w), s, muted)
			}
		})
	} else {
		p.src[k] = m.open(p.seat, fmt.Sprint(groupOf(k), m.session), k, muted)
	}
	m.judgeOffence()
}

// crash forgets the service and everything in flight; the SFU restarts with it.
func (m *model) crash() {
	m.catch()
	m.die()
	if m.state == Running || m.state == Paused {
		if s := m.run[m.rec.ID]; s != nil {
			s.end(time.Now())
		}
		m.state, m.rec.State, m.rec.Reason = Paused, Paused, ByRestart
	}
	m.flying, m.later = nil, nil
	for _, p := range m.people {
		p.src = map[media.Kind]*source{}
	}
	if m.bug.forgets {
		m.notes = &sheet{}
	}
	m.boot()
	m.judgeOffence()
	for _, rec := range m.past {
		for _, p := range m.people {
			st, err := m.s.MyConsent(context.Background(), m.w, rec, p.seat)
			if cur, ok := m.s.Current(m.w); ok && rec == cur.ID {
				m.told[p.seat.ID] = StandingChanged{Standing: st, Secret: m.s.secret(m.w, p.seat.Subject, st)} // the pages come back, and begin with a snapshot
			}
			if k := (grantKey{rec: rec, who: p.seat.Subject}); err != nil || st.Scopes&^m.have[k] != 0 {
				m.t.Fatalf("I13: %s had %s, has %s after a restart (%v)", k.who, m.have[k], st.Scopes, err)
			}
		}
	}
	if cur, ok := m.s.Current(m.w); ok && (cur.State == Running || cur.State != m.state) {
		m.t.Fatalf("restart: %s, was %s", cur.State, m.state)
	}
}

// lively is I28: who agreed, is live and present, is recorded while nothing stands in the way.
func (m *model) lively() {
	before := map[string]int{}
	for _, l := range m.paper.after(0) {
		before[l.track.ID]++
	}
	wasStrict, id := m.strict, m.rec.ID
	for _, p := range m.people {
		p.gone = false
	}
	m.step(6*time.Second, true)
	if m.state != Running || m.rec.ID != id {
		if m.state == Paused && m.rec.Reason == ByStrict && wasStrict && !m.offend.open() {
			m.t.Fatal("I28: the strict rule is satisfied and nothing goes on")
		}
		return
	}
	m.step(6*time.Second, true)
	if m.state != Running {
		return
	}
	after := map[string]int{}
	for _, l := range m.paper.after(0) {
		after[l.track.ID]++
	}
	for _, p := range m.people {
		for k, s := range p.src {
			if !p.mute[k] && m.span(id, p.seat.Subject, scopeOf(k)).open() && after[s.track.ID] <= before[s.track.ID] {
				m.t.Fatalf("I28: %s of %s agreed, is live, and is not recorded", k, p.seat.Subject)
			}
		}
	}
	m.lasting()
}

// lasting is I28, too: nothing that is being written is marked to be thrown away.
func (m *model) lasting() {
	r := m.s.room(m.w)
	r.mu.Lock()
	ids := []string{""}
	for t := range r.takes {
		ids = append(ids, t.id)
	}
	r.mu.Unlock()
	rows, err := m.s.rows.segments(context.Background(), `id IN ? AND doomed = 1`, ids)
	if err != nil || len(rows) > 0 {
		m.t.Fatalf("I28: what is written of %+v will not be kept (%v)", rows, err)
	}
}

// finish checks what must be true at the end: the ledger is whole and says what memory says, nothing withdrawn is kept.
func (m *model) finish(db *gorm.DB) {
	ctx := context.Background()
	m.ledgerDown(false)
	m.pass(11 * time.Second)
	var out bytes.Buffer
	if err := m.s.Ledger(ctx, m.w, &out); err != nil {
		m.t.Fatal(err)
	}
	if _, err := consent.Verify(&out, ""); err != nil {
		m.t.Fatalf("I14: %v", err)
	}
	book, err := consent.NewBook(ctx, consent.NewLedger(db, testKey()), m.s.owed, m.w)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, rec := range m.past {
		for _, p := range m.people {
			mem, err := m.s.MyConsent(ctx, m.w, rec, p.seat)
			again, err2 := book.Standing(rec, p.seat.Subject)
			if err != nil || err2 != nil || mem.State != again.State || mem.Scopes != again.Scopes {
				m.t.Fatalf("I13: memory %s %s, ledger %s %s", mem.State, mem.Scopes, again.State, again.Scopes)
			}
		}
	}
	m.s.shutdown(ctx)
	m.check()
	for _, q := range []string{`DELETE FROM derivatives`, `DELETE FROM segments`, `DELETE FROM recordings`,
		`DROP TRIGGER IF EXISTS consent_chain_no_delete`, `DELETE FROM consent_chain`, `DELETE FROM consent_payloads`} { // the next story shall not find this one
		if err := db.Exec(q).Error; err != nil {
			m.t.Fatal(err)
		}
	}
}
