package talk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"plenum/webinar"
)

// store keeps questions in the database, and none of a webinar that ended longer ago than keep.
type store struct {
	db   *gorm.DB
	keep time.Duration
}

// txn is a store in a transaction, which holds the database's only write lock from its beginning.
type txn struct{ store }

// transaction runs do in one transaction, which is on the disk when it returns nil; else nothing has happened.
func (s store) transaction(do func(*txn) error) error {
	return s.db.Transaction(func(tx *gorm.DB) error { return do(&txn{store{tx, s.keep}}) })
}

// questionRow is what is scanned; Voted is of the viewer, SubjectID of the ticket where that is asked for.
type questionRow struct {
	ID, WebinarID, Text, TicketID, Name, State, Answer string
	SecretHash                                         []byte
	Votes                                              int
	AskedAt, AnsweredAt                                int64
	SubjectID                                          string
	Voted                                              bool
}

func (r questionRow) view(who Author) View {
	return View{Question: Question{
		ID: QuestionID(r.ID), Webinar: webinar.ID(r.WebinarID), Text: r.Text, Name: r.Name, State: State(r.State),
		Answer: r.Answer, Votes: r.Votes, AskedAt: timeOf(r.AskedAt), AnsweredAt: timeOf(r.AnsweredAt),
	}, Mine: r.by(who), Voted: r.Voted}
}

// by reports whether who asked. A row without a ticket belongs to its secret alone.
func (r questionRow) by(who Author) bool {
	return r.TicketID != "" && r.TicketID == string(who.Ticket) || who.Secret != "" && string(r.SecretHash) == string(webinar.HashSecret(who.Secret))
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// find returns the questions of a webinar that match a condition, oldest first, with what viewer voted for.
func (s store) find(ctx context.Context, w webinar.ID, viewer webinar.TicketID, where string, args ...any) ([]questionRow, error) {
	var rows []questionRow
	err := s.db.WithContext(ctx).Raw(`SELECT q.*, EXISTS (SELECT 1 FROM question_votes v WHERE v.question_id = q.id AND v.ticket_id = ?) AS voted
		FROM questions q JOIN webinars w ON w.id = q.webinar_id
		WHERE q.webinar_id = ? AND (w.ended_at = 0 OR w.ended_at > ?) AND (`+where+`) ORDER BY q.asked_at, q.id`,
		append([]any{viewer, w, time.Now().Add(-s.keep).UnixMilli()}, args...)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read questions: %w", err)
	}
	return rows, nil
}

func (s store) get(ctx context.Context, w webinar.ID, id QuestionID, viewer webinar.TicketID) (questionRow, error) {
	rows, err := s.find(ctx, w, viewer, "q.id = ?", id)
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return questionRow{}, err
	}
	return rows[0], nil
}

// votes counts nothing: it reads what the open questions of a webinar have.
func (s store) votes(ctx context.Context, w webinar.ID) (map[QuestionID]int, error) {
	var rows []struct {
		ID    QuestionID
		Votes int
	}
	err := s.db.WithContext(ctx).Raw("SELECT id, votes FROM questions WHERE webinar_id = ? AND state IN ('shown', 'answering')", w).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read votes of questions: %w", err)
	}
	out := make(map[QuestionID]int, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Votes
	}
	return out, nil
}

func (s store) rules(ctx context.Context, w webinar.ID) (Rules, error) {
	var r Rules
	err := s.db.WithContext(ctx).Raw("SELECT open, moderated, anonymous FROM question_rules WHERE webinar_id = ?", w).
		Row().Scan(&r.Open, &r.Moderated, &r.Anonymous)
	if errors.Is(err, sql.ErrNoRows) {
		return DefaultRules(), nil
	}
	if err != nil {
		return Rules{}, fmt.Errorf("read rules of questions: %w", err)
	}
	return r, nil
}

// sweep erases what find has stopped to show, and votes and rules with it.
func (s store) sweep(ctx context.Context) error {
	err := s.db.WithContext(ctx).Exec(`DELETE FROM questions WHERE webinar_id IN
		(SELECT id FROM webinars WHERE ended_at > 0 AND ended_at <= ?)`, time.Now().Add(-s.keep).UnixMilli()).Error
	if err != nil {
		return fmt.Errorf("erase questions: %w", err)
	}
	return nil
}

