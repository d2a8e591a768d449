package webinar

import "time"

// Intent says whether a webinar is to be recorded.
type Intent string

// The intents. All but none is told in the invitation and before anybody enters.
const (
	NoRecording    Intent = "none"
	MaybeRecording Intent = "maybe"   // a host may announce one while the webinar goes on
	PlansRecording Intent = "planned" // one is announced as the webinar goes live
)

// Viewers says who may see a recording, beyond its organizer only with those in it who allow publication.
type Viewers string

// The viewers.
const (
	OrganizerSees Viewers = "organizer"
	InvitedSee    Viewers = "invited" // who had the link to the webinar
	PublicSees    Viewers = "public"
)

// MaxPurpose is the limit of a purpose, in runes.
const MaxPurpose = 300

// Plan is what a host says about recording before anybody is there to be asked: what people must be told before their
// data are taken (art. 13 GDPR). It records nothing; that takes an announcement, and the consent of each person.
// The zero value says that nobody has thought of a recording.
type Plan struct {
	Intent   Intent  // empty: NoRecording
	Purpose  string  // in the host's words
	Viewers  Viewers // empty: OrganizerSees
	KeepDays int     // after the end of the recording; 0: as long as the operator keeps recordings, which is the most
}

// Told reports whether people are told of a recording beforehand.
func (p Plan) Told() bool { return p.Intent == MaybeRecording || p.Intent == PlansRecording }

// Keep is how long a recording is kept where the operator keeps it for longest.
func (p Plan) Keep(longest time.Duration) time.Duration {
	if p.KeepDays == 0 {
		return longest
	}
	return min(longest, time.Duration(p.KeepDays)*24*time.Hour)
}

// days counts the days that have begun within d, so that nobody is told of less than there is.
func days(d time.Duration) int { return max(1, int((d+24*time.Hour-1)/(24*time.Hour))) }

// clean normalizes a plan of somebody whose operator keeps recordings for longest, or reports its first fault as an
// *InvalidError.
func (p Plan) clean(longest time.Duration) (Plan, error) {
	switch p.Intent {
	case "", NoRecording:
		return Plan{Intent: NoRecording}, nil
	case MaybeRecording, PlansRecording:
	default:
		return Plan{}, &InvalidError{Field: "intent", Reason: "unknown"}
	}
	var err error
	if p.Purpose, err = CleanText("purpose", p.Purpose, MaxPurpose, true); err != nil {
		return Plan{}, err
	}
	switch p.Viewers {
	case "":
		p.Viewers = OrganizerSees
	case OrganizerSees, InvitedSee, PublicSees:
	default:
		return Plan{}, &InvalidError{Field: "viewers", Reason: "unknown"}
	}
	switch most := days(longest); {
	case p.KeepDays < 0:
		return Plan{}, &InvalidError{Field: "keep_days", Reason: "too-few", Limit: 1}
	case p.KeepDays > most:
		return Plan{}, &InvalidError{Field: "keep_days", Reason: "too-many", Limit: most}
	case p.KeepDays == 0:
		p.KeepDays = most
	}
	return p, nil
}
