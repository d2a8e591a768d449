package sfu

import "time"

// This file is who comes and goes; all of it is bookkeeping under the engine's lock.

// speakerHold is how long a speaker keeps the single audio slot of the main view after the last word.
const speakerHold = 1500 * time.Millisecond

// stageFree refuses a new person when the stage is full, before anything is negotiated.
func (e *Engine) stageFree(name, owner string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mayPublish(e.rooms[name], owner)
}

func (e *Engine) mayPublish(r *room, owner string) error {
	if e.closed {
		return ErrClosed
	}
	if e.sessions >= maxSessions {
		return ErrBusy
	}
	if r == nil {
		return nil
	}
	if owners := r.publishers(); !owners[owner] && len(owners) >= e.cfg.MaxStage {
		return ErrStageFull
	}
	return nil
}

func (r *room) publishers() map[string]bool {
	owners := map[string]bool{}
	for _, p := range r.pubs {
		owners[p.owner] = true
	}
	return owners
}

// addPublication enters p and ends the one that it replaces.
func (e *Engine) addPublication(p *publication) error {
	e.mu.Lock()
	err := e.mayPublish(e.rooms[p.room], p.owner)
	if p.ended.Load() {
		err = ErrNoSession // its connection broke while it was negotiated
	}
	if err != nil {
		e.mu.Unlock()
		return err
	}
	r := e.room(p.room)
	var old *publication
	for _, x := range r.pubs {
		if x.owner == p.owner && x.screen == p.screen && !x.replaced {
			old = x
			x.replaced = true
		}
	}
	r.pubs[p.id] = p
	e.sessions++
	e.changed(r)
	e.mu.Unlock()
	if old != nil {
		old.end()
	}
	return nil
}

func (e *Engine) removePublication(p *publication) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[p.room]; r != nil && r.pubs[p.id] == p {
		delete(r.pubs, p.id)
		e.sessions--
		e.changed(r)
	}
}

func (e *Engine) publication(room, id, owner string) (*publication, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[room]; r != nil {
		if p := r.pubs[id]; p != nil && p.owner == owner {
			return p, nil
		}
	}
	return nil, ErrNoSession
}

// seatFree refuses a viewer when there are too many.
func (e *Engine) seatFree(name, owner string) error {
	if e.overloaded() {
		return ErrOverload
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mayWatch(e.rooms[name], owner)
}

func (e *Engine) mayWatch(r *room, owner string) error {
	if e.closed {
		return ErrClosed
	}
	n := 0
	if r != nil && owner != "" {
		for _, v := range r.viewers {
			if v.owner == owner {
				n++
			}
		}
	}
	if e.sessions >= maxSessions || n >= maxOwnerSessions {
		return ErrBusy
	}
	return nil
}

func (e *Engine) addViewer(v *viewer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.mayWatch(e.rooms[v.room], v.owner); err != nil {
		return err
	}
	if v.ended.Load() {
		return ErrNoSession
	}
	r := e.room(v.room)
	r.viewers[v.id] = v
	e.sessions++
	v.shard.post(func(sh *shard) { sh.viewers = append(sh.viewers, v) })
	e.changed(r)
	return nil
}

func (e *Engine) removeViewer(v *viewer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.rooms[v.room]
	if r == nil || r.viewers[v.id] != v {
		return
	}
	delete(r.viewers, v.id)
	e.sessions--
	v.shard.post(func(sh *shard) { sh.remove(v) })
	v.shard.load.Add(-1)
	e.changed(r)
}

func (e *Engine) viewer(room, id, owner string) (*viewer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[room]; r != nil {
		if v := r.viewers[id]; v != nil && v.owner == owner {
			return v, nil
		}
	}
	return nil, ErrNoSession
}

// sourceOpened gives s its slots.
func (e *Engine) sourceOpened(s *source, muted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.room(s.pub.room)
	e.sourceID++
	s.id, s.shownMuted = e.sourceID, muted
	r.sources = append(r.sources, s)
	e.changed(r)
}

func (e *Engine) sourceMuted(s *source, muted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.shownMuted = muted
	if r := e.rooms[s.pub.room]; r != nil {
		e.changed(r)
	}
}

// layersWanted has the publisher of s told.
func (e *Engine) layersWanted(s *source, rids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.shownRids = rids
	if r := e.rooms[s.pub.room]; r != nil {
		r.touch()
	}
}

func (e *Engine) sourceClosed(s *source) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.rooms[s.pub.room]
	if r == nil {
		return
	}
	for i, x := range r.sources {
		if x == s {
			r.sources = append(r.sources[:i:i], r.sources[i+1:]...)
			break
		}
	}
	if r.speaker == s {
		r.speaker = nil
	}
	e.changed(r)
}

// spoke makes s the speaker, unless another is in the middle of a sentence, and finds an audio slot for it.
func (e *Engine) spoke(s *source) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.rooms[s.pub.room]
	if r == nil {
		return
	}
	if now.Sub(s.spokeAt) > speakingHold {
		select {
		case r.dirty <- struct{}{}: // somebody begins to speak
		default:
		}
	}
	s.spokeAt = now
	other := false
	if r.speaker == s || r.speaker == nil || now.Sub(r.spokeAt) > speakerHold {
		other = r.speaker != s
		r.speaker, r.spokeAt = s, now
	}
	if other || !r.heard(s) {
		e.changed(r)
	}
}
