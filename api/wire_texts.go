package api

import "plenum/polls"

type textJSON struct {
	Text  string `json:"text"`
	Votes int    `json:"votes"`
	State string `json:"state"`
}

type textsJSON struct {
	Texts []textJSON `json:"texts"`
}

func textsWire(list []polls.Text) textsJSON {
	out := textsJSON{Texts: make([]textJSON, len(list))}
	for i, t := range list {
		out.Texts[i] = textJSON{Text: t.Text, Votes: t.Votes, State: string(t.State)}
	}
	return out
}

type moderationJSON struct {
	Text  string `json:"text"`
	State string `json:"state"`
}

type playerJSON struct {
	ID       string `json:"id"`
	Nickname string `json:"nickname"`
}

type scoreJSON struct {
	ID       string `json:"id,omitempty"`
	Nickname string `json:"nickname"`
	Place    int    `json:"place"`
	Points   int    `json:"points"`
	Right    int    `json:"right"`
	Played   int    `json:"played"`
}

type leaderboardJSON struct {
	Players int         `json:"players"`
	Best    []scoreJSON `json:"best"`
	Me      *scoreJSON  `json:"me,omitempty"`
}

// bestPlayers is how many lines of a leaderboard everybody sees; hosts see them all.
const bestPlayers = 10

func leaderboardWire(list []polls.Score, me polls.PlayerID, host bool) leaderboardJSON {
	out := leaderboardJSON{Players: len(list), Best: []scoreJSON{}}
	for i, s := range list {
		line := scoreJSON{Nickname: s.Nickname, Place: s.Place, Points: s.Points, Right: s.Right, Played: s.Played}
		if me != "" && s.ID == me {
			mine := line
			out.Me = &mine
		}
		if host {
			line.ID = string(s.ID)
		}
		if host || i < bestPlayers {
			out.Best = append(out.Best, line)
		}
	}
	return out
}
