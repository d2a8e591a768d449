package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// ranges asks for parts of a segment that make no sense, or too many of them: what is answered is the file, a part of it,
// or that there is no such part, and never more than the file.
func (s *site) ranges(host asker, params map[string]string, seg segmentJSON) {
	t := s.t
	t.Helper()
	size := strconv.FormatInt(seg.Bytes, 10)
	for value, want := range map[string]int{
		"bytes=9-1": http.StatusRequestedRangeNotSatisfiable, "bytes=" + size + "-": http.StatusRequestedRangeNotSatisfiable, "bytes=abc": http.StatusRequestedRangeNotSatisfiable,
		"bytes=-": http.StatusRequestedRangeNotSatisfiable, "items=0-1": http.StatusRequestedRangeNotSatisfiable, "bytes=0-1-2": http.StatusRequestedRangeNotSatisfiable,
		"bytes=99999999999999999999-": http.StatusRequestedRangeNotSatisfiable, "bytes=--5": http.StatusRequestedRangeNotSatisfiable, "bytes=0x1-5": http.StatusRequestedRangeNotSatisfiable,
		"bytes=5-5": http.StatusPartialContent, "bytes=-1": http.StatusPartialContent, "bytes=0-" + size + "0": http.StatusPartialContent,
		"bytes=0-1,5-9": http.StatusPartialContent, "bytes=-" + size + "00": http.StatusPartialContent,
		"bytes=" + strings.Repeat("0-,", 500) + "0-": http.StatusOK, // more than the file: the file
	} {
		host.header = http.Header{"Range": {value}}
		got := s.send(host, http.MethodGet, fill(t, "segment", params), "", "")
		if got.status != want || int64(len(got.body)) > seg.Bytes+1000 {
			t.Errorf("%.40s: %d, %d bytes", value, got.status, len(got.body))
		}
	}
}

// fill is the path of an operation.
func fill(t testing.TB, op string, params map[string]string) string {
	t.Helper()
	path := routeOf(t, op).path
	for k, v := range params {
		path = strings.ReplaceAll(path, "{"+k+"}", v)
	}
	return path
}
