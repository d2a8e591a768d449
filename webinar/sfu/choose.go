package sfu

import (
	"cmp"
	"slices"
	"time"

	"plenum/webinar/media"
)

// This file is which layer of each source a viewer is sent.

// want is one picture that a viewer is to see: the price of each quality in bit/s, cheapest first.
type want struct {
	prices []int64
	most   int // the best quality that makes sense
	now    int // what is sent, -1: nothing
}

// allot spends the budget: first the cheapest quality of each picture, in the order given, then better ones in the
// same order. What is sent already may stay at its price; what is new needs a fifth more, so that nothing swings.
// Poor says that pictures may be left out; otherwise each gets its cheapest quality whatever it costs.
func allot(budget int64, wants []want, poor bool) []int {
	out := make([]int, len(wants))
	for i, w := range wants {
		out[i] = -1
		price := w.prices[0]
		if poor && budget < priced(price, w.now >= 0) {
			continue
		}
		out[i] = 0
		budget -= price
	}
	for i, w := range wants {
		for out[i] >= 0 && out[i] < w.most {
			more := w.prices[out[i]+1] - w.prices[out[i]]
			if budget < priced(more, out[i]+1 <= w.now) {
				break
			}
			out[i]++
			budget -= more
		}
	}
	return out
}

func priced(price int64, held bool) int64 {
	if held {
		return price
	}
	return price * 6 / 5
}

// soundPrice is what the budget keeps back for each voice, in bit/s.
const soundPrice = 48_000

// choose gives v's slots their layers.
func (sh *shard) choose(v *viewer, now time.Time) {
	if !v.ready.Load() {
		return
	}
	slots := v.pictures()
	budget := v.downlink.limit()
	for _, s := range v.audio {
		if s.feed != nil {
			budget -= soundPrice
		}
	}
	wants := make([]want, len(slots))
	ladders := make([]ladder, len(slots))
	for i, s := range slots {
		ladders[i] = s.src.ladder().usable(now)
		wants[i] = s.wish(ladders[i], len(slots) > 1)
	}
	poor := v.downlink.strained && (v.poor.Load() || v.downlink.exhausted())
	places := allot(budget, wants, poor)
	v.poor.Store(slices.Contains(places, -1))
	for i, place := range places {
		var l *layer
		if place >= 0 {
			l = ladders[i][place]
		}
		sh.aim(slots[i], l, now)
	}
}

// pictures lists the slots that carry a picture, what matters most first.
func (v *viewer) pictures() []*slot {
	var out []*slot
	for _, s := range v.video {
		if s.src != nil && len(s.src.ladder()) > 0 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *slot) int { return cmp.Compare(precedence(a), precedence(b)) })
	return out
}

func precedence(s *slot) int {
	if s.src.track.Kind == media.Screen {
		return 0
	}
	return 1
}

// wish describes what s may carry. One of several faces is shown small: the best quality would be wasted on it.
func (s *slot) wish(l ladder, several bool) want {
	w := want{prices: make([]int64, len(l)), most: len(l) - 1, now: -1}
	for i, x := range l {
		w.prices[i] = cmp.Or(x.rate.Load(), guess(i))
		if i > 0 { // an order that is being found out may be wrong for a moment
			w.prices[i] = max(w.prices[i], w.prices[i-1])
		}
		if s.feed != nil && s.feed.layer == x {
			w.now = i
		}
	}
	if several && s.src.track.Kind == media.Camera && len(l) > 2 {
		w.most = len(l) - 2
	}
	return w
}

// wakeTime is what a layer that was asleep has to send its first packet: a browser must find out anew what its line
// carries. Meanwhile the layer goes on that is sent already.
const wakeTime = 6 * time.Second

// usable is the layers that come, or would come if somebody watched them; all if there are none.
func (l ladder) usable(now time.Time) ladder {
	out := make(ladder, 0, len(l))
	for _, x := range l {
		if x.alive.Load() || x.asleep.Load() || now.Sub(time.UnixMilli(x.woken.Load())) < wakeTime {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		return l
	}
	return out
}

// tune looks at what v has reported since the last time and chooses anew.
func (sh *shard) tune(v *viewer, now time.Time) {
	r := reception{rtt: time.Duration(v.heard.rtt.Load()), estimate: v.heard.estimateNow(now)}
	fresh := false
	for _, s := range v.slots {
		if s.feed == nil {
			continue
		}
		r.sent += cmp.Or(s.feed.layer.rate.Load(), soundPrice)
		r.want += s.dearest(now)
		if at := s.heard.at.Load(); at > v.tuned {
			fresh = true
			r.loss = max(r.loss, float64(s.heard.loss.Load())/256)
		}
	}
	v.tuned = now.UnixMilli()
	if fresh {
		v.downlink.hear(now, r)
	}
	if v.poor.Load() || v.downlink.strained || v.chooses() {
		sh.choose(v, now)
	}
}

// dearest is what the best of s's source would need, in bit/s.
func (s *slot) dearest(now time.Time) int64 {
	if !s.video {
		return soundPrice
	}
	w := s.wish(s.src.ladder().usable(now), len(s.viewer.pictures()) > 1)
	return priced(w.prices[w.most], false)
}

// chooses reports whether there is anything to choose from.
func (v *viewer) chooses() bool {
	return slices.ContainsFunc(v.video, func(s *slot) bool { return s.src != nil && len(s.src.ladder()) > 1 })
}

// reconsider is for when the layers of src have changed.
func (sh *shard) reconsider(src *source) {
	now := time.Now()
	for _, v := range sh.viewers {
		for _, s := range v.slots {
			if s.src != src || !v.ready.Load() {
				continue
			}
			if !s.video {
				sh.start(s)
				continue
			}
			sh.choose(v, now)
			break
		}
	}
}
