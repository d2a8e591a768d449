package api

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"plenum/recorder"
	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// microphone is a source as the SFU shows it to the recorder.
type microphone struct {
	track media.Track
	sink  media.Sink
}

func (m *microphone) Track() media.Track { return m.track }
func (m *microphone) RequestKeyFrame()   {}
func (m *microphone) Keep(bool)          {}
func (m *microphone) Tap(s media.Sink) func() {
	m.sink = s
	return func() {}
}

// speak opens a microphone of somebody, sends Opus until some of it is on the disk, 2 s of it at least, and closes it. The
// frames come faster than they would play.
func (s *site) speak(w, ticket string) {
	s.t.Helper()
	seat, err := s.webinars.Ticket(s.t.Context(), webinar.ID(w), webinar.TicketID(ticket))
	must(s.t, err)
	m := &microphone{track: media.Track{
		ID: webinar.NewID(), Session: webinar.NewID(), Owner: ticket, Subject: string(seat.Subject), Kind: media.Mic,
		MimeType: "audio/opus", ClockRate: 48000, Channels: 2,
	}}
	s.recorder.SourceOpened(w, m, false)
	if m.sink == nil {
		s.t.Fatal("the recorder did not tap the source")
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	before := s.spooled()
	for i, end := uint32(0), time.Now().Add(patience); i < 100 || s.spooled() < before+1000; i++ {
		at := <-tick.C
		if at.After(end) {
			s.t.Fatal("nothing reached the disk")
		}
		m.sink.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SSRC: 1, SequenceNumber: uint16(i), Timestamp: i * 960},
			Payload: append([]byte{0xfc}, bytes.Repeat([]byte{byte(i)}, 40)...),
		}, at)
	}
	s.recorder.SourceClosed(w, m)
}

// spooled is the size of all that was recorded.
func (s *site) spooled() (n int64) {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.spool, "*.webm"))
	must(s.t, err)
	for _, f := range files {
		stat, err := os.Stat(f)
		must(s.t, err)
		n += stat.Size()
	}
	return n
}

// agree shows the notice to somebody and has them agree.
func (s *site) agree(who asker, params map[string]string) reply {
	s.t.Helper()
	var n noticeJSON
	s.want(s.do(who, "notice", params, ""), http.StatusOK, "").into(s.t, &n)
	rest := `","hash":"` + n.Hash + `","lang":"` + n.Lang + `"}`
	s.want(s.do(who, "answer", params, `{"act":"shown`+rest), http.StatusOK, "")
	return s.want(s.do(who, "answer", params, `{"act":"grant`+rest), http.StatusOK, "")
}

// sealed waits until the recording has n finished segments.
func (s *site) sealed(host asker, params map[string]string, n int) recordingDetailJSON {
	s.t.Helper()
	var d recordingDetailJSON
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		s.want(s.do(host, "getRecording", params, ""), http.StatusOK, "").into(s.t, &d)
		done := 0
		for _, seg := range d.Segments {
			if seg.State != "writing" {
				done++
			}
		}
		if done == n && len(d.Segments) == n {
			return d
		}
	}
	s.t.Fatalf("still not sealed: %+v", d)
	return d
}

