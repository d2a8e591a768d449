package polls

import (
	"context"
	"encoding/json"
)

// mark writes a decision about a text.
func (t *txn) mark(p *Poll, key string, to TextState) error {
	delete(p.marks, key)
	if err := t.db.Exec("DELETE FROM poll_texts WHERE poll_id = ? AND text = ?", p.ID, key).Error; err != nil {
		return fault("delete text", err)
	}
	if to == TextHeld {
		return nil
	}
	last := 0
	for _, m := range p.marks {
		last = max(last, m.place)
	}
	if p.marks == nil {
		p.marks = map[string]mark{}
	}
	p.marks[key] = mark{to, last + 1}
	return fault("insert text", t.db.Exec("INSERT INTO poll_texts (poll_id, text, state, place) VALUES (?, ?, ?, ?)", p.ID, key, to, last+1).Error)
}

// removeText takes a text out of the box and counts what is left.
func (t *txn) removeText(p *stored, key string) (*count, error) {
	if err := t.mark(&p.Poll, key, TextHeld); err != nil {
		return nil, err
	}
	k, _ := kindOf(p.Kind).(texts)
	box, err := t.ballots(context.Background(), p.ID)
	if err != nil {
		return nil, err
	}
	for i, b := range box {
		answer, said := k.without(b.Answer, key)
		if !said {
			continue
		}
		row, err := json.Marshal(answerJSON(answer))
		if err != nil {
			return nil, fault("write answer", err)
		}
		if err := t.db.Exec("UPDATE ballots SET answer = ? WHERE receipt = ?", string(row), b.Receipt).Error; err != nil {
			return nil, fault("remove text", err)
		}
		box[i].Answer = answer
	}
	if err := t.messy(); err != nil { // what was removed is in the write-ahead log
		return nil, err
	}
	c, err := countBox(p.Poll, box)
	switch {
	case err != nil:
		return nil, fault("count ballots", err)
	case p.State == StateClosed:
		return c, t.writeTally(p.ID, c.tally())
	}
	return c, nil
}

// writeTally keeps the result of a closed poll.
func (t *txn) writeTally(id PollID, tally Tally) error {
	kept, err := json.Marshal(tallyJSON(tally))
	if err != nil {
		return fault("write tally", err)
	}
	return fault("write tally", t.db.Exec("UPDATE polls SET tally = ? WHERE id = ?", string(kept), id).Error)
}

// marked adds to polls what was decided about their texts, and judges the results by it.
func (s store) marked(ctx context.Context, list []stored) error {
	at := map[string]*stored{}
	var ids []string
	for i := range list {
		if _, ok := kindOf(list[i].Kind).(texts); ok {
			ids = append(ids, string(list[i].ID))
			at[string(list[i].ID)] = &list[i]
			list[i].marks = map[string]mark{}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		PollID, Text, State string
		Place               int
	}
	if err := s.db.WithContext(ctx).Raw("SELECT poll_id, text, state, place FROM poll_texts WHERE poll_id IN ?", ids).Scan(&rows).Error; err != nil {
		return fault("read texts", err)
	}
	for _, r := range rows {
		at[r.PollID].marks[r.Text] = mark{TextState(r.State), r.Place}
	}
	for _, p := range at {
		k, _ := kindOf(p.Kind).(texts)
		p.tally = k.judge(p.Poll, p.tally)
	}
	return nil
}
