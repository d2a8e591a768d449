package api

import (
	"net/http"
	"strings"
	"testing"

	"plenum/webinar"
)

// Whoever has the link reads before entering what is planned, and a recording announces no other text.
func TestAPlannedRecordingIsToldBeforehand(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	plan := `{"intent":"planned","purpose":"For those who cannot come.","viewers":"invited","keep_days":7}`
	var w webinarJSON
	s.want(s.do(host, "createWebinar", nil, `{"title":"A webinar","recording_plan":`+plan+`}`), http.StatusCreated, "").into(t, &w)
	want := recordingPlanJSON{Intent: "planned", Purpose: "For those who cannot come.", Viewers: "invited", KeepDays: 7}
	if w.RecordingPlan != want {
		t.Errorf("created with %+v", w.RecordingPlan)
	}
	var arrival arrivalJSON
	s.want(s.do(asker{}, "getWebinar", in(w.ID), ""), http.StatusOK, "").into(t, &arrival)
	if arrival.Webinar.RecordingPlan != want || arrival.Recording != nil {
		t.Errorf("arrival says %+v, recording %+v", arrival.Webinar.RecordingPlan, arrival.Recording)
	}
	var told, preview []noticeJSON
	s.want(s.do(asker{}, "plannedNotice", in(w.ID), ""), http.StatusOK, "").into(t, &told)
	s.want(s.do(host, "previewNotice", nil, plan), http.StatusOK, "").into(t, &preview)
	if len(told) != len(webinar.Langs()) || len(preview) != len(told) || preview[0] != told[0] {
		t.Fatalf("told %+v, preview %+v", told, preview)
	}

	s.want(s.do(host, "goLive", in(w.ID), ""), http.StatusOK, "")
	var rec recordingJSON
	s.want(s.do(host, "announce", in(w.ID), `{"key":"k"}`), http.StatusCreated, "").into(t, &rec)
	if rec.State != "announced" || rec.StartedAt != nil {
		t.Errorf("announced: %+v", rec)
	}
	var frozen noticeJSON
	s.want(s.do(host, "notice", in(w.ID, "recording", rec.ID, "?", "lang="+told[0].Lang), ""), http.StatusOK, "").into(t, &frozen)
	if frozen != told[0] || !strings.Contains(frozen.Text, want.Purpose) {
		t.Errorf("told\n%s\nannounced\n%s", told[0].Text, frozen.Text)
	}
}

func TestPlansAreChangedAndChecked(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	s.want(s.do(asker{}, "plannedNotice", in(w), ""), http.StatusNotFound, "not-found")
	for body, field := range map[string]string{
		`{"intent":"always"}`:  "intent",
		`{"intent":"planned"}`: "purpose",
		`{"intent":"planned","purpose":"x","viewers":"press"}`: "viewers",
		`{"intent":"planned","purpose":"x","keep_days":31}`:    "keep_days",
	} {
		for _, got := range []reply{s.do(host, "previewNotice", nil, body), s.do(host, "updateWebinar", in(w), `{"recording_plan":`+body+`}`)} {
			var p problem
			s.want(got, http.StatusUnprocessableEntity, "invalid").into(t, &p)
			if p.Field != field {
				t.Errorf("%s: field %q", body, p.Field)
			}
		}
	}
	s.want(s.do(asker{}, "previewNotice", nil, `{"intent":"none"}`), http.StatusUnauthorized, "")
	seat, _ := s.ticket(host, w, "speaker")
	s.want(s.do(seat, "updateWebinar", in(w), `{"recording_plan":{"intent":"none"}}`), http.StatusForbidden, "")
	var out webinarJSON
	s.want(s.do(host, "updateWebinar", in(w), `{"recording_plan":{"intent":"maybe","purpose":"Minutes."}}`), http.StatusOK, "").into(t, &out)
	if out.RecordingPlan != (recordingPlanJSON{Intent: "maybe", Purpose: "Minutes.", Viewers: "organizer", KeepDays: 30}) {
		t.Errorf("changed to %+v", out.RecordingPlan)
	}
}
