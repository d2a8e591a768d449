package talk

import (
	"context"

	"plenum/webinar"
)

// List returns the questions of a webinar as viewer may see them, oldest first: what is shown, and what was asked with
// the name of this seat. All is for hosts.
func (s *Questions) List(ctx context.Context, w webinar.ID, viewer webinar.TicketID, all bool) ([]View, error) {
	where, args := "q.state IN ('shown', 'answering', 'answered') OR (q.ticket_id <> '' AND q.ticket_id = ?)", []any{viewer}
	if all {
		where, args = "TRUE", nil
	}
	rows, err := s.store.find(ctx, w, viewer, where, args...)
	if err != nil {
		return nil, err
	}
	out := make([]View, len(rows))
	for i, r := range rows {
		out[i] = r.view(Author{Ticket: viewer})
	}
	return out, nil
}

// Own returns the questions that lie under some secrets, whatever has become of them, oldest first. A secret that fits
// none is passed over. Errors: *webinar.InvalidError.
func (s *Questions) Own(ctx context.Context, w webinar.ID, viewer webinar.TicketID, secrets []string) ([]View, error) {
	if len(secrets) > MaxSecrets {
		return nil, &webinar.InvalidError{Field: "secrets", Reason: "too-many", Limit: MaxSecrets}
	}
	hashes := make([][]byte, len(secrets))
	for i, secret := range secrets {
		if err := checkSecret(secret); err != nil {
			return nil, &webinar.InvalidError{Field: "secrets", Reason: "malformed"}
		}
		hashes[i] = webinar.HashSecret(secret)
	}
	if len(hashes) == 0 {
		return nil, nil
	}
	rows, err := s.store.find(ctx, w, viewer, "q.secret_hash IN ?", hashes)
	if err != nil {
		return nil, err
	}
	out := make([]View, len(rows))
	for i, r := range rows {
		out[i] = r.view(Author{})
		out[i].Mine = true
	}
	return out, nil
}

// Rules returns how a webinar takes questions.
func (s *Questions) Rules(ctx context.Context, w webinar.ID) (Rules, error) {
	return s.store.rules(ctx, w)
}
