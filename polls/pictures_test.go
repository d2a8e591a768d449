package polls

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plenum/picture"
	"plenum/webinar"
)

// gallery is a fixture with pictures.
type gallery struct {
	*fixture
	*Pictures
	folder string
}

func newGallery(t *testing.T) gallery {
	t.Helper()
	f := newFixture(t, 1)
	folder := filepath.Join(t.TempDir(), "pictures")
	shelf, err := picture.OpenShelf(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shelf.Close(); err != nil {
			t.Error(err)
		}
	})
	return gallery{f, NewPictures(f.db, shelf), folder}
}

func dot(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (g gallery) upload(t *testing.T) PictureID {
	t.Helper()
	p, err := g.Add(t.Context(), room, dot(t))
	if err != nil || p.Width != 3 || p.Height != 2 {
		t.Fatal(p, err)
	}
	return p.ID
}

// files sweeps and names what is left on the shelf.
func (g gallery) files(t *testing.T) string {
	t.Helper()
	if err := g.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(g.folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func (g gallery) seen(t *testing.T, w webinar.ID, id PictureID, host bool) bool {
	t.Helper()
	_, f, err := g.Open(t.Context(), w, id, host)
	if err != nil {
		if !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		return false
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

func TestPicturesLiveAsLongAsTheirPoll(t *testing.T) {
	g := newGallery(t)
	first, second := g.upload(t), g.upload(t)
	d := Draft{Question: "Welches?", Options: []string{"a", "b"}, Pictures: []DraftPicture{{Option: 0, ID: first, Alt: " Ein Kreis "}, {Option: 1, ID: second, Alt: "Ein Stern"}}}
	p, err := g.Create(t.Context(), room, d)
	if err != nil {
		t.Fatal(err)
	}
	v, err := g.Get(t.Context(), room, p.ID, "", true)
	if err != nil || v.Poll.Options[0].Picture == nil || *v.Poll.Options[0].Picture != (Picture{ID: first, Type: "image/jpeg", Width: 3, Height: 2, Alt: "Ein Kreis", file: string(first)}) {
		t.Fatalf("%+v, %v", v.Poll.Options, err)
	}
	if !g.seen(t, room, first, true) || g.seen(t, room, first, false) {
		t.Error("a draft's picture is for hosts only")
	}
	d.Pictures = d.Pictures[1:]
	if _, err := g.Update(t.Context(), room, p.ID, d); err != nil {
		t.Fatal(err)
	}
	if got := g.files(t); got != string(second) {
		t.Errorf("after the first was taken away the shelf holds %s, want %s", got, second)
	}
	if _, err := g.OpenPoll(t.Context(), room, p.ID, Opening{}); err != nil {
		t.Fatal(err)
	}
	if !g.seen(t, room, second, false) || g.seen(t, other, second, true) || g.seen(t, room, first, true) {
		t.Error("wrong people see the picture of an open poll")
	}
	third := g.upload(t)
	d.Pictures = []DraftPicture{{Option: 1, ID: third, Alt: "x"}}
	if p, err = g.Create(t.Context(), room, d); err != nil {
		t.Fatal(err)
	}
	if err := g.Delete(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if got := g.files(t); got != string(second) {
		t.Errorf("after its draft was deleted the shelf holds %s", got)
	}
	copies, err := g.Copy(t.Context(), other, room, nil, "")
	if err != nil || len(copies) != 1 {
		t.Fatal(copies, err)
	}
	if err := g.db.Exec("DELETE FROM webinars WHERE id = ?", room).Error; err != nil {
		t.Fatal(err)
	}
	if own := copies[0].Options[1].Picture; own == nil || own.Alt != "Ein Stern" || own.ID == second || !g.seen(t, other, own.ID, true) || g.files(t) != string(second) {
		t.Errorf("a copy in another webinar lost its picture: %+v", own)
	}
	if err := g.Delete(t.Context(), other, copies[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := g.files(t); got != "" {
		t.Errorf("after its webinar was erased the shelf holds %s", got)
	}
}

func TestUnusedPicturesGoAfterADay(t *testing.T) {
	g := newGallery(t)
	id := g.upload(t)
	if got := g.files(t); got != string(id) {
		t.Fatalf("the shelf holds %s", got)
	}
	if err := g.db.Exec("UPDATE pictures SET uploaded_at = ?", time.Now().Add(-unusedFor-time.Second).UnixMilli()).Error; err != nil {
		t.Fatal(err)
	}
	if got := g.files(t); got != "" {
		t.Errorf("the shelf holds %s", got)
	}
}

// A sweep between the file and its row leaves the file alone; the next start finds what a crash left there.
func TestSweepDuringAnUpload(t *testing.T) {
	g := newGallery(t)
	g.arriving("half", true)
	if err := g.shelf.Put("half", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := g.files(t); got != "half" {
		t.Errorf("the shelf holds %q", got)
	}
	g.arriving("half", false)
	if got := g.files(t); got != "" {
		t.Errorf("the shelf holds %q", got)
	}
}

func TestRefusedPictures(t *testing.T) {
	g := newGallery(t)
	id := g.upload(t)
	options := []string{"a", "b"}
	for name, c := range map[string]struct {
		pictures      []DraftPicture
		field, reason string
	}{
		"unknown":                {[]DraftPicture{{Option: 0, ID: "nothing", Alt: "x"}}, "pictures", "unknown"},
		"beside no option":       {[]DraftPicture{{Option: 2, ID: id, Alt: "x"}}, "pictures", "unknown"},
		"before the first":       {[]DraftPicture{{Option: -1, ID: id, Alt: "x"}}, "pictures", "unknown"},
		"two beside one":         {[]DraftPicture{{Option: 0, ID: id, Alt: "x"}, {Option: 0, ID: id, Alt: "y"}}, "pictures", "duplicate"},
		"without words":          {[]DraftPicture{{Option: 0, ID: id, Alt: " "}}, "alt", "empty"},
		"words without end":      {[]DraftPicture{{Option: 0, ID: id, Alt: strings.Repeat("x", 1<<20)}}, "alt", "too-long"},
		"words that run on left": {[]DraftPicture{{Option: 0, ID: id, Alt: "a\u202eb"}}, "alt", "control-characters"},
	} {
		_, err := g.Create(t.Context(), room, Draft{Question: "?", Options: options, Pictures: c.pictures})
		if bad, ok := errors.AsType[*webinar.InvalidError](err); !ok || bad.Field != c.field || bad.Reason != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := g.Create(t.Context(), other, Draft{Question: "?", Options: options, Pictures: []DraftPicture{{Option: 0, ID: id, Alt: "x"}}}); err == nil {
		t.Error("a picture of another webinar was taken")
	}
	if _, err := g.Add(t.Context(), "no webinar", dot(t)); !errors.Is(err, webinar.ErrNotFound) {
		t.Errorf("upload to nowhere: %v", err)
	}
	if _, err := g.Add(t.Context(), room, []byte("<svg/>")); !errors.Is(err, picture.ErrFormat) {
		t.Errorf("upload of a page: %v", err)
	}
	if got := g.files(t); got != string(id) {
		t.Errorf("refused uploads left %s", got)
	}
	for i := range MaxPictures - 1 {
		if err := g.db.Exec("INSERT INTO pictures (id, webinar_id, file, type, width, height, uploaded_at) VALUES (?1, ?2, ?1, 'image/png', 1, 1, ?3)",
			fmt.Sprint("p", i), room, time.Now().UnixMilli()).Error; err != nil {
			t.Fatal(err)
		}
	}
	_, err := g.Add(t.Context(), room, dot(t))
	if bad, ok := errors.AsType[*webinar.InvalidError](err); !ok || bad.Reason != "too-many" {
		t.Errorf("one too many: %v", err)
	}
}
