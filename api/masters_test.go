package api

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"plenum/recorder"
)

// wondered asks whether something is to be had, which the list of downloads does not say.
func (s *site) wondered(host asker, params map[string]string, url string, status int) {
	s.t.Helper()
	var before, after []downloadJSON
	s.want(s.do(host, "downloads", params, ""), http.StatusOK, "").into(s.t, &before)
	asking := host
	asking.header = http.Header{"Range": {"bytes=0-0"}}
	if got := s.want(s.send(asking, http.MethodGet, url, "", ""), status, ""); len(got.body) > 1 {
		s.t.Errorf("%s: %d bytes", url, len(got.body))
	}
	s.want(s.do(host, "downloads", params, ""), http.StatusOK, "").into(s.t, &after)
	if len(after) != len(before) {
		s.t.Errorf("%s: %d downloads after %d", url, len(after), len(before))
	}
}

// toldOf reads the timeline out of a ZIP, and how long each film in it is.
func toldOf(t testing.TB, body []byte) (tl timelineJSON, sizes map[string]int64) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	must(t, err)
	sizes = map[string]int64{}
	for _, f := range z.File {
		sizes[f.Name] = int64(f.UncompressedSize64)
	}
	must(t, json.Unmarshal([]byte(unpacked(t, "masters", body)), &tl))
	return tl, sizes
}

// zipped takes the masters as a ZIP, whose length was told before.
func (s *site) zipped(host asker, params map[string]string, seg segmentJSON) {
	s.t.Helper()
	host.header = http.Header{"Range": {"bytes=9-1"}} // no Range is known here, so that nonsense is none
	s.wondered(host, params, fill(s.t, "masters", params), http.StatusNoContent)
	got := s.want(s.do(host, "masters", params, ""), http.StatusOK, "")
	if n := got.header.Get("Content-Length"); n != strconv.Itoa(len(got.body)) || got.header.Get("Content-Type") != "application/zip" {
		s.t.Errorf("%s bytes told, %d come, %v", n, len(got.body), got.header)
	}
	if name := got.header.Get("Content-Disposition"); !strings.HasPrefix(name, `attachment; filename="recording-2`) || !strings.HasSuffix(name, `.zip"`) {
		s.t.Errorf("%s", name)
	}
	z, err := zip.NewReader(bytes.NewReader(got.body), int64(len(got.body)))
	must(s.t, err)
	sizes := map[string]uint64{}
	for _, f := range z.File {
		in, err := f.Open()
		must(s.t, err)
		n, err := io.Copy(io.Discard, in)
		if err != nil || uint64(n) != f.UncompressedSize64 || f.Method != zip.Store {
			s.t.Errorf("%s: %d bytes, %v", f.Name, n, err)
		}
		sizes[f.Name] = f.UncompressedSize64
	}
	if len(sizes) != 2 || sizes[timelineEntry] == 0 || sizes["speaker-1-A-speaker-camera.webm"] != uint64(seg.Bytes) {
		s.t.Errorf("%v", sizes)
	}
}

