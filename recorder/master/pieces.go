package master

import "slices"

// pieces are the bytes of a sample, one behind the other, where its packets left them: nothing is copied before the cluster.
type pieces struct {
	data  [][]byte
	slabs []*slab // where they are
	size  int     // bytes
}

// add appends what a packet carries and b, where it lies; nil: in no slab.
func (p *pieces) add(data []byte, b *slab) {
	if len(data) > 0 {
		p.data, p.size = append(p.data, data), p.size+len(data)
	}
	if b != nil {
		p.slabs = append(p.slabs, b)
	}
}

// join appends to the last piece, which must be nobody else's.
func (p *pieces) join(data []byte) {
	if len(p.data) == 0 {
		p.data = append(p.data, nil)
	}
	last := &p.data[len(p.data)-1]
	*last, p.size = append(*last, data...), p.size+len(data)
}

// head is the first piece, which has what tells of a whole sample.
func (p *pieces) head() []byte {
	if len(p.data) == 0 {
		return nil
	}
	return p.data[0]
}

// free says that the bytes are needed no more.
func (p *pieces) free() {
	for _, b := range p.slabs {
		b.free()
	}
	clear(p.data)
	clear(p.slabs)
	*p = pieces{data: p.data[:0], slabs: p.slabs[:0]}
}

const maxSpare = 128 // samples; some three seconds of sound and pictures

// spare keeps the lists of samples that have been written for those to come: the collector would have more to do.
type spare struct{ lists []pieces }

// take returns pieces without any in them.
func (s *spare) take() pieces {
	if s == nil || len(s.lists) == 0 {
		return pieces{}
	}
	last := len(s.lists) - 1
	out := s.lists[last]
	s.lists = slices.Delete(s.lists, last, last+1)
	return out
}

// give frees the pieces of a sample that nobody holds any more and takes their lists.
func (s *spare) give(p pieces) {
	if p.free(); s != nil && cap(p.data) > 0 && len(s.lists) < maxSpare {
		s.lists = append(s.lists, p)
	}
}
