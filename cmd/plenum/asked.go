package main

import (
	"context"

	"plenum/polls"
	"plenum/recorder"
	"plenum/webinar"
)

// spokenIn is the language of a webinar.
func (p *parts) spokenIn(ctx context.Context, w webinar.ID) (webinar.Lang, error) {
	found, err := p.webinars.Get(ctx, w)
	return found.Lang, err
}

// askedIn lists the polls of a webinar that were opened, for the timeline of a recording.
func (p *parts) askedIn(ctx context.Context, w webinar.ID) ([]recorder.Poll, error) {
	views, err := p.polls.List(ctx, w, "", true)
	if err != nil {
		return nil, err
	}
	var out []recorder.Poll
	for _, v := range views {
		if v.Poll.State == polls.StateDraft {
			continue
		}
		asked := recorder.Poll{ID: string(v.Poll.ID), Question: v.Poll.Question, OpenedAt: v.Poll.OpenedAt, ClosedAt: v.Poll.ClosedAt}
		var result polls.Tally
		if !v.Poll.PublishedAt.IsZero() && v.Tally != nil {
			result = *v.Tally
		}
		asked.Options, asked.Votes = result.Bars(v.Poll)
		out = append(out, asked)
	}
	return out, nil
}
