package frontend

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func langs() []string { return []string{"de", "en"} }

// builtIn is one of our own announcements.
func builtIn(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("public", "audio", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// folder holds the files.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAnnouncementsOfTheOperator(t *testing.T) {
	mp3, ogg := builtIn(t, "announce-en.mp3"), builtIn(t, "announce-en.ogg")
	tagged := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x03abc\x00\x00"), mp3...)
	ours, err := ReadAnnouncements(folder(t, map[string][]byte{"de.mp3": tagged, "de.ogg": ogg, ".hidden": nil}), langs())
	if err != nil {
		t.Fatal(err)
	}
	h := app()
	h.ours = ours
	for target, want := range map[string]struct {
		kind string
		body []byte
	}{
		"/audio/announce-de.mp3": {"audio/mpeg", tagged}, "/audio/announce-de.ogg": {"audio/ogg", ogg},
	} {
		res, body := get(t, h, http.MethodGet, target, nil)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want.kind || body != string(want.body) {
			t.Errorf("%s: %d %s, %d bytes", target, res.StatusCode, res.Header.Get("Content-Type"), len(body))
		}
	}
	if res, body := get(t, h, http.MethodGet, "/audio/announce-de.mp3", map[string]string{"Range": "bytes=0-2"}); res.StatusCode != http.StatusPartialContent || body != "ID3" {
		t.Errorf("a part: %d %q", res.StatusCode, body)
	}
	// The other language keeps ours, and one format stands in for the other.
	if _, ok := ours["audio/announce-en.mp3"]; ok {
		t.Error("a language without a file lost the one that is built in")
	}
	one, err := ReadAnnouncements(folder(t, map[string][]byte{"en.mp3": mp3}), langs())
	if s := one["audio/announce-en.ogg"]; err != nil || s.contentType != "audio/mpeg" || !bytes.Equal(s.body, mp3) {
		t.Errorf("one file for both: %s, %d bytes, %v", s.contentType, len(s.body), err)
	}
	if none, err := ReadAnnouncements("", langs()); none != nil || err != nil {
		t.Errorf("no folder: %v %v", none, err)
	}
}

func TestFaultyAnnouncements(t *testing.T) {
	mp3, ogg := builtIn(t, "announce-de.mp3"), builtIn(t, "announce-de.ogg")
	for name, try := range map[string]struct {
		files map[string][]byte
		says  string
	}{
		"nothing":          {nil, "holds no announcement"},
		"empty file":       {map[string][]byte{"de.mp3": {}}, "de.mp3: this is no MP3"},
		"another sound":    {map[string][]byte{"de.mp3": ogg}, "de.mp3: this is no MP3"},
		"the other way":    {map[string][]byte{"en.ogg": mp3}, "en.ogg: this is no Ogg"},
		"a tag only":       {map[string][]byte{"de.mp3": []byte("ID3\x04\x00\x00\x00\x00\x7f\x7fabc")}, "no MP3"},
		"layer II":         {map[string][]byte{"de.mp3": {0xff, 0xfd, 0x84, 0xc4, 0, 0}}, "no MP3"},
		"video in Ogg":     {map[string][]byte{"de.ogg": append(append([]byte{}, ogg[:28]...), "\x80theora"...)}, "no Ogg"},
		"half a page":      {map[string][]byte{"de.ogg": ogg[:20]}, "no Ogg"},
		"too large":        {map[string][]byte{"de.mp3": append(mp3, make([]byte, maxAnnouncement)...)}, "too large: at most 1024 KiB"},
		"unknown language": {map[string][]byte{"de.mp3": mp3, "fr.mp3": mp3}, "fr.mp3 would never be played"},
		"unknown format":   {map[string][]byte{"de.wav": mp3}, "languages are de, en"},
		"our own name":     {map[string][]byte{"announce-de.mp3": mp3}, "files are called de.mp3"},
	} {
		if _, err := ReadAnnouncements(folder(t, try.files), langs()); err == nil || !strings.Contains(err.Error(), try.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadAnnouncements(filepath.Join(t.TempDir(), "none"), langs()); err == nil || !strings.Contains(err.Error(), fs.ErrNotExist.Error()) && !os.IsNotExist(err) {
		t.Errorf("a folder that is not there: %v", err)
	}
	// A link out of the folder is not followed.
	dir := folder(t, map[string][]byte{"en.mp3": mp3})
	if err := os.Symlink(filepath.Join(folder(t, map[string][]byte{"x": mp3}), "x"), filepath.Join(dir, "de.mp3")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAnnouncements(dir, langs()); err == nil || !strings.Contains(err.Error(), "de.mp3") {
		t.Errorf("a link out of the folder: %v", err)
	}
	// All faults at once.
	_, err := ReadAnnouncements(folder(t, map[string][]byte{"de.mp3": nil, "en.ogg": nil}), langs())
	if err == nil || !strings.Contains(err.Error(), "de.mp3") || !strings.Contains(err.Error(), "en.ogg") {
		t.Errorf("two faults: %v", err)
	}
}