// seated refuses with webinar.ErrNotFound, webinar.ErrEnded or webinar.ErrTicketInvalid.
func (t *txn) seated(w webinar.ID, who webinar.TicketID) error {
	var state string
	var seat bool
	err := t.db.Raw(`SELECT state, EXISTS (SELECT 1 FROM tickets t WHERE t.id = ? AND t.webinar_id = w.id AND t.expires_at > ?)
		FROM webinars w WHERE w.id = ?`, who, time.Now().UnixMilli(), w).Row().Scan(&state, &seat)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return webinar.ErrNotFound
	case err != nil:
		return fmt.Errorf("read seat: %w", err)
	case state == string(webinar.Ended):
		return webinar.ErrEnded
	case !seat:
		return webinar.ErrTicketInvalid
	}
	return nil
}

// room refuses with ErrFull.
func (t *txn) room(w webinar.ID) error {
	var open, all int
	err := t.db.Raw("SELECT count(*) FILTER (WHERE state IN ('new', 'shown', 'answering')), count(*) FROM questions WHERE webinar_id = ?", w).
		Row().Scan(&open, &all)
	switch {
	case err != nil:
		return fmt.Errorf("count questions: %w", err)
	case open >= MaxOpen || all >= MaxQuestions:
		return ErrFull
	}
	return nil
}

// turn is when a question was asked, in ms since 1970: later than every other of its webinar, so that they have the order
// in which they came also within a millisecond and when the clock was set back.
func (t *txn) turn(w webinar.ID, now time.Time) (at int64, err error) {
	err = t.db.Raw("SELECT max(?, coalesce(max(asked_at) + 1, 0)) FROM questions WHERE webinar_id = ?", now.UnixMilli(), w).Row().Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("read the newest question: %w", err)
	}
	return at, nil
}

func (t *txn) insert(r questionRow) error {
	return t.exec("insert question", `INSERT INTO questions (id, webinar_id, text, ticket_id, name, secret_hash, state, asked_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, r.ID, r.WebinarID, r.Text, r.TicketID, r.Name, r.SecretHash, r.State, r.AskedAt)
}

func (t *txn) setText(id, text string) error {
	return t.exec("change question", "UPDATE questions SET text = ? WHERE id = ?", text, id)
}

func (t *txn) setState(r questionRow) error {
	return t.exec("move question", "UPDATE questions SET state = ?, answer = ?, answered_at = ? WHERE id = ?", r.State, r.Answer, r.AnsweredAt, r.ID)
}

func (t *txn) delete(id string) error {
	return t.exec("withdraw question", "DELETE FROM questions WHERE id = ?", id)
}

// vote writes a vote, or takes it away, and reports whether that changed anything.
func (t *txn) vote(id string, who webinar.TicketID, up bool) (bool, error) {
	row, by := "INSERT INTO question_votes (question_id, ticket_id) VALUES (?, ?) ON CONFLICT DO NOTHING", 1
	if !up {
		row, by = "DELETE FROM question_votes WHERE question_id = ? AND ticket_id = ?", -1
	}
	done := t.db.Exec(row, id, who)
	if done.Error != nil {
		return false, fmt.Errorf("vote for question: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return false, nil
	}
	return true, t.exec("count vote", "UPDATE questions SET votes = votes + ? WHERE id = ?", by, id)
}

func (t *txn) setRules(w webinar.ID, r Rules) error {
	return t.exec("change rules of questions", `INSERT INTO question_rules (webinar_id, open, moderated, anonymous) VALUES (?, ?, ?, ?)
		ON CONFLICT (webinar_id) DO UPDATE SET open = excluded.open, moderated = excluded.moderated, anonymous = excluded.anonymous`,
		w, r.Open, r.Moderated, r.Anonymous)
}

func (t *txn) exec(op, statement string, args ...any) error {
	if err := t.db.Exec(statement, args...).Error; err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}
