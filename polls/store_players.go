package polls

import (
	"context"
	"database/sql"
	"errors"

	"plenum/webinar"
)

// seatPlayer checks that the name of a player is free and that they have not played in this poll.
func (t *txn) seatPlayer(p Poll, as Player) error {
	if p.Kind != Quiz {
		return ErrAnswer
	}
	var other string
	err := t.db.Raw("SELECT id FROM players WHERE webinar_id = ? AND folded = ? AND id <> ?", p.Webinar, as.folded(), as.ID).Row().Scan(&other)
	switch {
	case err == nil:
		return ErrNicknameTaken
	case !errors.Is(err, sql.ErrNoRows):
		return fault("read players", err)
	}
	var played bool
	if err := t.db.Raw("SELECT EXISTS (SELECT 1 FROM scores WHERE poll_id = ? AND player_id = ?)", p.ID, as.ID).Row().Scan(&played); err != nil {
		return fault("read scores", err)
	}
	if played {
		return ErrPlayer
	}
	return nil
}

// score enters what a player has won.
func (t *txn) score(p Poll, as Player, points int) error {
	if err := t.db.Exec(`INSERT INTO players (webinar_id, id, nickname, folded) VALUES (?, ?, ?, ?)
		ON CONFLICT (webinar_id, id) DO UPDATE SET nickname = excluded.nickname, folded = excluded.folded`,
		p.Webinar, as.ID, as.Nickname, as.folded()).Error; err != nil {
		return fault("insert player", err)
	}
	return fault("insert score", t.db.Exec("INSERT INTO scores (poll_id, player_id, webinar_id, points) VALUES (?, ?, ?, ?)", p.ID, as.ID, p.Webinar, points).Error)
}

func (t *txn) dropPlayer(w webinar.ID, id PlayerID) error {
	return fault("delete player", t.db.Exec("DELETE FROM players WHERE webinar_id = ? AND id = ?", w, id).Error)
}

// scores adds up what players have won in quizzes that are closed and whose results are out.
func (s store) scores(ctx context.Context, w webinar.ID) ([]Score, error) {
	var rows []struct {
		ID, Nickname          string
		Points, Right, Played int
	}
	err := s.db.WithContext(ctx).Raw(`SELECT players.id AS id, nickname, sum(points) AS points, sum(points > 0) AS right, count(*) AS played
		FROM players JOIN scores ON scores.webinar_id = players.webinar_id AND player_id = players.id JOIN polls ON polls.id = poll_id
		WHERE players.webinar_id = ? AND polls.state = 'closed' AND polls.published_at > 0 GROUP BY players.id, nickname`, w).Scan(&rows).Error
	if err != nil {
		return nil, fault("read scores", err)
	}
	out := make([]Score, len(rows))
	for i, r := range rows {
		out[i] = Score{Player: Player{PlayerID(r.ID), r.Nickname}, Points: r.Points, Right: r.Right, Played: r.Played}
	}
	return out, nil
}
