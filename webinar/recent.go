package webinar

import "sync"

// recent keeps rows that were read a moment ago, at most so many, until any row of their table is changed. While a change
// is under way nothing is kept and everybody asks the database, so that an answer is never older than one from there.
// New rows are no change: what is not there is not remembered.
type recent[K comparable, V any] struct {
	limit int

	mu       sync.RWMutex
	rows     map[K]V
	changing int    // changes under way
	changes  uint64 // beginnings and ends of changes so far
}

func newRecent[K comparable, V any](limit int) *recent[K, V] {
	return &recent[K, V]{limit: limit, rows: make(map[K]V)}
}

// read returns a row that is known, or else loads it.
func (r *recent[K, V]) read(key K, load func() (V, error)) (V, error) {
	r.mu.RLock()
	row, known := r.rows[key]
	changes := r.changes
	r.mu.RUnlock()
	if known {
		return row, nil
	}
	row, err := load()
	if err != nil {
		return row, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changing == 0 && r.changes == changes { // else it may be from before
		if len(r.rows) >= r.limit {
			clear(r.rows)
		}
		r.rows[key] = row
	}
	return row, nil
}

// change forgets everything and runs do, which changes rows.
func (r *recent[K, V]) change(do func() error) error {
	r.mu.Lock()
	r.changing++
	r.changes++
	clear(r.rows)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.changing--
		r.changes++ // for who read in it and is not back yet
		r.mu.Unlock()
	}()
	return do()
}