func TestRecording(t *testing.T) {
	s := newSite(t)
	host, other := s.account("host@example.org"), s.account("other@example.org")
	w, foreign := s.webinar(host), s.webinar(other)
	speaker, ticket := s.ticket(host, w, "speaker")
	attendee, _ := s.ticket(host, w, "attendee")
	var rec, same recordingJSON
	s.want(s.do(host, "announce", in(w), `{"key":"k"}`), http.StatusCreated, "").into(t, &rec)
	s.want(s.do(host, "announce", in(w), `{"key":"k"}`), http.StatusCreated, "").into(t, &same)
	if rec.ID != same.ID || rec.State != "announced" || !rec.Strict {
		t.Fatalf("%+v, again %+v", rec, same)
	}
	s.want(s.do(host, "announce", in(w), `{"key":"k2"}`), http.StatusConflict, "recording-active")
	one := in(w, "recording", rec.ID)
	s.want(s.do(host, "startRecording", one, ""), http.StatusConflict, "nobody-agreed")

	grant := `{"act":"grant","hash":"` + strings.Repeat("0", 64) + `","lang":"de"}`
	s.want(s.do(speaker, "answer", one, grant), http.StatusConflict, "other-notice")
	s.want(s.do(attendee, "answer", one, grant), http.StatusForbidden, "forbidden")
	for body, field := range map[string]string{
		`{"act":"maybe","hash":"","lang":"de"}`:                   "act",
		`{"act":"grant","scopes":["ears"],"hash":"","lang":"de"}`: "scopes",
		`{"act":"grant","scopes":[],"hash":"","lang":"de"}`:       "scopes",
	} {
		if got := s.want(s.do(speaker, "answer", one, body), http.StatusUnprocessableEntity, "invalid"); !strings.Contains(string(got.body), field) {
			t.Errorf("%s: %s", body, got.body)
		}
	}
	s.want(s.do(speaker, "answer", one, `{"act":"grant","scopes":["chat","poll"],"hash":"","lang":"de"}`), http.StatusUnprocessableEntity, "no-media")
	var mine myConsentJSON
	s.agree(speaker, one).into(t, &mine)
	if mine.State != "granted" || len(mine.Scopes) != 6 || mine.Publish || mine.Receipt == nil {
		t.Errorf("%+v", mine)
	}
	var snap snapshotJSON
	stream := s.open(host, w, "")
	s.decode(stream.wait("snapshot"), &snap)
	if snap.Recording == nil || snap.Consent == nil || snap.Consent.Granted != 1 || snap.MyConsent == nil || snap.MyConsent.State != "none" {
		t.Errorf("the host's snapshot: %+v", snap)
	}
	snap = snapshotJSON{}
	s.decode(s.open(attendee, w, "").wait("snapshot"), &snap)
	if snap.Recording == nil || snap.Consent != nil || snap.MyConsent != nil {
		t.Errorf("an attendee's snapshot: %+v", snap)
	}

	s.want(s.do(host, "startRecording", one, ""), http.StatusOK, "")
	if got := stream.wait("recording"); !strings.Contains(got.data, `"state":"recording"`) {
		t.Errorf("%+v", got)
	}
	s.speak(w, ticket.ID)
	s.want(s.do(speaker, "beat", in(w), `{"epoch_ms":1.5,"rtt_ms":20}`), http.StatusNoContent, "")
	s.want(s.do(host, "stopRecording", one, ""), http.StatusOK, "")
	d := s.sealed(host, one, 1)
	seg := d.Segments[0]
	if seg.Group != "camera" || !seg.Audio || seg.Video || seg.Label != "A speaker" || seg.DurationMS <= 0 || seg.Bytes <= 0 {
		t.Errorf("%+v", seg)
	}
	for _, who := range []struct {
		asker asker
		in    string
		want  int
	}{{attendee, w, http.StatusForbidden}, {speaker, w, http.StatusForbidden}, {other, w, http.StatusNotFound}, {other, foreign, http.StatusNotFound}, {asker{}, w, http.StatusUnauthorized}} {
		for _, op := range []string{"segment", "getRecording", "timeline", "program", "made", "make", "captions", "setCaptions", "dropCaptions", "masters", "untrim", "sharing", "ledger", "reportCSV", "reportPDF", "downloads", "copyDeleted", "deleteRecording", "stopRecording"} {
			if got := s.do(who.asker, op, in(who.in, "recording", rec.ID, "segment", seg.ID, "download", webinar.NewID(), "making", "mp4", "lang", "de"), ""); got.status != who.want {
				t.Errorf("%s: %d %s", op, got.status, got.problem())
			}
		}
	}
	s.want(s.do(other, "trim", in(foreign, "recording", rec.ID), `{"from_ms":0,"to_ms":1000}`), http.StatusNotFound, "not-found")
	s.timeline(host, one, rec, seg)
	s.program(host, one)
	s.download(host, in(w, "recording", rec.ID, "segment", seg.ID), seg)
	s.ranges(host, in(w, "recording", rec.ID, "segment", seg.ID), seg)
	s.zipped(host, one, seg)
	s.trimmed(host, one, seg)

	ledger := s.want(s.do(host, "ledger", one, ""), http.StatusOK, "")
	if _, err := consent.Verify(bytes.NewReader(ledger.body), ""); err != nil {
		t.Errorf("the ledger: %v", err)
	}
	if got := s.want(s.do(host, "reportCSV", one, ""), http.StatusOK, ""); !strings.Contains(string(got.body), "grant,A speaker,") {
		t.Errorf("%s", got.body)
	}
	if got := s.want(s.do(host, "reportPDF", one, ""), http.StatusOK, ""); !bytes.HasPrefix(got.body, []byte("%PDF-")) {
		t.Errorf("%.40s", got.body)
	}
	s.byLink(mine.Link)
	s.copies(host, in, w, rec.ID)
	if got := s.want(s.do(host, "reportCSV", one, ""), http.StatusOK, ""); strings.Contains(string(got.body), "A speaker") || !strings.Contains(string(got.body), "withdraw,speaker 1,") {
		t.Errorf("%s", got.body)
	}
	s.want(s.do(host, "segment", in(w, "recording", rec.ID, "segment", seg.ID), ""), http.StatusNotFound, "not-found")
	s.want(s.do(host, "program", one, ""), http.StatusNotFound, "not-found")
	s.want(s.do(host, "masters", one, ""), http.StatusNotFound, "not-found")
	var sh sharingJSON
	s.want(s.do(host, "sharing", one, ""), http.StatusOK, "").into(t, &sh)
	if sh != (sharingJSON{}) {
		t.Errorf("nobody is in it: %+v", sh)
	}
	s.want(s.do(host, "deleteRecording", one, ""), http.StatusNoContent, "")
	for _, op := range []string{"getRecording", "timeline", "masters", "untrim", "sharing"} {
		s.want(s.do(host, op, one, ""), http.StatusNotFound, "not-found")
	}
	s.want(s.do(host, "trim", one, `{"from_ms":0,"to_ms":1000}`), http.StatusNotFound, "not-found")
}

