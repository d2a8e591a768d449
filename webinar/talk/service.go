package talk

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"plenum/webinar"
)

// Questions takes the questions of all webinars. All its methods may be called concurrently; all changes have one
// order, in which they are stored and published.
type Questions struct {
	store  store
	events webinar.Publisher
	writer *writer
}

// New keeps questions in db until keep after the end of their webinar, and starts the writer. Close ends it.
func New(db *gorm.DB, events webinar.Publisher, keep time.Duration, log *slog.Logger) *Questions {
	s := &Questions{store: store{db, keep}, events: events}
	s.writer = start(s.store, s.publishVotes, log)
	return s
}

// Close returns when the last commit is done. Later changes and those still waiting are refused with ErrStopped.
func (s *Questions) Close() error {
	s.writer.stop()
	return nil
}

// Keep is how long questions are kept after the end of their webinar.
func (s *Questions) Keep() time.Duration { return s.store.keep }

// Sweep erases what has been kept for long enough.
func (s *Questions) Sweep(ctx context.Context) error { return s.store.sweep(ctx) }

// Ask stores a question. A secret that was used in this webinar before returns the question that it made then.
// Errors: *webinar.InvalidError, webinar.ErrNotFound, webinar.ErrEnded, webinar.ErrTicketInvalid, ErrClosed, ErrFull.
func (s *Questions) Ask(ctx context.Context, w webinar.ID, who webinar.TicketID, d Draft) (View, error) {
	if err := d.Validate(); err != nil {
		return View{}, err
	}
	var row questionRow
	var made bool
	err := s.submit(ctx, func(tx *txn) (err error) {
		row, made, err = tx.ask(w, who, d)
		return err
	}, func() {
		if made {
			s.publish(row)
		}
	})
	if err != nil { // row may still be the writer's
		return View{}, err
	}
	return row.view(Author{Secret: d.Secret}), nil
}

func (t *txn) ask(w webinar.ID, who webinar.TicketID, d Draft) (row questionRow, made bool, err error) {
	if err := t.seated(w, who); err != nil {
		return row, false, err
	}
	before, err := t.find(context.Background(), w, who, "q.secret_hash = ?", webinar.HashSecret(d.Secret))
	if err != nil {
		return row, false, err
	}
	if len(before) > 0 {
		return before[0], false, nil
	}
	rules, err := t.rules(context.Background(), w)
	switch {
	case err != nil:
		return row, false, err
	case !rules.Open:
		return row, false, ErrClosed
	case d.Name == "" && !rules.Anonymous:
		return row, false, &webinar.InvalidError{Field: "name", Reason: "empty"}
	}
	if err := t.room(w); err != nil {
		return row, false, err
	}
	at, err := t.turn(w, time.Now())
	if err != nil {
		return row, false, err
	}
	row = questionRow{ID: webinar.NewID(), WebinarID: string(w), Text: d.Text, Name: d.Name,
		SecretHash: webinar.HashSecret(d.Secret), State: string(StateShown), AskedAt: at}
	if rules.Moderated {
		row.State = string(StateNew)
	}
	if d.Name != "" {
		row.TicketID = string(who)
	}
	return row, true, t.insert(row)
}

// Edit changes the words of an own question that nobody but hosts has seen. Errors: *webinar.InvalidError, ErrNotFound
// also for somebody else's, ErrShown, webinar.ErrEnded.
func (s *Questions) Edit(ctx context.Context, w webinar.ID, id QuestionID, who Author, text string) (View, error) {
	text, err := cleanText("text", text, MaxText)
	if err != nil {
		return View{}, err
	}
	var row questionRow
	err = s.submit(ctx, func(tx *txn) (err error) {
		if err := tx.seated(w, who.Ticket); err != nil {
			return err
		}
		if row, err = tx.own(w, id, who); err != nil {
			return err
		}
		if row.State != string(StateNew) {
			return ErrShown
		}
		row.Text = text
		return tx.setText(row.ID, text)
	}, func() { s.publish(row) })
	if err != nil {
		return View{}, err
	}
	return row.view(who), nil
}

// Withdraw erases an own question, whatever has become of it, also after the end. Errors: ErrNotFound, also for
// somebody else's.
func (s *Questions) Withdraw(ctx context.Context, w webinar.ID, id QuestionID, who Author) error {
	return s.submit(ctx, func(tx *txn) error {
		row, err := tx.own(w, id, who)
		if err != nil {
			return err
		}
		return tx.delete(row.ID)
	}, func() { s.gone(w, id) })
}

