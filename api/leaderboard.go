package api

import (
	"net/http"

	"plenum/polls"
	"plenum/webinar"
)

// leaderboard is the best players, and where the asker stands if they say who plays. Hosts get the ids as well, by which a
// player can be taken off.
func (s *server) leaderboard(c *call) error {
	list, err := s.Polls.Leaderboard(c.ctx(), c.webinar.ID)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, leaderboardWire(list, polls.PlayerID(c.Query("player")), c.may(webinar.Manage)))
	return nil
}

// leaveLeaderboard takes a player off: who knows the id is the player, or a host.
func (s *server) leaveLeaderboard(c *call) error {
	if err := s.Polls.LeaveLeaderboard(c.ctx(), c.webinar.ID, polls.PlayerID(c.Param("player"))); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