// copies finds the downloads of the story and deletes what a withdrawal asks for.
func (s *site) copies(host asker, in func(string, ...string) map[string]string, w, recording string) {
	t := s.t
	t.Helper()
	var list []downloadJSON
	s.want(s.do(host, "downloads", in(w, "recording", recording), ""), http.StatusOK, "").into(t, &list)
	kinds, task := map[string]bool{}, ""
	for _, d := range list {
		kinds[d.What+" "+d.How] = true
		if d.TaskAt != nil && (!d.Mine || d.DoneAt != nil) {
			t.Errorf("%+v", d)
		}
		if d.TaskAt != nil && d.What == "segment" {
			task = d.ID
		}
	}
	for _, want := range []string{"segment download", "segment play", "ledger download", "report download", "timeline download"} {
		if !kinds[want] {
			t.Errorf("%s is not among %v", want, kinds)
		}
	}
	if task == "" {
		t.Fatalf("no task: %+v", list)
	}
	for range 2 {
		s.want(s.do(host, "copyDeleted", in(w, "recording", recording, "download", task), ""), http.StatusNoContent, "")
	}
	s.want(s.do(host, "copyDeleted", in(w, "recording", recording, "download", webinar.NewID()), ""), http.StatusNotFound, "not-found")
}

// byLink withdraws as somebody who has nothing but the link.
func (s *site) byLink(link string) {
	t := s.t
	t.Helper()
	path, secret, _ := strings.Cut(link, "#")
	if path != "/receipt" || len(secret) != 22 {
		t.Fatalf("link %q", link)
	}
	body := func(secret, rest string) string { return `{"link":"` + secret + `"` + rest + `}` }
	var held heldJSON
	s.want(s.do(asker{}, "readReceipt", nil, body(secret, "")), http.StatusOK, "").into(t, &held)
	if held.Webinar == "" || held.State == "erased" || held.Files != 1 || held.Mine.State != "granted" || held.Mine.Receipt == nil || held.ExpiresAt == nil ||
		len(held.Answers) != 1 || held.Answers[0].Act != "grant" || len(held.Answers[0].Scopes) != 6 || held.Notice.Hash != consent.Hash(held.Notice.Text) {
		t.Errorf("%+v", held)
	}
	for _, bad := range []string{"", "x", strings.ToUpper(secret) + "0"} {
		s.want(s.do(asker{}, "readReceipt", nil, body(bad, "")), http.StatusNotFound, "unknown-link")
		s.want(s.do(asker{}, "withdrawReceipt", nil, body(bad, "")), http.StatusNotFound, "unknown-link")
	}
	s.want(s.do(asker{}, "withdrawReceipt", nil, body(secret, `,"key":"`+strings.Repeat("k", 65)+`"`)), http.StatusUnprocessableEntity, "invalid")
	for range 2 {
		s.want(s.do(asker{}, "withdrawReceipt", nil, body(secret, `,"key":"k"`)), http.StatusOK, "").into(t, &held)
		if held.Files != 0 || held.Mine.State != "withdrawn" || len(held.Answers) != 2 || held.Answers[1].Keep {
			t.Errorf("%+v", held)
		}
	}
	if strings.Contains(s.log.String(), secret) {
		t.Error("the log knows the link")
	}
}

