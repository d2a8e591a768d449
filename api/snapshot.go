package api

import (
	"errors"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// snapshot is all that the asker sees of the webinar now. It is taken after the stream has begun, so that whatever
// changes meanwhile comes as an event behind it.
func (s *server) snapshot(c *call) (snapshotJSON, error) {
	id := c.webinar.ID
	w, err := s.Webinars.Get(c.ctx(), id)
	if err != nil {
		return snapshotJSON{}, err
	}
	views, err := s.Polls.List(c.ctx(), id, c.seat.ID, c.may(webinar.Manage))
	if err != nil {
		return snapshotJSON{}, err
	}
	stage, err := s.stage(c.ctx(), id)
	if err != nil {
		return snapshotJSON{}, err
	}
	questions, err := s.questionBox(c.ctx(), c)
	if err != nil {
		return snapshotJSON{}, err
	}
	slots := s.Media.Slots(string(id), string(c.seat.ID), c.may(webinar.Publish))
	out := snapshotJSON{
		Webinar: s.seenBy(c, w), Me: meWire(*c.seat), Presence: presenceJSON{Watching: s.Hub.Watching(id)}, Stage: stage,
		Speaking: speakingWire(speakingOf(s.Media.Speaking(string(id)))), Slots: slotsWire(slotsOf(slots)), Polls: pollsWire(views), Questions: questions, ServerTime: time.Now().UTC(),
	}
	if c.may(webinar.Manage) {
		out.Health = new(healthWire(healthOf(s.Media.Health(string(id)))))
	}
	for _, l := range s.Media.Layers(string(id), string(c.seat.ID)) {
		out.Layers = append(out.Layers, layersWire(webinar.LayersChanged{Kind: string(l.Kind), Rids: l.Rids}))
	}
	if err := s.addAssembly(c, &out); err != nil {
		return snapshotJSON{}, err
	}
	return out, s.addRecording(c, &out)
}

// addRecording adds the recording that is announced or runs; to hosts the counts, to people on stage, or invited there,
// or who have answered, their own consent.
func (s *server) addRecording(c *call, out *snapshotJSON) error {
	id := c.webinar.ID
	r, ok := s.Recorder.Current(id)
	if !ok {
		return nil
	}
	out.Recording = new(recordingWire(r))
	if c.may(webinar.Manage) {
		out.Consent = new(countsWire(s.Recorder.Counts(id)))
	}
	st, err := s.Recorder.MyConsent(c.ctx(), id, r.ID, *c.seat)
	if errors.Is(err, webinar.ErrNotFound) { // it ended this moment, and an event says so
		return nil
	}
	if err != nil || st.State == consent.None && !c.may(webinar.Publish) && !c.seat.Invited {
		return err
	}
	mine, err := s.ownConsent(c, st)
	out.MyConsent = &mine
	return err
}
