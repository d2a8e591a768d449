package api

type originsJSON struct {
	Origins []string `json:"origins"`
}

type embedJSON struct {
	Origins []string `json:"origins"`
	Link    string   `json:"link"`
}

type embeddedJSON struct {
	WebinarID string `json:"webinar_id"`
	PollID    string `json:"poll_id,omitempty"`
}
