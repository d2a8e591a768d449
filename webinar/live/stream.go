package live

import "sync/atomic"

// Message is one event as it goes over the wire. Data is shared by all listeners and must not be changed.
type Message struct {
	ID   string // to resume after it; empty for a coalesced event
	Name string
	Data []byte
}

// Stream is what one listener hears. One goroutine reads C until it is closed, then asks Err.
type Stream struct {
	room     *room
	listener Listener
	since    string
	queue    chan Message // written and closed under the room's lock only
	done     chan struct{}
	err      atomic.Pointer[error]
	index    int         // place in the room's list, -1 when not in it
	unwatch  func() bool // forgets the context
}

func newStream(r *room, l Listener, replay int) *Stream {
	return &Stream{room: r, listener: l, queue: make(chan Message, queueSize+replay), done: make(chan struct{}), index: -1}
}

// C delivers the messages in order. It is closed when the stream has ended; what was queued before can still be read,
// so that one who lags gets further with each try.
func (s *Stream) C() <-chan Message { return s.queue }

// Done is closed when the stream has ended.
func (s *Stream) Done() <-chan struct{} { return s.done }

// Err says why the stream ended: ErrLagged, ErrEnded, ErrClosed, the cause of its context, or nil while it is open
// and after its own Close.
func (s *Stream) Err() error {
	if p := s.err.Load(); p != nil {
		return *p
	}
	return nil
}

// Since is the id that a snapshot taken after Subscribe may carry: resuming after it misses nothing.
func (s *Stream) Since() string { return s.since }

// Close ends the stream. Closing twice does no harm.
func (s *Stream) Close() {
	if s.room != nil {
		s.room.end(s, nil)
	}
}

// finish closes the channels; the caller holds the room's lock and calls it once.
func (s *Stream) finish(err error) {
	s.err.Store(&err)
	close(s.done)
	close(s.queue)
}
