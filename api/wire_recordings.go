package api

import (
	"encoding/json"
	"time"

	"plenum/recorder"
	"plenum/recorder/consent"
)

type announceJSON struct {
	Strict *bool  `json:"strict"`
	Key    string `json:"key"`
}

type recordingJSON struct {
	ID             string     `json:"id"`
	State          string     `json:"state"`
	Reason         string     `json:"reason,omitempty"`
	Strict         bool       `json:"strict"`
	Announcement   int        `json:"announcement"`
	AnnouncedAt    time.Time  `json:"announced_at"`
	StartAllowedAt time.Time  `json:"start_allowed_at"`
	StartedAt      *time.Time `json:"started_at,omitempty"`
	StoppedAt      *time.Time `json:"stopped_at,omitempty"`
	ExpiresAt      *time.Time `json:"expires_at,omitempty"`
}

func recordingWire(r recorder.Recording) recordingJSON {
	return recordingJSON{
		ID: r.ID, State: string(r.State), Reason: string(r.Reason), Strict: r.Strict, Announcement: r.Announcement,
		AnnouncedAt: r.AnnouncedAt.UTC(), StartAllowedAt: r.StartAllowedAt.UTC(), StartedAt: instant(r.StartedAt),
		StoppedAt: instant(r.StoppedAt), ExpiresAt: instant(r.ExpiresAt),
	}
}

type recordingDetailJSON struct {
	Recording recordingJSON `json:"recording"`
	Storage   string        `json:"storage"`
	Fault     string        `json:"storage_fault,omitempty"`
	Segments  []segmentJSON `json:"segments"`
}

type segmentJSON struct {
	ID         string `json:"id"`
	Group      string `json:"group"`
	Label      string `json:"label"`
	State      string `json:"state"`
	StartMS    int64  `json:"start_ms"`
	DurationMS int64  `json:"duration_ms"`
	Bytes      int64  `json:"bytes"`
	Audio      bool   `json:"audio"`
	Video      bool   `json:"video"`
}

func detailWire(d recorder.Detail) recordingDetailJSON {
	out := recordingDetailJSON{Recording: recordingWire(d.Recording), Storage: string(d.Storage), Fault: string(d.Fault), Segments: make([]segmentJSON, len(d.Segments))}
	for i, s := range d.Segments {
		out.Segments[i] = segmentJSON{
			ID: s.ID, Group: string(s.Group), Label: s.Label, State: string(s.State), StartMS: s.Start.Milliseconds(),
			DurationMS: s.Duration.Milliseconds(), Bytes: s.Bytes, Audio: s.Audio, Video: s.Video,
		}
	}
	return out
}

type noticeJSON struct {
	Lang string `json:"lang"`
	Hash string `json:"hash"`
	Text string `json:"text"`
}

type answerJSON struct {
	Act     string   `json:"act"`
	Scopes  []string `json:"scopes"`
	Publish bool     `json:"publish"`
	Hash    string   `json:"hash"`
	Lang    string   `json:"lang"`
	ClickMS float64  `json:"click_ms"`
	EpochMS float64  `json:"epoch_ms"`
	RTTMS   float64  `json:"rtt_ms"`
	Key     string   `json:"key"`
}

type myConsentJSON struct {
	Recording string          `json:"recording"`
	State     string          `json:"state"`
	Scopes    []string        `json:"scopes"`
	Publish   bool            `json:"publish"`
	Receipt   json.RawMessage `json:"receipt,omitempty"`
	Link      string          `json:"receipt_link,omitempty"` // a path
}

// consentWire copies the receipt as the ledger wrote it: the person keeps it to have it verified. The secret is of the
// receipt's link, if there is one.
func consentWire(st consent.Standing, secret string) (myConsentJSON, error) {
	out := myConsentJSON{Recording: st.Recording, State: string(st.State), Scopes: st.Scopes.Words(), Publish: st.Publish}
	if secret != "" {
		out.Link = "/receipt#" + secret // a fragment: it is in no log and no referrer
	}
	if st.Receipt == nil {
		return out, nil
	}
	receipt, err := st.Receipt.JSON()
	out.Receipt = receipt
	return out, err
}

type countsJSON struct {
	Asked    int `json:"asked"`
	Granted  int `json:"granted"`
	Answered int `json:"answered"`
	// Unwritable counts pictures on stage whose codec no recording can hold.
	Unwritable int `json:"unwritable"`
	// Waiting: the object store has not answered for minutes.
	Waiting bool `json:"waiting"`
}

func countsWire(c recorder.Counts) countsJSON {
	return countsJSON{Asked: c.Asked, Granted: c.Granted, Answered: c.Answered, Unwritable: c.Unwritable, Waiting: c.Waiting}
}
