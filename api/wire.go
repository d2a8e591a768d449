package api

import (
	"time"

	"plenum/webinar"
)

// The JSON types of the HTTP face, as openapi.yaml names them. Nothing else is ever marshalled.

type accountJSON struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

func accountWire(u webinar.User) accountJSON {
	return accountJSON{ID: string(u.ID), Email: u.Email, Name: u.Name}
}

type setupJSON struct {
	Token    string `json:"token"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

// linkJSON is the secret of a one-time link, asked about by POST so that it stands in no address.
type linkJSON struct {
	Token string `json:"token"`
}

type newPasswordJSON struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

type signInJSON struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type codeJSON struct {
	Code string `json:"code"`
}

type codeResultJSON struct {
	WebinarID string `json:"webinar_id"`
}

type recordingPlanJSON struct {
	Intent   string `json:"intent"`
	Purpose  string `json:"purpose,omitempty"`
	Viewers  string `json:"viewers,omitempty"`
	KeepDays int    `json:"keep_days,omitempty"`
}

func recordingPlanWire(p webinar.Plan) recordingPlanJSON {
	return recordingPlanJSON{Intent: string(p.Intent), Purpose: p.Purpose, Viewers: string(p.Viewers), KeepDays: p.KeepDays}
}

func (p recordingPlanJSON) plan() webinar.Plan {
	return webinar.Plan{Intent: webinar.Intent(p.Intent), Purpose: p.Purpose, Viewers: webinar.Viewers(p.Viewers), KeepDays: p.KeepDays}
}

type webinarRequestJSON struct {
	Title    string    `json:"title"`
	StartsAt time.Time `json:"starts_at"`
	Lang     string    `json:"lang"`
	Key      string    `json:"key"`

	RecordingPlan recordingPlanJSON `json:"recording_plan"`
}

type webinarPatchJSON struct {
	Title    *string       `json:"title"`
	StartsAt *time.Time    `json:"starts_at"`
	Lang     *webinar.Lang `json:"lang"`

	RecordingPlan *recordingPlanJSON `json:"recording_plan"`
}

type webinarJSON struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	State     string     `json:"state"`
	StartsAt  time.Time  `json:"starts_at"`
	LiveAt    *time.Time `json:"live_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	ExpiresAt time.Time  `json:"expires_at"`
	Lang      string     `json:"lang"`
	HostName  string     `json:"host_name"`
	Code      string     `json:"code,omitempty"`
	Link      string     `json:"link,omitempty"`

	RecordingPlan recordingPlanJSON `json:"recording_plan"`
}

// webinarWire leaves out code and link, which are for hosts.
func webinarWire(w webinar.Webinar) webinarJSON {
	return webinarJSON{
		ID: string(w.ID), Title: w.Title, State: string(w.State), StartsAt: w.StartsAt.UTC(), LiveAt: instant(w.LiveAt),
		EndedAt: instant(w.EndedAt), ExpiresAt: w.Expires.UTC(), Lang: string(w.Lang), HostName: w.HostName,
		RecordingPlan: recordingPlanWire(w.Recording),
	}
}

// instant writes the zero time as nothing.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// meJSON is one person's seat: as they see it themselves, and hosts those in the room.
type meJSON struct {
	ID      string `json:"id"`
	Role    string `json:"role"`
	Name    string `json:"name"`
	Invited bool   `json:"invited"`
}

func meWire(t webinar.Ticket) meJSON {
	return meJSON{ID: string(t.ID), Role: string(t.Role), Name: t.Name, Invited: t.Invited}
}

type peopleJSON struct {
	People []meJSON `json:"people"`
	Total  int      `json:"total"`
}

type invitationAnswerJSON struct {
	Come *bool `json:"come"`
}

type invitationJSON struct {
	Person meJSON `json:"person"`
	Step   string `json:"step"`
}

type joinJSON struct {
	Name   string `json:"name"`
	Ticket string `json:"ticket"`
	Framed bool   `json:"framed"`
}

type phoneLinkJSON struct {
	Link      string    `json:"link"`
	ExpiresAt time.Time `json:"expires_at"`
}

type ticketRequestJSON struct {
	Role string `json:"role"`
	Name string `json:"name"`
}

