package consent

import (
	"slices"

	"plenum/webinar"
)

// apply changes the state as an entry of the ledger says. It trusts the entry: what may be written is judged before.
func (b *Book) apply(e Entry, ev Event) {
	if e.Kind == Announce {
		r := &record{phase: Announce, at: ev.At, run: &epoch{}, people: map[webinar.SubjectID]*person{}, keys: map[keyID]uint64{}}
		if ev.Text != nil {
			r.notice = *ev.Text
		}
		b.recs[e.Recording] = r
	}
	r := b.recs[e.Recording]
	if r == nil {
		return
	}
	if ev.Key != "" {
		who := ev.Subject
		if who == "" {
			who = ev.Actor
		}
		r.keys[keyID{who: who, kind: e.Kind, key: ev.Key}] = e.Seq
	}
	switch e.Kind {
	case Start, Resume, Pause, Stop, Abort, Erase:
		r.phase, r.at, r.why = e.Kind, ev.At, ev.Reason
		if e.Kind.closes() {
			r.halt()
		}
	case Expire:
		for _, p := range r.people {
			p.expire()
		}
	case Shown, Grant, Refuse, Withdraw:
		p := r.person(ev.Subject)
		p.answer(e.Kind, ev)
		if e.Kind != Shown || p.last.Seq == 0 { // who only reads the text again keeps the receipt of their answer
			p.last, p.lastEv = e, ev
		}
	case Announce, CopyDeleted, Exported: // above; changes no consent
	}
}

func (r *record) person(s webinar.SubjectID) *person {
	p := r.people[s]
	if p == nil {
		p = &person{state: None}
		for i := range p.grant {
			p.grant[i] = &epoch{}
		}
		r.people[s] = p
	}
	return p
}

func (p *person) answer(k Kind, ev Event) {
	switch k {
	case Shown:
		p.fresh = ev.Notice
		if p.state == None { // a no is one until there is another answer
			p.state = WasShown
		}
	case Grant:
		p.fresh = ""
		p.drop(p.scopes &^ ev.Scopes)
		p.state, p.scopes, p.publish = Granted, ev.Scopes, ev.Publish
	case Refuse:
		p.close(Refused, All)
		p.settled(no{kind: k, key: ev.Key, scopes: ev.Scopes})
	case Withdraw:
		p.close(Withdrawn, ev.Scopes)
		p.settled(no{kind: k, key: ev.Key, scopes: ev.Scopes})
	default: // not a person's
	}
	p.insist()
}

// insist holds to the noes that are in force and follow in the ledger.
func (p *person) insist() {
	for _, q := range p.pending {
		p.close(q.kind.to(), q.scopes)
	}
}

// settled forgets one pending no that the ledger has now.
func (p *person) settled(n no) {
	i := slices.IndexFunc(p.pending, func(q no) bool {
		return q.kind == n.kind && q.key == n.key && (n.key != "" || q.scopes == n.scopes)
	})
	if i >= 0 {
		p.pending = slices.Delete(p.pending, i, i+1)
	}
}

// promised returns what the pending no under a key takes away, 0 without one.
func (p *person) promised(k Kind, key string) Scope {
	for _, q := range p.pending {
		if key != "" && q.kind == k && q.key == key {
			return q.scopes
		}
	}
	return 0
}

// close takes scopes away. What is left of a grant without media is none. Another yes needs the notice again.
func (p *person) close(to State, scopes Scope) {
	p.drop(scopes)
	p.fresh = ""
	if p.scopes&Media == 0 {
		p.drop(All)
		p.state, p.publish = to, false
	}
}

// expire ends a grant, and makes what was shown old. A no stays a no.
func (p *person) expire() {
	p.fresh = ""
	if p.state == Granted || p.state == WasShown {
		p.close(None, All)
	}
}

// drop voids every permit under the scopes.
func (p *person) drop(scopes Scope) {
	p.scopes &^= scopes
	for i := range p.grant {
		if scopes&(1<<i) != 0 {
			p.grant[i].end()
		}
	}
}
