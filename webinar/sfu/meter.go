package sfu

import "time"

// limiter caps what one source may send in a second, far above what browsers do.
type limiter struct {
	second  int64
	packets int
	bytes   int
}

func (l *limiter) allow(at time.Time, size int, video bool) bool {
	if sec := at.Unix(); sec != l.second {
		*l = limiter{second: sec}
	}
	l.packets++
	l.bytes += size
	if video {
		return l.packets <= 6000 && l.bytes <= 25e6/8
	}
	return l.packets <= 500 && l.bytes <= 2e6/8
}

// speech tells talking from coughing by the audio level that the sender measured (RFC 6464).
type speech struct {
	since time.Time // first loud packet of the run
	last  time.Time // newest loud packet
	told  time.Time // when hears last said so
}

const (
	loud       = 45                     // −dBov; speech is at 15 to 40, a quiet room above 60
	speechGap  = 500 * time.Millisecond // pauses inside a sentence
	speechTime = 300 * time.Millisecond
	speechTold = 200 * time.Millisecond // between two answers
)

// hears takes the extension of a packet and reports, now and then, that somebody is talking.
func (s *speech) hears(ext []byte, at time.Time) bool {
	if len(ext) == 0 || ext[0]&0x7f > loud {
		return false
	}
	if at.Sub(s.last) > speechGap {
		s.since = at
	}
	s.last = at
	if at.Sub(s.since) < speechTime || at.Sub(s.told) < speechTold {
		return false
	}
	s.told = at
	return true
}
