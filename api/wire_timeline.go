package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"plenum/polls"
	"plenum/recorder"
)

// timelineJSON says what of a recording lies where. All times ending in _ms count from started_at.
type timelineJSON struct {
	Recording  string         `json:"recording"`
	Webinar    string         `json:"webinar"`
	StartedAt  time.Time      `json:"started_at"`
	ExpiresAt  *time.Time     `json:"expires_at,omitempty"`
	DurationMS int64          `json:"duration_ms"`
	Pauses     []pauseJSON    `json:"pauses"`
	Segments   []partJSON     `json:"segments"`
	Chapters   []chapterJSON  `json:"chapters"`
	Polls      []pollPartJSON `json:"polls"`
	Questions  []linePartJSON `json:"questions"`
	Program    programJSON    `json:"program"`
	Made       []madeJSON     `json:"made,omitempty"`
	Captions   []captionsJSON `json:"captions,omitempty"`
	Trim       *trimJSON      `json:"trim,omitempty"`
}

// trimJSON is what the organizer left of a recording.
type trimJSON struct {
	FromMS int64 `json:"from_ms"`
	ToMS   int64 `json:"to_ms"`
}

// sharingJSON counts who of the people in a recording agreed to its publication, without saying who.
type sharingJSON struct {
	Allowed bool `json:"allowed"`
	People  int  `json:"people"`
	Lacking int  `json:"lacking"`
}

// ms is a wire number as a duration; what no recording lasts is taken as the longest there is.
func ms(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(max(min(n, most), -most)) * time.Millisecond
}

type pauseJSON struct {
	FromMS int64  `json:"from_ms"`
	ToMS   int64  `json:"to_ms"`
	Reason string `json:"reason,omitempty"`
}

type partJSON struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	Speaker int    `json:"speaker"`
	Named   bool   `json:"named"`
	Kind    string `json:"kind"`
	Video   bool   `json:"video"`
	Audio   bool   `json:"audio"`
	FromMS  int64  `json:"from_ms"`
	ToMS    int64  `json:"to_ms"`
	Codec   string `json:"codec,omitempty"`
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
	URL     string `json:"url"`
	Bytes   int64  `json:"bytes"`
	File    string `json:"file,omitempty"` // in a ZIP
}

type chapterJSON struct {
	AtMS  int64  `json:"at_ms"`
	Kind  string `json:"kind"`
	Title string `json:"title"`
}

type pollPartJSON struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Options  []string `json:"options"`
	OpenedMS int64    `json:"opened_ms"`
	ClosedMS int64    `json:"closed_ms,omitempty"`
	Votes    []int    `json:"votes,omitempty"`
	Total    int      `json:"total"`
	Few      bool     `json:"few,omitempty"`

	Result json.RawMessage `json:"result,omitempty"`
}

// linePartJSON is a question that its author allowed to be recorded.
type linePartJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Text string `json:"text"`
	AtMS int64  `json:"at_ms"`
}

// EncodePoll writes a poll as those see it who answer, for the timeline of a recording.
func EncodePoll(v polls.View) ([]byte, error) { return json.Marshal(pollWire(v)) }

type programJSON struct {
	State      string  `json:"state"`
	Progress   float64 `json:"progress,omitempty"`
	URL        string  `json:"url,omitempty"`
	Bytes      int64   `json:"bytes,omitempty"`
	FromMS     *int64  `json:"from_ms,omitempty"`
	DurationMS int64   `json:"duration_ms,omitempty"`
	Sound      string  `json:"sound,omitempty"`
}

// madeJSON is where something is that is made of a recording.
type madeJSON struct {
	Making   string        `json:"making"`
	State    string        `json:"state"`
	Progress float64       `json:"progress,omitempty"`
	URL      string        `json:"url,omitempty"`
	Bytes    int64         `json:"bytes,omitempty"`
	Pictures *picturesJSON `json:"pictures,omitempty"`
}

type captionsJSON struct {
	Lang  string `json:"lang"`
	URL   string `json:"url"`
	Bytes int64  `json:"bytes"`
}

type picturesJSON struct {
	StepMS  int64 `json:"step_ms"`
	Count   int   `json:"count"`
	Columns int   `json:"columns"`
	Width   int   `json:"width"`
	Height  int   `json:"height"`
}

