package main

import (
	"context"

	"plenum/api"
	"plenum/polls"
	"plenum/recorder"
	"plenum/webinar"
)

// spokenIn is the language of a webinar.
func (p *parts) spokenIn(ctx context.Context, w webinar.ID) (webinar.Lang, error) {
	found, err := p.webinars.Get(ctx, w)
	return found.Lang, err
}

// plannedFor is what the host of a webinar said beforehand about recording it.
func (p *parts) plannedFor(ctx context.Context, w webinar.ID) (webinar.Plan, error) {
	found, err := p.webinars.Get(ctx, w)
	return found.Recording, err
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
		v.Tally = v.Kept(recorder.LeastGroup)
		if v.Tally == nil {
			asked.Options, _ = polls.Tally{}.Bars(v.Poll)
		} else {
			asked.Options, asked.Votes = v.Tally.Bars(v.Poll)
			asked.Total = v.Tally.Total
			if asked.Result, err = api.EncodePoll(v); err != nil {
				return nil, err
			}
		}
		out = append(out, asked)
	}
	return out, nil
}

// writtenIn lists what was asked with a name in a webinar, for the timeline of a recording.
func (p *parts) writtenIn(ctx context.Context, w webinar.ID) ([]recorder.Line, error) {
	signed, err := p.questions.Signed(ctx, w)
	if err != nil {
		return nil, err
	}
	out := make([]recorder.Line, len(signed))
	for i, q := range signed {
		out[i] = recorder.Line{ID: string(q.ID), Author: q.Author, Name: q.Name, Text: q.Text, At: q.AskedAt}
	}
	return out, nil
}
