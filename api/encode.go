package api

import (
	"encoding/json"
	"fmt"

	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/recorder"
	"plenum/webinar"
	"plenum/webinar/talk"
)

// EncodeEvent writes an event as its name and its JSON, as `x-events` in openapi.yaml lists them. It fails for a body
// that nobody has taught it, which is a fault of the program.
func EncodeEvent(e webinar.Event) (name string, data []byte, err error) {
	name, body := eventBody(e.Body)
	if b, ok := e.Body.(recorder.StandingChanged); ok {
		name = "my_consent"
		if body, err = consentWire(b.Standing, b.Secret); err != nil {
			return "", nil, err
		}
	}
	if body == nil {
		return "", nil, fmt.Errorf("event %T has no form on the wire", e.Body)
	}
	data, err = json.Marshal(body)
	return name, data, err
}

func eventBody(body any) (string, any) {
	switch b := body.(type) {
	case webinar.Changed:
		return "webinar", webinarWire(b.Webinar)
	case webinar.Presence:
		return "presence", presenceJSON{Watching: b.Watching}
	case webinar.SeatChanged:
		return "me", meWire(b.Ticket)
	case webinar.StageStep:
		return "invitation", invitationJSON{Person: meWire(b.Ticket), Step: string(b.Step)}
	case webinar.StageChanged:
		return "stage", stageWire(b.People)
	case webinar.SlotsChanged:
		return "slots", slotsWire(b.Slots)
	case webinar.Speaking:
		return "speaking", speakingWire(b)
	case webinar.Health:
		return "health", healthWire(b)
	case webinar.LayersChanged:
		return "layers", layersWire(b)
	case polls.Changed:
		return "poll", pollWire(polls.View{Poll: b.Poll, Tally: b.Tally})
	case polls.Deleted:
		return "poll_deleted", pollDeletedJSON{ID: string(b.ID)}
	case polls.Ordered:
		return "poll_order", pollOrderJSON{Polls: b.IDs}
	case polls.ClockMoved:
		return "clock", clockJSON{ServerTime: b.Now}
	case polls.Tallied:
		return "tally", tallyWire(b.Tally)
	case polls.PaperCounted:
		return "paper", paperCountedJSON{Poll: b.Poll}
	case assembly.AttendanceChanged:
		return "attendance", attendanceWire(b.Attendance)
	case assembly.RollChanged:
		return "roll", struct{}{}
	case talk.Changed:
		return "question", questionWire(talk.View{Question: b.Question})
	case talk.Gone:
		return "question_gone", questionGoneJSON{ID: string(b.ID)}
	case talk.Counted:
		return "question_votes", questionVotesJSON{Votes: b.Votes}
	case talk.RulesChanged:
		return "question_rules", questionRulesWire(b.Rules)
	case recorder.Changed:
		return "recording", recordingWire(b.Recording)
	case recorder.CountsChanged:
		return "consent", countsWire(b.Counts)
	}
	return "", nil
}
