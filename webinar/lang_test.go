package webinar

import (
	"testing"
	"time"
)

func TestClockNamesTheZone(t *testing.T) {
	at := time.Date(2026, 11, 8, 23, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		lang Lang
		zone *time.Location
		want string
	}{
		{English, time.UTC, "8 November 2026, 23:05 UTC"},
		{German, time.FixedZone("CET", 3600), "09.11.2026, 00:05 Uhr CET"},
		{English, time.FixedZone("", -3*3600), "8 November 2026, 20:05 UTC-0300"},
		{English, time.FixedZone("+0545", 5*3600+45*60), "9 November 2026, 04:50 UTC+0545"},
	} {
		if got := c.lang.Clock(at.In(c.zone)); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.lang, c.zone, got, c.want)
		}
	}
}
