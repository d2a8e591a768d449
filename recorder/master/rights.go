package master

import (
	"slices"

	"plenum/recorder/consent"
)

// rights are the permits under which the parts of one thing came; all must hold.
type rights struct {
	first consent.Permit
	more  []consent.Permit
	some  bool
}

func (r *rights) add(p consent.Permit) {
	switch {
	case !r.some:
		r.first, r.some = p, true
	case r.first != p && !slices.Contains(r.more, p):
		r.more = append(r.more, p)
	}
}

func (r *rights) addAll(o rights) {
	if o.some {
		r.add(o.first)
	}
	for _, p := range o.more {
		r.add(p)
	}
}

// hold is false for no permit at all.
func (r *rights) hold() bool {
	if !r.some || !r.first.Holds() {
		return false
	}
	for _, p := range r.more {
		if !p.Holds() {
			return false
		}
	}
	return true
}