// timeline holds what the timeline says of the only segment against the segment itself.
func (s *site) timeline(host asker, params map[string]string, rec recordingJSON, seg segmentJSON) {
	s.t.Helper()
	var tl timelineJSON
	s.want(s.do(host, "timeline", params, ""), http.StatusOK, "").into(s.t, &tl)
	if tl.Recording != rec.ID || tl.ExpiresAt == nil || len(tl.Segments) != 1 || len(tl.Chapters) != 1 || tl.Polls == nil || tl.Pauses == nil {
		s.t.Fatalf("%+v", tl)
	}
	if tl.Made != nil || tl.Program.State == "ready" && tl.Program.Sound != "speaker" {
		s.t.Errorf("without ffmpeg: %+v", tl.Made)
	}
	s.want(s.do(host, "make", with(params, "making", "mp4"), ""), http.StatusConflict, "unable")
	for _, what := range []string{"mp4", "mix", "program", "x"} {
		s.want(s.do(host, "made", with(params, "making", what), ""), http.StatusNotFound, "not-found")
	}
	s.captioned(host, params)
	kept := s.want(s.do(host, "timeline", with(params, "?", "download=1"), ""), http.StatusOK, "")
	if name := kept.header.Get("Content-Disposition"); !strings.HasSuffix(name, `-timeline.json"`) {
		s.t.Errorf("%s", name)
	}
	p := tl.Segments[0]
	if p.ID != seg.ID || p.Label != seg.Label || !p.Named || p.Speaker != 1 || p.FromMS != seg.StartMS || p.ToMS != seg.StartMS+seg.DurationMS || p.Bytes != seg.Bytes {
		s.t.Errorf("%+v", p)
	}
	if got := s.want(s.send(host, http.MethodGet, p.URL, "", ""), http.StatusOK, ""); int64(len(got.body)) != seg.Bytes {
		s.t.Errorf("%s: %d bytes of %d", p.URL, len(got.body), seg.Bytes)
	}
}

// with is params and one more.
func with(params map[string]string, name, value string) map[string]string {
	out := maps.Clone(params)
	out[name] = value
	return out
}

