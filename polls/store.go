package polls

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"plenum/webinar"
)

// store keeps polls in the database. Whatever it reports is either one of the package's refusals, which left nothing
// behind, or a *faultError.
type store struct{ db *gorm.DB }

// txn is a store in a transaction, which holds the database's only write lock from its beginning.
type txn struct{ store }

// faultError is a failure of the database: whatever was done in the same transaction is undone.
type faultError struct {
	op  string
	err error
}

func (e *faultError) Error() string { return e.op + ": " + e.err.Error() }
func (e *faultError) Unwrap() error { return e.err }

func fault(op string, err error) error {
	if err == nil {
		return nil
	}
	return &faultError{op, err}
}

// transaction runs do in one transaction, which is on the disk when it returns nil.
func (s store) transaction(do func(*txn) error) error {
	err := s.db.Transaction(func(tx *gorm.DB) error { return do(&txn{store{tx}}) })
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*faultError](err); ok {
		return err
	}
	return fault("poll transaction", err)
}

type pollRow struct {
	ID, WebinarID, Kind, Secrecy, Question, State, CreateKey, Rules string
	Position                                                        int
	OpenedAt, ClosedAt                                              int64
}

func (pollRow) TableName() string { return "polls" }

func (r pollRow) poll() (Poll, error) {
	p := Poll{ID: PollID(r.ID), Webinar: webinar.ID(r.WebinarID), Position: r.Position, Kind: Kind(r.Kind),
		Secrecy: Secrecy(r.Secrecy), Question: r.Question, State: State(r.State),
		OpenedAt: timeOf(r.OpenedAt), ClosedAt: timeOf(r.ClosedAt)}
	var rules rulesJSON
	err := json.Unmarshal([]byte(r.Rules), &rules)
	p.Rules = Rules(rules)
	return p, err
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

type optionRow struct {
	PollID, ID, Text string
	PictureID        *string
	Alt              string
	Position         int
}

func (optionRow) TableName() string { return "poll_options" }

// stored is a poll with the result that was counted when it closed.
type stored struct {
	Poll
	tally Tally
}

// find returns the polls that match a condition on the table polls, in their order. It is one statement, so that a
// draft never shows the question of one edit with the options of another.
func (s store) find(ctx context.Context, where string, args ...any) ([]stored, error) {
	rows, err := s.db.WithContext(ctx).Raw(`SELECT polls.id, webinar_id, kind, secrecy, question, state, polls.position,
		changeable, rules, tally, opened_at, closed_at, `+lifeColumns+`, motion, attendance, coalesce(o.id, ''), coalesce(o.text, ''),
		coalesce(i.picture, ''), coalesce(i.file, ''), coalesce(i.type, ''), coalesce(i.width, 0), coalesce(i.height, 0), coalesce(o.alt, '')
		FROM polls LEFT JOIN poll_options o ON o.poll_id = polls.id
		LEFT JOIN (SELECT id AS picture, file, type, width, height FROM pictures) i ON i.picture = o.picture_id
		WHERE `+where+` ORDER BY webinar_id, polls.position, polls.id, o.position`, args...).Rows()
	if err != nil {
		return nil, fault("read polls", err)
	}
	defer rows.Close()
	var out []stored
	for rows.Next() {
		var r pollRow
		var o Option
		var i Picture
		var life lifeRow
		var tally, motion, attendance string
		var changeable bool
		targets := slices.Concat([]any{&r.ID, &r.WebinarID, &r.Kind, &r.Secrecy, &r.Question, &r.State, &r.Position, &changeable, &r.Rules, &tally, &r.OpenedAt, &r.ClosedAt},
			life.targets(), []any{&motion, &attendance, &o.ID, &o.Text, &i.ID, &i.file, &i.Type, &i.Width, &i.Height, &i.Alt})
		if err := rows.Scan(targets...); err != nil {
			return nil, fault("read polls", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != PollID(r.ID) {
			p, err := r.stored(tally)
			if err != nil {
				return nil, fault("read polls", err)
			}
			life.into(&p.Poll)
			p.Changeable = changeable
			if err := p.readMotion(motion, attendance); err != nil {
				return nil, fault("read motions", err)
			}
			out = append(out, p)
		}
		if i.ID != "" {
			o.Picture = &i
		}
		if o.ID != "" {
			p := &out[len(out)-1]
			p.Options = append(p.Options, o)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fault("read polls", err)
	}
	if err := s.papered(ctx, out); err != nil {
		return nil, err
	}
	return out, s.marked(ctx, out)
}

// one returns the only poll that matches, or ErrNotFound.
func (s store) one(ctx context.Context, where string, args ...any) (stored, error) {
	found, err := s.find(ctx, where, args...)
	switch {
	case err != nil:
		return stored{}, err
	case len(found) == 0:
		return stored{}, ErrNotFound
	}
	return found[0], nil
}

func (s store) get(ctx context.Context, w webinar.ID, id PollID) (stored, error) {
	return s.one(ctx, "polls.id = ? AND webinar_id = ?", id, w)
}

// ballots returns the ballot box of a poll, ordered by receipt, which says nothing about their order in time.
func (s store) ballots(ctx context.Context, id PollID) ([]Ballot, error) {
	var rows []struct {
		Receipt, Answer string
		Weight          int
	}
	err := s.db.WithContext(ctx).Raw("SELECT receipt, answer, weight FROM ballots WHERE poll_id = ? ORDER BY receipt", id).Scan(&rows).Error
	if err != nil {
		return nil, fault("read ballots", err)
	}
	out := make([]Ballot, len(rows))
	for i, r := range rows {
		var a answerJSON
		if err := json.Unmarshal([]byte(r.Answer), &a); err != nil {
			return nil, fault("read ballots", err)
		}
		out[i] = Ballot{Receipt: Receipt(r.Receipt), Poll: id, Answer: Answer(a), Weight: r.Weight}
	}
	return out, nil
}

// running refuses with webinar.ErrNotFound or webinar.ErrEnded.
func (t *txn) running(w webinar.ID) error {
	var state string
	err := t.db.Raw("SELECT state FROM webinars WHERE id = ?", w).Row().Scan(&state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return webinar.ErrNotFound
	case err != nil:
		return fault("read webinar", err)
	case state == string(webinar.Ended):
		return webinar.ErrEnded
	}
	return nil
}

// draft returns a draft that may be changed. Errors: ErrNotFound, ErrNotDraft, ErrKept, ErrRound.
func (t *txn) draft(w webinar.ID, id PollID) (stored, error) {
	p, err := t.get(context.Background(), w, id)
	switch {
	case err != nil:
		return p, err
	case p.State != StateDraft:
		return p, ErrNotDraft
	case p.Kept > 0:
		return p, ErrKept
	case p.Round > 1:
		return p, ErrRound
	}
	return p, nil
}

// insert writes a draft at the end of its webinar's run-sheet and sets its position.
func (t *txn) insert(p *Poll, key string) error {
	var count, last int
	err := t.db.Raw("SELECT count(*), coalesce(max(position), 0) FROM polls WHERE webinar_id = ?", p.Webinar).Row().Scan(&count, &last)
	if err != nil {
		return fault("count polls", err)
	}
	if count >= MaxPolls {
		return &webinar.InvalidError{Field: "polls", Reason: "too-many", Limit: MaxPolls}
	}
	p.Position = last + 1
	rules, err := p.rulesJSON()
	if err != nil {
		return err
	}
	row := pollRow{ID: string(p.ID), WebinarID: string(p.Webinar), Kind: string(p.Kind), Secrecy: string(p.Secrecy),
		Question: p.Question, State: string(p.State), CreateKey: key, Position: p.Position, Rules: rules}
	if err := t.db.Create(&row).Error; err != nil {
		return fault("insert poll", err)
	}
	return t.writeRest(p)
}

// writeRest writes what a draft has besides its row: plan, promise, motion and options.
func (t *txn) writeRest(p *Poll) error {
	if err := t.plan(p); err != nil {
		return err
	}
	if err := t.promise(p); err != nil {
		return err
	}
	if err := t.writeMotion(p); err != nil {
		return err
	}
	return t.insertOptions(p)
}

func (t *txn) insertOptions(p *Poll) error {
	if len(p.Options) == 0 {
		return nil
	}
	if err := t.findPictures(p); err != nil {
		return err
	}
	rows := make([]optionRow, len(p.Options))
	for i, o := range p.Options {
		rows[i] = optionRow{PollID: string(p.ID), ID: string(o.ID), Text: o.Text, Position: i + 1}
		if o.Picture != nil {
			rows[i].PictureID, rows[i].Alt = new(string(o.Picture.ID)), o.Picture.Alt
		}
	}
	return fault("insert options", t.db.Create(&rows).Error)
}

// rewrite replaces the question and the options of a draft.
func (t *txn) rewrite(p *Poll) error {
	before, err := t.picturesOf(p.ID)
	if err != nil {
		return err
	}
	if err := t.db.Exec("DELETE FROM poll_options WHERE poll_id = ?", p.ID).Error; err != nil {
		return fault("delete options", err)
	}
	rules, err := p.rulesJSON()
	if err != nil {
		return err
	}
	if err := t.db.Exec("UPDATE polls SET question = ?, kind = ?, rules = ? WHERE id = ?", p.Question, p.Kind, rules, p.ID).Error; err != nil {
		return fault("update poll", err)
	}
	if err := t.writeRest(p); err != nil {
		return err
	}
	return t.dropPictures(before)
}

func (t *txn) delete(id PollID) error {
	pictures, err := t.picturesOf(id)
	if err != nil {
		return err
	}
	if err := t.db.Exec("DELETE FROM polls WHERE id = ?", id).Error; err != nil {
		return fault("delete poll", err)
	}
	return t.dropPictures(pictures)
}

func (t *txn) open(p *Poll, now time.Time) error {
	p.State, p.OpenedAt = StateOpen, timeOf(now.UnixMilli())
	return fault("open poll", t.db.Exec("UPDATE polls SET state = 'open', opened_at = ? WHERE id = ?", now.UnixMilli(), p.ID).Error)
}

// close closes a poll and keeps the count of its ballots with it.
func (t *txn) close(p *stored, now time.Time) error {
	box, err := t.ballots(context.Background(), p.ID)
	if err != nil {
		return err
	}
	c, err := countBox(p.Poll, box)
	if err != nil {
		return fault("count ballots", err)
	}
	owed, err := t.owed(*p)
	if err != nil {
		return err
	}
	p.State, p.ClosedAt, p.tally = StateClosed, timeOf(now.UnixMilli()), c.tally()
	if p.tally.Motion != nil {
		p.tally.Motion.Uncounted = owed
	}
	if err := t.db.Exec("UPDATE polls SET state = 'closed', closed_at = ? WHERE id = ?", now.UnixMilli(), p.ID).Error; err != nil {
		return fault("close poll", err)
	}
	if err := t.forget("id = ?", p.ID); err != nil {
		return err
	}
	if err := t.messy(); err != nil {
		return err
	}
	return t.writeTally(p.ID, p.tally)
}

const standingSQL = `SELECT ` + votingSQL + `,
	EXISTS (SELECT 1 FROM tickets t WHERE t.id = ? AND t.webinar_id = p.webinar_id AND t.expires_at > ?),
	EXISTS (SELECT 1 FROM voted v WHERE v.poll_id = p.id AND v.ticket_id = ?),
	EXISTS (SELECT 1 FROM ballots b WHERE b.receipt = ?)
	FROM polls p WHERE p.id = ? AND p.webinar_id = ?`

// vote checks a vote and writes it. S is what is known already: what is wrong with the answer, if anything, and whether
// time is up. It returns what the vote weighs.
func (t *txn) vote(p Poll, b Ballot, who voter, s standing, now time.Time) (weight int, err error) {
	if p.Secrecy == Secret {
		return 0, ErrNeedsToken
	}
	var key string
	if key, b.Weight, s.mandate, err = t.entitle(p, who); err != nil {
		return 0, err
	}
	err = t.db.Raw(standingSQL, who.ticket, now.UnixMilli(), key, b.Receipt, b.Poll, p.Webinar).Row().Scan(&s.state, &s.ticket, &s.voted, &s.receipt)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, ErrNotFound
	case err != nil:
		return 0, fault("read standing", err)
	}
	if err := s.verdict(); err != nil {
		return 0, t.again(err, p, b, key)
	}
	if err := t.db.Exec("INSERT INTO voted (poll_id, ticket_id) VALUES (?, ?)", b.Poll, key).Error; err != nil {
		return 0, fault("insert voted", err)
	}
	if err := t.put(b); err != nil || p.Secrecy != Named {
		return b.Weight, err
	}
	return b.Weight, t.sign(b, key)
}
