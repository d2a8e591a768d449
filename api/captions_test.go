package api

import (
	"net/http"
	"strings"
)

// captioned gives the recording captions and takes them away.
func (s *site) captioned(host asker, params map[string]string) {
	s.t.Helper()
	german := with(params, "lang", "de")
	s.want(s.do(host, "captions", german, ""), http.StatusNotFound, "not-found")
	s.want(s.do(host, "setCaptions", german, "no captions"), http.StatusUnprocessableEntity, "captions")
	s.want(s.do(host, "setCaptions", german, strings.Repeat("x", maxCaptions+1)), http.StatusRequestEntityTooLarge, "too-large")
	const text = "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\n<script>1 &lt; 2</script>\n"
	var tl timelineJSON
	s.want(s.do(host, "setCaptions", german, text), http.StatusOK, "").into(s.t, &tl)
	if len(tl.Captions) != 1 || tl.Captions[0].Lang != "de" {
		s.t.Fatalf("%+v", tl.Captions)
	}
	got := s.want(s.do(host, "captions", with(german, "?", "download=1"), ""), http.StatusOK, "")
	if int64(len(got.body)) != tl.Captions[0].Bytes || strings.Contains(string(got.body), "script") || !strings.HasSuffix(got.header.Get("Content-Disposition"), `-de.vtt"`) {
		s.t.Errorf("%s %v", got.body, got.header)
	}
	tl = timelineJSON{}
	s.want(s.do(host, "dropCaptions", german, ""), http.StatusOK, "").into(s.t, &tl)
	if tl.Captions != nil {
		s.t.Errorf("%+v", tl.Captions)
	}
}