// program waits for the one file of the recording and takes it.
func (s *site) program(host asker, params map[string]string) {
	s.t.Helper()
	var tl timelineJSON
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); tl.Program.State != "ready"; <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("no program: %+v", tl.Program)
		}
		s.want(s.do(host, "timeline", params, ""), http.StatusOK, "").into(s.t, &tl)
	}
	got := s.want(s.send(host, http.MethodGet, tl.Program.URL+"&download=1", "", ""), http.StatusOK, "")
	if int64(len(got.body)) != tl.Program.Bytes || !bytes.HasPrefix(got.body, []byte{0x1a, 0x45, 0xdf, 0xa3}) || tl.Program.DurationMS <= 0 {
		s.t.Errorf("%d bytes of %+v", len(got.body), tl.Program)
	}
	if name := got.header.Get("Content-Disposition"); !strings.HasPrefix(name, `attachment; filename="recording-2`) {
		s.t.Errorf("%s", name)
	}
}

func (s *site) decode(e event, v any) {
	s.t.Helper()
	reply{body: []byte(e.data)}.into(s.t, v)
}

// download takes a segment whole, in part and as a file to keep.
func (s *site) download(host asker, params map[string]string, seg segmentJSON) {
	s.t.Helper()
	whole := s.want(s.do(host, "segment", params, ""), http.StatusOK, "")
	if int64(len(whole.body)) != seg.Bytes || !bytes.HasPrefix(whole.body, []byte{0x1a, 0x45, 0xdf, 0xa3}) {
		s.t.Errorf("%d bytes of %d: %x", len(whole.body), seg.Bytes, whole.body[:4])
	}
	for name, want := range map[string]string{
		"Content-Type": "video/webm", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin", "Accept-Ranges": "bytes", "Content-Disposition": "",
	} {
		if got := whole.header.Get(name); got != want {
			s.t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	host.header = http.Header{"Range": {"bytes=10-19"}, "If-Range": {whole.header.Get("ETag")}}
	part := s.want(s.do(host, "segment", params, ""), http.StatusPartialContent, "")
	if !bytes.Equal(part.body, whole.body[10:20]) {
		s.t.Errorf("part %x", part.body)
	}
	host.header = nil
	params["?"] = "download=1"
	kept := s.want(s.do(host, "segment", params, ""), http.StatusOK, "")
	if name := kept.header.Get("Content-Disposition"); !strings.HasPrefix(name, `attachment; filename="recording-2`) || !strings.HasSuffix(name, `-1.webm"`) {
		s.t.Errorf("%s", name)
	}
}

func TestDownloadBreaksOffAfterAWithdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := error(nil)
		k := &kept{Reader: strings.NewReader("0123456789"), check: func() error { return gone }}
		buf := make([]byte, 2)
		for range 2 {
			if n, err := k.Read(buf); n != 2 || err != nil {
				t.Fatal(n, err)
			}
		}
		gone = webinar.ErrNotFound
		time.Sleep(time.Second) // that much more of a film may go
		if n, err := k.Read(buf); n != 0 || !errors.Is(err, webinar.ErrNotFound) {
			t.Errorf("%d bytes and %v of a file that is gone", n, err)
		}
	})
}

func TestNothingStartsTooEarly(t *testing.T) {
	s := newSite(t)
	synctest.Test(t, func(t *testing.T) { // where no time passes until it is said how long to wait
		f, _, known := (&server{faults: faults()}).judge(&recorder.TooEarlyError{At: time.Now().Add(7 * time.Second)})
		if !known || f.status != http.StatusConflict || !strings.Contains(f.says.en, "7 seconds") || !strings.Contains(f.says.de, "7 Sekunden") {
			t.Errorf("%+v", f)
		}
	})
	host := s.account("host@example.org")
	w := s.webinar(host)
	for _, op := range []string{"startRecording", "pauseRecording", "resumeRecording", "stopRecording", "deleteRecording", "getRecording", "timeline", "program", "made", "make", "masters", "untrim", "sharing", "ledger", "reportCSV", "reportPDF", "downloads", "copyDeleted", "notice", "myConsent"} {
		s.want(s.do(host, op, noIDs(w), ""), http.StatusNotFound, "not-found")
	}
}
