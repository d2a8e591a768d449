package sfu

import "time"

// rate is what one source may send in a second.
type rate struct{ packets, bytes int }

// defaultRate is far above what browsers do.
func defaultRate(video bool) rate {
	if video {
		return rate{6000, 25e6 / 8}
	}
	return rate{500, 2e6 / 8}
}

// limiter caps what one source sends in a second.
type limiter struct {
	second  int64
	packets int
	bytes   int
}

func (l *limiter) allow(at time.Time, size int, most rate) bool {
	if sec := at.Unix(); sec != l.second {
		*l = limiter{second: sec}
	}
	l.packets++
	l.bytes += size
	return l.packets <= most.packets && l.bytes <= most.bytes
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