// own returns a question if it is who's, else ErrNotFound.
func (t *txn) own(w webinar.ID, id QuestionID, who Author) (questionRow, error) {
	row, err := t.get(context.Background(), w, id, who.Ticket)
	if err == nil && !row.by(who) {
		err = ErrNotFound
	}
	return row, err
}

// Vote says that who wants to hear the answer as well, or, with up false, no more; each seat has one vote. Errors:
// ErrNotFound, ErrSettled, webinar.ErrEnded, webinar.ErrTicketInvalid.
func (s *Questions) Vote(ctx context.Context, w webinar.ID, id QuestionID, who webinar.TicketID, up bool) (View, error) {
	var row questionRow
	var changed bool
	err := s.submit(ctx, func(tx *txn) (err error) {
		if err := tx.seated(w, who); err != nil {
			return err
		}
		row, err = tx.get(context.Background(), w, id, who)
		if err != nil {
			return err
		}
		switch q := row.view(Author{}); {
		case !q.Visible():
			return ErrNotFound
		case !q.Open():
			return ErrSettled
		}
		if changed, err = tx.vote(row.ID, who, up); err != nil {
			return err
		}
		if row.Voted = up; changed && up {
			row.Votes++
		} else if changed {
			row.Votes--
		}
		return nil
	}, func() {
		if changed {
			s.writer.voted[w] = true
		}
	})
	if err != nil {
		return View{}, err
	}
	return row.view(Author{Ticket: who}), nil
}

// Move puts a question where a host wants it. Only one is being answered at a time: the one before counts as answered.
// Errors: *webinar.InvalidError, ErrNotFound.
func (s *Questions) Move(ctx context.Context, w webinar.ID, id QuestionID, m Move) (View, error) {
	if err := m.Validate(); err != nil {
		return View{}, err
	}
	var row questionRow
	var before []questionRow
	var hide bool
	err := s.submit(ctx, func(tx *txn) (err error) {
		if row, err = tx.get(context.Background(), w, id, ""); err != nil {
			return err
		}
		hide = row.view(Author{}).Visible() || row.State == string(StateNew)
		if m.State == StateAnswering {
			if before, err = tx.answer(w, id); err != nil {
				return err
			}
		}
		row.move(m)
		return tx.setState(row)
	}, func() {
		for _, b := range before {
			s.publish(b)
		}
		if hide && row.State == string(StateDismissed) {
			s.gone(w, id)
		}
		s.publish(row)
	})
	if err != nil {
		return View{}, err
	}
	return row.view(Author{}), nil
}

// answer ends the answering of every question but id.
func (t *txn) answer(w webinar.ID, id QuestionID) ([]questionRow, error) {
	rows, err := t.find(context.Background(), w, "", "q.state = 'answering' AND q.id <> ?", id)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].move(Move{State: StateAnswered})
		if err := t.setState(rows[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (r *questionRow) move(m Move) {
	switch {
	case m.State != StateAnswered:
		r.AnsweredAt = 0
	case r.AnsweredAt == 0:
		r.AnsweredAt = time.Now().UnixMilli()
	}
	r.State = string(m.State)
	if m.Answer != nil {
		r.Answer = *m.Answer
	}
}

// SetRules changes how a webinar takes questions. What waits for a host goes on waiting. Errors: webinar.ErrNotFound.
func (s *Questions) SetRules(ctx context.Context, w webinar.ID, r Rules) error {
	return s.submit(ctx, func(tx *txn) error { return tx.setRules(w, r) }, func() {
		s.events.Publish(webinar.Event{Webinar: w, To: webinar.Everyone(), Body: RulesChanged{r}})
	})
}

func (s *Questions) submit(ctx context.Context, do func(*txn) error, kept func()) error {
	return s.writer.submit(&job{ctx: ctx, do: do, kept: kept})
}

// publish tells of a question those who may read it.
func (s *Questions) publish(r questionRow) {
	q := r.view(Author{}).Question
	to := webinar.Everyone()
	if !q.Visible() {
		to = webinar.Hosts()
	}
	s.events.Publish(webinar.Event{Webinar: q.Webinar, To: to, Body: Changed{q}})
}

// gone tells everybody; the id says nothing to whom it was never shown.
func (s *Questions) gone(w webinar.ID, id QuestionID) {
	s.events.Publish(webinar.Event{Webinar: w, To: webinar.Everyone(), Body: Gone{id}})
}

func (s *Questions) publishVotes(w webinar.ID) error {
	votes, err := s.store.votes(context.Background(), w)
	if err != nil {
		return err
	}
	s.events.Publish(webinar.Event{Webinar: w, To: webinar.Everyone(), Body: Counted{votes}, Coalesce: "questions"})
	return nil
}
