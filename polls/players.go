package polls

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/cases"

	"plenum/webinar"
)

// MaxNickname is in runes.
const MaxNickname = 24

// Why somebody cannot play under a name.
var (
	ErrNicknameTaken = errors.New("somebody else plays under this nickname")
	ErrPlayer        = errors.New("this player has answered already")
)

// PlayerID is the SHA-256, in lower-case hexadecimal digits, of a secret that only the player's browser knows. Nothing
// leads from it to a seat.
type PlayerID string

// Player is somebody who wants to stand on the leaderboard of a webinar. What that shows to everybody is the nickname
// and how well, and, where speed counts, how fast they answered; nobody stands there without asking for it.
type Player struct {
	ID       PlayerID
	Nickname string
}

func (p *Player) validate() error {
	if _, err := ParseReceipt(string(p.ID)); err != nil {
		return &webinar.InvalidError{Field: "player", Reason: "malformed"}
	}
	name, err := cleanWords(p.Nickname, MaxNickname)
	if bad, ok := errors.AsType[*webinar.InvalidError](err); ok {
		return &webinar.InvalidError{Field: "nickname", Reason: bad.Reason, Limit: bad.Limit}
	}
	p.Nickname = name
	return err
}

// folded is what two nicknames that look alike have in common.
func (p Player) folded() string { return cases.Fold().String(p.Nickname) }

// Score is a line of the leaderboard.
type Score struct {
	Player
	Place  int // from 1; equal points share a place
	Points int
	Right  int // quizzes answered right
	Played int // quizzes answered
}

// leaderboards keeps the leaderboards that were read, until a quiz closes or somebody leaves: all want it at once then.
type leaderboards struct {
	mu sync.Mutex
	m  map[webinar.ID][]Score
}

func newLeaderboards() *leaderboards { return &leaderboards{m: map[webinar.ID][]Score{}} }

func (l *leaderboards) drop(w webinar.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.m, w)
}

// Leaderboard returns the scores of the quizzes of a webinar that have closed, the best first.
func (s *Service) Leaderboard(ctx context.Context, w webinar.ID) ([]Score, error) {
	s.leaders.mu.Lock()
	defer s.leaders.mu.Unlock()
	if known, ok := s.leaders.m[w]; ok {
		return known, nil
	}
	list, err := s.store.scores(ctx, w)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Score) int {
		if a.Points != b.Points {
			return b.Points - a.Points
		}
		return strings.Compare(a.Nickname, b.Nickname)
	})
	for i := range list {
		list[i].Place = i + 1
		if i > 0 && list[i].Points == list[i-1].Points {
			list[i].Place = list[i-1].Place
		}
	}
	s.leaders.m[w] = list
	return list, nil
}

// LeaveLeaderboard erases a player and all their scores. None is no error.
func (s *Service) LeaveLeaderboard(ctx context.Context, w webinar.ID, id PlayerID) error {
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error { return tx.dropPlayer(w, id) }, kept: func() { s.leaders.drop(w) }})
}

// Play votes in a quiz as Vote does, and enters the score for the leaderboard in the same transaction. Errors: those of
// Vote, ErrAnswer if the poll is no quiz, ErrNicknameTaken, ErrPlayer.
func (s *Service) Play(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, a Answer, receipt string, as Player) (time.Time, error) {
	if err := as.validate(); err != nil {
		return time.Time{}, err
	}
	return s.cast(ctx, w, id, voter{ticket: who}, a, receipt, &entry{as, time.Now()})
}

// entry is a player's answer on its way. What counts is when it came in, not how long it then had to wait.
type entry struct {
	Player
	began time.Time
}