// EncodeTimeline writes the timeline as it is stored beside the films, of which it does not say what else is made.
func EncodeTimeline(t recorder.Timeline) ([]byte, error) {
	t.Made = nil
	return json.Marshal(timelineWire(t))
}

func timelineWire(t recorder.Timeline) timelineJSON {
	base := "/api/webinars/" + string(t.Recording.Webinar) + "/recordings/" + t.Recording.ID
	out := timelineJSON{
		Recording: t.Recording.ID, Webinar: string(t.Recording.Webinar), StartedAt: t.Recording.StartedAt.UTC(), ExpiresAt: instant(t.Recording.ExpiresAt),
		DurationMS: t.Duration.Milliseconds(), Pauses: make([]pauseJSON, len(t.Pauses)), Segments: make([]partJSON, len(t.Parts)),
		Chapters: make([]chapterJSON, len(t.Chapters)), Polls: make([]pollPartJSON, len(t.Polls)), Questions: make([]linePartJSON, len(t.Lines)), Program: programWire(t.Program, base),
	}
	for _, c := range t.Captions {
		out.Captions = append(out.Captions, captionsJSON{Lang: c.Lang, URL: base + "/captions/" + c.Lang, Bytes: c.Bytes})
	}
	for _, m := range t.Made {
		out.Made = append(out.Made, madeWire(m, base))
	}
	if !t.Trim.All() {
		out.Trim = &trimJSON{FromMS: t.Trim.From.Milliseconds(), ToMS: t.Trim.To.Milliseconds()}
	}
	for i, p := range t.Pauses {
		out.Pauses[i] = pauseJSON{FromMS: p.From.Milliseconds(), ToMS: p.To.Milliseconds(), Reason: string(p.Reason)}
	}
	for i, p := range t.Parts {
		out.Segments[i] = partWire(p, base)
	}
	for i, c := range t.Chapters {
		out.Chapters[i] = chapterJSON{AtMS: c.At.Milliseconds(), Kind: string(c.Kind), Title: c.Title}
	}
	for i, p := range t.Polls {
		out.Polls[i] = pollPartJSON{ID: p.ID, Question: p.Question, Options: p.Options, OpenedMS: p.Opened.Milliseconds(), ClosedMS: p.Closed.Milliseconds(), Votes: p.Votes,
			Total: p.Total, Few: p.Few, Result: p.Result}
	}
	for i, l := range t.Lines {
		out.Questions[i] = linePartJSON{ID: l.ID, Name: l.Name, Text: l.Text, AtMS: l.Offset.Milliseconds()}
	}
	return out
}

func partWire(p recorder.Part, base string) partJSON {
	return partJSON{
		ID: p.ID, Label: cmp.Or(p.Label, fmt.Sprintf("Speaker %d", p.Speaker)), Speaker: p.Speaker, Named: p.Label != "", Kind: string(p.Group),
		Video: p.Video, Audio: p.Audio, FromMS: p.Start.Milliseconds(), ToMS: (p.Start + p.Duration).Milliseconds(),
		Codec: p.Codec, Width: p.Width, Height: p.Height, URL: base + "/segments/" + p.ID, Bytes: p.Bytes,
	}
}

func programWire(p recorder.Program, base string) programJSON {
	out := programJSON{State: string(p.State), Progress: p.Progress, Bytes: p.Bytes, DurationMS: p.Duration.Milliseconds()}
	if p.ID != "" {
		out.URL, out.Sound = base+"/program?v="+p.ID, "speaker" // a mix that takes its place is another film
		if from := p.From.Milliseconds(); from >= 0 {
			out.FromMS = &from
		}
	}
	if p.Mixed {
		out.Sound = "everybody"
	}
	return out
}

func madeWire(m recorder.Made, base string) madeJSON {
	out := madeJSON{Making: string(m.Making), State: string(m.State), Progress: m.Progress, Bytes: m.Bytes}
	if m.Bytes > 0 {
		out.URL = base + "/made/" + string(m.Making) + "?v=" + m.ID
	}
	if p := m.Pictures; p != nil {
		out.Pictures = &picturesJSON{StepMS: p.Step.Milliseconds(), Count: p.Count, Columns: p.Columns, Width: p.Width, Height: p.Height}
	}
	return out
}