type ticketJSON struct {
	ID        string    `json:"id"`
	Role      string    `json:"role"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Used      bool      `json:"used"`
}

func ticketWire(t webinar.Ticket) ticketJSON {
	return ticketJSON{
		ID: string(t.ID), Role: string(t.Role), Name: t.Name, CreatedAt: t.Created.UTC(), ExpiresAt: t.Expires.UTC(), Used: t.Used,
	}
}

type newTicketJSON struct {
	ID        string    `json:"id"`
	Role      string    `json:"role"`
	Name      string    `json:"name"`
	Secret    string    `json:"secret"`
	Link      string    `json:"link"`
	ExpiresAt time.Time `json:"expires_at"`
}

type arrivalJSON struct {
	Webinar     webinarJSON    `json:"webinar"`
	Recording   *recordingJSON `json:"recording,omitempty"`
	SurveyUntil *time.Time     `json:"survey_until,omitempty"`
	Me          *meJSON        `json:"me,omitempty"`
	ServerTime  time.Time      `json:"server_time"`
}

type snapshotJSON struct {
	Webinar    webinarJSON     `json:"webinar"`
	Me         meJSON          `json:"me"`
	Presence   presenceJSON    `json:"presence"`
	Stage      stageJSON       `json:"stage"`
	Speaking   speakingJSON    `json:"speaking"`
	Slots      slotsJSON       `json:"slots"`
	Health     *healthJSON     `json:"health,omitempty"`
	Layers     []layersJSON    `json:"layers,omitempty"`
	Polls      []pollJSON      `json:"polls"`
	Attendance *attendanceJSON `json:"attendance,omitempty"`
	Questions  questionBoxJSON `json:"questions"`
	Recording  *recordingJSON  `json:"recording,omitempty"`
	Consent    *countsJSON     `json:"consent,omitempty"`
	MyConsent  *myConsentJSON  `json:"my_consent,omitempty"`
	ServerTime time.Time       `json:"server_time"`
}

type presenceJSON struct {
	Watching int `json:"watching"`
}

type stageJSON struct {
	People []personJSON `json:"people"`
}

type personJSON struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Role    string       `json:"role"`
	Sources []sourceJSON `json:"sources"`
}

type sourceJSON struct {
	Kind  string `json:"kind"`
	Muted bool   `json:"muted"`
}

func stageWire(people []webinar.OnStage) stageJSON {
	stage := stageJSON{People: make([]personJSON, len(people))}
	for i, p := range people {
		stage.People[i] = personJSON{ID: string(p.Ticket), Name: p.Name, Role: string(p.Role), Sources: make([]sourceJSON, len(p.Sources))}
		for j, src := range p.Sources {
			stage.People[i].Sources[j] = sourceJSON{Kind: src.Kind, Muted: src.Muted}
		}
	}
	return stage
}

type speakingJSON struct {
	People []string `json:"people"`
}

func speakingWire(s webinar.Speaking) speakingJSON {
	out := speakingJSON{People: make([]string, len(s.People))}
	for i, id := range s.People {
		out.People[i] = string(id)
	}
	return out
}

type healthJSON struct {
	Connected int `json:"connected"`
	Poor      int `json:"poor"`
	Sound     int `json:"sound"`
	SoundOK   int `json:"sound_ok"`
}

func healthWire(h webinar.Health) healthJSON {
	return healthJSON{Connected: h.Connected, Poor: h.Poor, Sound: h.Sound, SoundOK: h.SoundOK}
}

type slotsJSON struct {
	Slots []slotJSON `json:"slots"`
}

type slotJSON struct {
	Media  string `json:"media"`
	Slot   int    `json:"slot"`
	Person string `json:"person"`
	Kind   string `json:"kind"`
}

func slotsWire(slots []webinar.Slot) slotsJSON {
	list := slotsJSON{Slots: make([]slotJSON, len(slots))}
	for i, s := range slots {
		list.Slots[i] = slotJSON{Media: "audio", Slot: s.Index, Person: string(s.Owner), Kind: s.Kind}
		if s.Video {
			list.Slots[i].Media = "video"
		}
	}
	return list
}

// layersJSON names the simulcast layers of an own picture that are to be sent.
type layersJSON struct {
	Kind string   `json:"kind"`
	Rids []string `json:"rids"`
}

func layersWire(l webinar.LayersChanged) layersJSON {
	return layersJSON{Kind: l.Kind, Rids: append([]string{}, l.Rids...)}
}

// muteJSON says of each kind whether it is muted; one that is not named stays as it is.
type muteJSON struct {
	Mic         *bool `json:"mic"`
	Camera      *bool `json:"camera"`
	Screen      *bool `json:"screen"`
	ScreenAudio *bool `json:"screen-audio"`
}

type beatJSON struct {
	EpochMS float64 `json:"epoch_ms"`
	RTTMS   float64 `json:"rtt_ms"`
}
