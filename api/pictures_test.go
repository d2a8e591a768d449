package api

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"
)

func photo(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 60, 40)), nil))
	return b.String()
}

// upload sends a file as it is.
func (s *site) upload(who asker, w, mediaType, file string) reply {
	s.t.Helper()
	r := routeOf(s.t, "addPicture")
	got := s.send(who, r.method, strings.ReplaceAll(r.path, "{webinar}", w), mediaType, file)
	s.doc.checkReply(s.t, "addPicture", got)
	return got
}

func TestPicturesOfAPoll(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	guest, _ := s.ticket(host, w, "attendee")
	var p pictureJSON
	s.want(s.upload(host, w, "image/jpeg", photo(t)), http.StatusCreated, "").into(t, &p)
	if p.Width != 60 || p.Height != 40 {
		t.Fatalf("%+v", p)
	}
	var made pollJSON
	s.want(s.do(host, "createPoll", in(w), `{"question":"Which?","options":["a","b"],"pictures":[{"option":1,"id":"`+p.ID+`","alt":"A grey wall"}]}`), http.StatusCreated, "").into(t, &made)
	if made.Options[0].Picture != nil || made.Options[1].Picture == nil || made.Options[1].Picture.Alt != "A grey wall" {
		t.Fatalf("%+v", made.Options)
	}
	at := in(w, "picture", p.ID)
	s.want(s.do(guest, "picture", at, ""), http.StatusNotFound, "not-found")
	s.want(s.do(asker{}, "picture", at, ""), http.StatusUnauthorized, "unauthenticated")
	s.want(s.do(host, "openPoll", in(w, "poll", made.ID), ""), http.StatusOK, "")
	got := s.want(s.do(guest, "picture", at, ""), http.StatusOK, "")
	if h := got.header; h.Get("Content-Type") != "image/jpeg" || h.Get("Cache-Control") != "private, max-age=86400, immutable" || h.Get("X-Content-Type-Options") != "nosniff" ||
		h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
		t.Errorf("%v", h)
	}
	if img, err := jpeg.Decode(bytes.NewReader(got.body)); err != nil || img.Bounds().Dx() != 60 {
		t.Error(err)
	}
	again := guest
	again.header = http.Header{"If-None-Match": {got.header.Get("ETag")}}
	s.want(s.do(again, "picture", at, ""), http.StatusNotModified, "")
	stranger := s.account("stranger@example.org")
	s.want(s.do(stranger, "picture", at, ""), http.StatusNotFound, "not-found")
	s.want(s.do(host, "picture", in(s.webinar(host), "picture", p.ID), ""), http.StatusNotFound, "not-found")
}

func TestUploadsThatAreRefused(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	guest, _ := s.ticket(host, w, "attendee")
	var wide bytes.Buffer
	must(t, (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&wide, image.NewGray(image.Rect(0, 0, 5000, 5000))))
	for name, c := range map[string]struct {
		who             asker
		mediaType, file string
		status          int
		code            string
	}{
		"by a guest":          {guest, "image/jpeg", photo(t), http.StatusForbidden, "forbidden"},
		"as JSON":             {host, "application/json", "{}", http.StatusUnprocessableEntity, "picture-format"},
		"SVG":                 {host, "image/svg+xml", "<svg/>", http.StatusUnprocessableEntity, "picture-format"},
		"a page in disguise":  {host, "image/png", "<html><script>alert(1)</script>", http.StatusUnprocessableEntity, "picture-format"},
		"half a file":         {host, "image/png", photo(t)[:200], http.StatusUnprocessableEntity, "picture-damaged"},
		"25 megapixels":       {host, "image/png", wide.String(), http.StatusUnprocessableEntity, "picture-too-large"},
		"more than may be":    {host, "image/png", strings.Repeat("x", 8<<20+1), http.StatusRequestEntityTooLarge, "too-large"},
		"nothing but a claim": {host, "image/webp", "RIFF\x00\x00\x00\x00WEBPVP8X", http.StatusUnprocessableEntity, "picture-damaged"},
	} {
		t.Run(name, func(t *testing.T) { s.want(s.upload(c.who, w, c.mediaType, c.file), c.status, c.code) })
	}
}
