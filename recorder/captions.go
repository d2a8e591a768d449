package recorder

import (
	"context"
	"errors"
	"regexp"
	"time"

	"plenum/recorder/vtt"
	"plenum/webinar"
)

// ErrCaptions refuses captions that are no WebVTT, too large, or of no language.
var ErrCaptions = errors.New("captions cannot be read")

// Captions says that what is said in a recording can be read in a language. Its times are those of the program without a
// cut.
type Captions struct {
	Lang  string // BCP 47, such as de or pt-BR
	Bytes int64
}

type captionRow struct {
	Lang  string
	Body  string
	Bytes int64
}

func language(s string) bool {
	ok, err := regexp.MatchString(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$`, s)
	return ok && err == nil
}

// SetCaptions keeps the captions of a recording that has ended, in the place of what there was in that language. They go
// with the recording, and when somebody takes back what they said. Errors: ErrNotFound, ErrActive, ErrCaptions.
func (s *Service) SetCaptions(ctx context.Context, w webinar.ID, id RecordingID, lang string, body []byte) error {
	rec, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w)
	if err != nil {
		return err
	}
	if rec.active() {
		return ErrActive
	}
	cues, err := vtt.Parse(body)
	if err != nil || !language(lang) {
		return errors.Join(ErrCaptions, err)
	}
	_, err = s.rows.exec(ctx, "keep captions", `INSERT INTO captions (recording_id, lang, body, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (recording_id, lang) DO UPDATE SET body = excluded.body, at = excluded.at`, id, lang, string(vtt.Format(cues)), time.Now().UnixMilli())
	return err
}

// DropCaptions takes captions away; there need not be any.
func (s *Service) DropCaptions(ctx context.Context, w webinar.ID, id RecordingID, lang string) error {
	if _, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w); err != nil {
		return err
	}
	_, err := s.rows.exec(ctx, "drop captions", `DELETE FROM captions WHERE recording_id = ? AND lang = ?`, id, lang)
	return err
}

// ReadCaptions returns captions as WebVTT that holds times and words only, or ErrNotFound.
func (s *Service) ReadCaptions(ctx context.Context, w webinar.ID, id RecordingID, lang string) ([]byte, error) {
	if _, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w); err != nil {
		return nil, err
	}
	rows, err := s.rows.captions(ctx, `recording_id = ? AND lang = ?`, id, lang)
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return []byte(rows[0].Body), nil
}

func (s *store) captions(ctx context.Context, where string, args ...any) ([]captionRow, error) {
	var rows []captionRow
	err := s.db.WithContext(ctx).Raw(`SELECT lang, body, octet_length(body) AS bytes FROM captions WHERE `+where+` ORDER BY lang`, args...).Scan(&rows).Error
	return rows, failed("read captions", err)
}

// captioned lists the languages.
func (s *store) captioned(ctx context.Context, rec RecordingID) ([]Captions, error) {
	rows, err := s.captions(ctx, `recording_id = ?`, rec)
	out := make([]Captions, len(rows))
	for i, r := range rows {
		out[i] = Captions{Lang: r.Lang, Bytes: r.Bytes}
	}
	return out, err
}

// silence takes all captions away: they say what somebody has taken back.
func (s *store) silence(ctx context.Context, rec RecordingID) error {
	_, err := s.exec(ctx, "drop captions", `DELETE FROM captions WHERE recording_id = ?`, rec)
	return err
}