// trimmed cuts the recording and undoes it.
func (s *site) trimmed(host asker, params map[string]string, seg segmentJSON) {
	s.t.Helper()
	var tl timelineJSON
	s.want(s.do(host, "timeline", params, ""), http.StatusOK, "").into(s.t, &tl)
	for body, code := range map[string]string{
		`{"from_ms":0,"to_ms":0}`:                                            "trim",
		`{"from_ms":-5,"to_ms":900}`:                                         "trim",
		`{"from_ms":100,"to_ms":50}`:                                         "trim",
		`{"from_ms":0,"to_ms":999}`:                                          "trim",
		`{"from_ms":9223372036854775807,"to_ms":9223372036854775807}`:        "trim",
		fmt.Sprintf(`{"from_ms":0,"to_ms":%d}`, tl.DurationMS+1):             "trim",
		`{"from_ms":-9223372036854775808,"to_ms":-9223372036854775808}`:      "trim",
		fmt.Sprintf(`{"from_ms":%d,"to_ms":%[1]d}`, tl.Segments[0].FromMS+1): "trim",
	} {
		s.want(s.do(host, "trim", params, body), http.StatusUnprocessableEntity, code)
	}
	s.want(s.do(host, "trim", params, `{"from_ms":"1"}`), http.StatusBadRequest, "")
	if tl.DurationMS < 1200 {
		s.t.Fatalf("too short to be cut: %d ms", tl.DurationMS)
	}
	from := tl.Segments[0].FromMS + 100
	s.want(s.do(host, "trim", params, fmt.Sprintf(`{"from_ms":%d,"to_ms":%d}`, from, tl.DurationMS)), http.StatusOK, "").into(s.t, &tl)
	if tl.Trim == nil || tl.Trim.FromMS != from || tl.Trim.ToMS != tl.DurationMS {
		s.t.Errorf("%+v", tl.Trim)
	}
	s.program(host, params) // made anew
	part := tl.Segments[0]
	told, sizes := toldOf(s.t, s.want(s.do(host, "masters", params, ""), http.StatusOK, "").body)
	if x := told.Segments; len(x) != 1 || x[0].File == "" || sizes[x[0].File] != x[0].Bytes || x[0].FromMS > from || x[0].ToMS > part.ToMS+50 || x[0].ID != part.ID {
		s.t.Errorf("the ZIP holds %v and tells of %+v", sizes, x)
	}
	for _, c := range told.Chapters {
		if c.AtMS < from {
			s.t.Errorf("the ZIP tells of %+v, which is cut off", c)
		}
	}
	s.wondered(host, params, part.URL, http.StatusPartialContent)
	s.wondered(host, params, part.URL+"?download=1", http.StatusNoContent)
	whole := s.want(s.send(host, http.MethodGet, tl.Segments[0].URL, "", ""), http.StatusOK, "")
	kept := s.want(s.send(host, http.MethodGet, tl.Segments[0].URL+"?download=1", "", ""), http.StatusOK, "")
	if int64(len(whole.body)) != seg.Bytes || kept.header.Get("Content-Length") != strconv.Itoa(len(kept.body)) || !bytes.HasPrefix(kept.body, whole.body[:4]) {
		s.t.Errorf("%d bytes whole, %d cut", len(whole.body), len(kept.body))
	}
	if tag := kept.header.Get("ETag"); tag != "" || whole.header.Get("ETag") == "" {
		s.t.Errorf("what is cut is not the film that players know as %s", tag)
	}
	tl.Trim = nil
	s.want(s.do(host, "untrim", params, ""), http.StatusOK, "").into(s.t, &tl)
	if tl.Trim != nil {
		s.t.Errorf("%+v", tl.Trim)
	}
	s.want(s.do(host, "untrim", params, ""), http.StatusOK, "")
	var sh sharingJSON
	s.want(s.do(host, "sharing", params, ""), http.StatusOK, "").into(s.t, &sh)
	if sh != (sharingJSON{People: 1, Lacking: 1}) {
		s.t.Errorf("%+v", sh)
	}
}

// The length that is told is the length that comes, also where a ZIP takes other forms: names beyond ASCII, films and
// positions beyond 4 GiB.
func TestZIPIsAsLongAsItIsTold(t *testing.T) {
	for _, sizes := range [][]int64{{}, {0}, {1, 2, 3}, {1<<32 - 1}, {3 << 30, 2 << 30, 5}} {
		var list []packed
		var out counter
		z := zip.NewWriter(&out)
		w, err := z.CreateHeader(stored(timelineEntry))
		must(t, err)
		_, err = w.Write(make([]byte, 77))
		must(t, err)
		for i, n := range sizes {
			p := packed{name: fmt.Sprintf("speaker-%d-Yılmaz-camera.webm", i), Part: recorder.Part{Segment: recorder.Segment{Bytes: n}}}
			list = append(list, p)
			w, err := z.CreateHeader(stored(p.name))
			must(t, err)
			_, err = io.CopyN(w, zeros{}, n)
			must(t, err)
		}
		must(t, z.Close())
		if told, err := zipSize(list, 77); err != nil || told != int64(out) {
			t.Errorf("%v: %d told, %d come, %v", sizes, told, out, err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestNamesOfFiles(t *testing.T) {
	for label, want := range map[string]string{
		"": "speaker-2-screen", "Amina Yılmaz-Hohenfels": "speaker-2-Amina-Yılmaz-Hohenfels-screen",
		"../..\\x\x00\"": "speaker-2-x-screen", "…": "speaker-2-screen",
	} {
		if got := clipName(recorder.Part{Speaker: 2, Segment: recorder.Segment{Label: label, Group: recorder.ScreenGroup}}); got != want {
			t.Errorf("%q: %q", label, got)
		}
	}
	if _, err := (film{&kept{Reader: strings.NewReader(""), check: func() error { return errors.New("gone") }}, nil}).Read(nil); err == nil {
		t.Error("a film that is gone is read")
	}
}
