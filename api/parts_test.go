package api

import (
	"context"
	"log/slog"
	"testing"

	"gorm.io/gorm"

	"plenum/recorder"
	"plenum/webinar"
	"plenum/webinar/sfu"
)

func newRecorder(t *testing.T, _ *gorm.DB, _ webinar.Publisher, _ *slog.Logger) *recorder.Service {
	t.Helper()
	return &recorder.Service{}
}

func newMedia(t *testing.T, _ *recorder.Service, screens sfu.Screens, log *slog.Logger) *sfu.Engine {
	t.Helper()
	e, err := sfu.New(sfu.Config{Listen: "127.0.0.1:0", Log: log}, nil, screens)
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	return e
}

func (s *site) endParts(ctx context.Context, id webinar.ID) error {
	s.media.CloseRoom(string(id))
	return s.polls.CloseAll(ctx, id)
}
