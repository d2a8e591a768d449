package sfu

import (
	"maps"
	"slices"

	"time"
)

// room is one webinar. It is guarded by the engine's lock, but for the notifier.
type room struct {
	name    string
	live    bool
	pubs    map[string]*publication
	viewers map[string]*viewer
	sources []*source         // in order of opening
	charts  map[string]*chart // "" the audience, else a person on stage
	speaker *source
	spokeAt time.Time
	health  Health

	dirty chan struct{} // capacity 1
	gone  chan struct{} // closed when the room is removed
}

// room finds or makes a room. Under the lock.
func (e *Engine) room(name string) *room {
	r := e.rooms[name]
	if r == nil {
		c := newChart(audienceAudio, audienceVideo)
		r = &room{
			name: name, pubs: map[string]*publication{}, viewers: map[string]*viewer{}, charts: map[string]*chart{"": &c},
			dirty: make(chan struct{}, 1), gone: make(chan struct{}),
		}
		e.rooms[name] = r
		e.wg.Go(func() { e.notify(r) })
	}
	return r
}

// changed works out the slots anew, tells the shards and wakes the notifier; it removes an empty room. Under the lock.
func (e *Engine) changed(r *room) {
	r.keepCharts()
	all := r.seats("")
	if !r.live {
		all = nil
	}
	now := time.Now()
	*r.charts[""] = arrange(*r.charts[""], all, now)
	for owner, c := range r.charts {
		if owner != "" {
			*c = arrange(*c, r.seats(owner), now)
		}
	}
	for _, v := range r.viewers {
		r.turn(v)
	}
	r.touch()
	if !r.live && len(r.pubs)+len(r.viewers)+len(r.sources) == 0 && e.rooms[r.name] == r {
		delete(e.rooms, r.name)
		close(r.gone)
	}
}

// touch wakes the notifier.
func (r *room) touch() {
	select {
	case r.dirty <- struct{}{}:
	default:
	}
}

// keepCharts makes a chart for each person on stage and drops those of who has left.
func (r *room) keepCharts() {
	stage := map[string]bool{"": true}
	for _, p := range r.pubs {
		stage[p.owner] = true
	}
	for _, v := range r.viewers {
		if v.onStage {
			stage[v.owner] = true
		}
	}
	maps.DeleteFunc(r.charts, func(owner string, _ *chart) bool { return !stage[owner] })
	for owner := range stage {
		if r.charts[owner] == nil {
			c := newChart(stageAudio, stageVideo)
			r.charts[owner] = &c
		}
	}
}

// seats lists the sources as owner sees them: without the own ones.
func (r *room) seats(owner string) []seat {
	var out []seat
	for _, s := range r.sources {
		if owner == "" || s.track.Owner != owner {
			out = append(out, seat{id: s.id, owner: s.track.Owner, kind: s.track.Kind, muted: s.shownMuted, spoke: s.spokeAt, blind: s.level == 0})
		}
	}
	return out
}

// heard reports whether s has an audio slot in every map that it may be in.
func (r *room) heard(s *source) bool {
	for owner, c := range r.charts {
		if owner != s.track.Owner && (owner != "" || r.live) && !slices.Contains(c.audio, s.id) {
			return false
		}
	}
	return true
}

// turn tells v's shard about each slot whose source has changed.
func (r *room) turn(v *viewer) {
	who := ""
	if v.onStage {
		who = v.owner
	}
	c := r.charts[who]
	if v.mainOnly() {
		c = r.mainChart(c, who, len(v.audio))
	}
	set := func(slots []*slot, ids []uint64) {
		for i, s := range slots {
			var src *source
			if i < len(ids) {
				src = r.source(ids[i])
			}
			if s.want != src {
				s.want = src
				v.shard.post(func(sh *shard) { sh.turn(s, src) })
			}
		}
	}
	set(v.audio, c.audio)
	set(v.video, c.video)
}

// mainChart is the main view; with several audio slots these stay as in the map.
func (r *room) mainChart(c *chart, who string, audioSlots int) *chart {
	if who == "" && !r.live {
		return &chart{}
	}
	var speaker uint64
	if r.speaker != nil {
		speaker = r.speaker.id
	}
	audio, video := mainView(r.seats(who), speaker)
	if audioSlots > 1 {
		return &chart{audio: c.audio, video: []uint64{video}}
	}
	return &chart{audio: []uint64{audio}, video: []uint64{video}}
}

func (r *room) source(id uint64) *source {
	if i := slices.IndexFunc(r.sources, func(s *source) bool { return s.id == id }); id != 0 && i >= 0 {
		return r.sources[i]
	}
	return nil
}

// slots lists who's map; owner "" is the audience.
func (r *room) slots(owner string) []Slot {
	out := []Slot{}
	c := r.charts[owner]
	if c == nil {
		fresh := arrange(newChart(stageAudio, stageVideo), r.seats(owner), time.Now())
		c = &fresh
	}
	add := func(video bool, ids []uint64) {
		for i, id := range ids {
			if s := r.source(id); s != nil {
				out = append(out, Slot{Video: video, Index: i, Owner: s.track.Owner, Kind: s.track.Kind})
			}
		}
	}
	add(false, c.audio)
	add(true, c.video)
	return out
}

func (r *room) states() []SourceState {
	out := make([]SourceState, 0, len(r.sources))
	for _, s := range r.sources {
		out = append(out, SourceState{Owner: s.track.Owner, Kind: s.track.Kind, Muted: s.shownMuted})
	}
	return out
}

// wanted lists the layers that publishers are to send, where there are several.
func (r *room) wanted() map[*source][]string {
	out := map[*source][]string{}
	for _, s := range r.sources {
		if s.shownRids != nil {
			out[s] = s.shownRids
		}
	}
	return out
}

func (r *room) sessionsOf(want func(*session) bool) []*session {
	var out []*session
	for _, p := range r.pubs {
		if want(p.session) {
			out = append(out, p.session)
		}
	}
	for _, v := range r.viewers {
		if want(v.session) {
			out = append(out, v.session)
		}
	}
	return out
}

// notify tells the screens what changed, until the room is removed.
func (e *Engine) notify(r *room) {
	shown := map[string][]Slot{}
	rids := map[*source][]string{}
	var stage []SourceState
	tell := func() {
		e.mu.Lock()
		states := r.states()
		wanted := r.wanted()
		slots := map[string][]Slot{}
		for owner := range r.charts {
			slots[owner] = r.slots(owner)
		}
		e.mu.Unlock()
		for owner, now := range slots {
			if was, known := shown[owner]; !slices.Equal(was, now) || !known && owner != "" {
				e.screens.SlotsChanged(r.name, owner, now)
			}
		}
		shown = slots
		if !slices.Equal(stage, states) {
			e.screens.StageChanged(r.name, states)
		}
		stage = states
		for s, now := range wanted {
			if !slices.Equal(rids[s], now) {
				e.screens.LayersChanged(r.name, s.track.Owner, Layers{Kind: s.track.Kind, Rids: now})
			}
		}
		rids = wanted
	}
	var news bulletin
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-r.dirty:
			tell()
		case <-tick.C:
		case <-r.gone:
			tell()
			news.end(e, r)
			return
		}
		news.tell(e, r, time.Now())
	}
}
