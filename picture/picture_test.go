package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"testing"
)

// quarters is a picture whose corners are red, green, blue and white, clockwise from the top left.
func quarters(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			switch right, below := x >= w/2, y >= h/2; {
			case right && !below:
				c = color.NRGBA{0, 255, 0, 255}
			case right:
				c = color.NRGBA{0, 0, 255, 255}
			case below:
				c = color.NRGBA{255, 255, 255, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withEXIF puts a camera's words behind the start of a JPEG: its orientation and where the picture was taken.
func withEXIF(file []byte, order binary.ByteOrder, o uint16) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	u16 := func(v uint16) { b := make([]byte, 2); order.PutUint16(b, v); tiff = append(tiff, b...) }
	u32 := func(v uint32) { b := make([]byte, 4); order.PutUint32(b, v); tiff = append(tiff, b...) }
	u32(8)
	u16(2)
	u16(0x010f) // maker
	u16(2)
	u32(4)
	u32(0x43616d00)
	u16(orientationTag)
	u16(3)
	u32(1)
	u16(o)
	u16(0)
	u32(0)
	tiff = append(tiff, "GPS 48.1371 N 11.5754 E"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := append([]byte{0xff, app1, 0, 0}, body...)
	binary.BigEndian.PutUint16(segment[2:], uint16(len(body)+2))
	return append(append(append([]byte{}, file[:2]...), segment...), file[2:]...)
}

// corners names the colours clockwise from the top left.
func corners(img image.Image) (out string) {
	b := img.Bounds()
	for _, p := range []image.Point{{b.Min.X + 2, b.Min.Y + 2}, {b.Max.X - 3, b.Min.Y + 2}, {b.Max.X - 3, b.Max.Y - 3}, {b.Min.X + 2, b.Max.Y - 3}} {
		r, g, bl, _ := img.At(p.X, p.Y).RGBA()
		switch hi := [3]bool{r > 0x8000, g > 0x8000, bl > 0x8000}; hi {
		case [3]bool{true, false, false}:
			out += "R"
		case [3]bool{false, true, false}:
			out += "G"
		case [3]bool{false, false, true}:
			out += "B"
		default:
			out += "W"
		}
	}
	return out
}

func TestPicturesStandAsTheyWereSeen(t *testing.T) {
	plain := jpegOf(t, quarters(64, 32))
	// What each orientation makes of R G B W, by EXIF 2.32 table of tag 0112.
	for o, want := range map[uint16]string{0: "RGBW", 1: "RGBW", 2: "GRWB", 3: "BWRG", 4: "WBGR", 5: "RWBG", 6: "WRGB", 7: "BGRW", 8: "GBWR", 9: "RGBW"} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			p, err := Renew(withEXIF(plain, order, o))
			if err != nil {
				t.Fatal(err)
			}
			img, err := jpeg.Decode(bytes.NewReader(p.Data))
			if err != nil {
				t.Fatal(err)
			}
			if got := corners(img); got != want {
				t.Errorf("orientation %d: %s, want %s", o, got, want)
			}
			turned := o >= 5 && o <= 8
			if (p.Width == 32) != turned || (p.Height == 64) != turned || img.Bounds().Dx() != p.Width {
				t.Errorf("orientation %d: %d × %d", o, p.Width, p.Height)
			}
		}
	}
}

func TestNothingOfTheFileIsLeft(t *testing.T) {
	secret := []byte("GPS 48.1371 N")
	upload := append(withEXIF(jpegOf(t, quarters(40, 40)), binary.LittleEndian, 1), "<script>alert(1)</script> PK\x03\x04"...)
	if !bytes.Contains(upload, secret) {
		t.Fatal("the upload holds nothing to lose")
	}
	p, err := Renew(upload)
	if err != nil || p.Type != "image/jpeg" {
		t.Fatal(p.Type, err)
	}
	for _, s := range [][]byte{secret, []byte("Exif"), []byte("script"), []byte("PK\x03\x04")} {
		if bytes.Contains(p.Data, s) {
			t.Errorf("%q came through", s)
		}
	}
}

func TestLargePicturesAreMadeSmaller(t *testing.T) {
	p, err := Renew(pngOf(t, quarters(4000, 1000)))
	if err != nil || p.Width != MaxEdge || p.Height != MaxEdge/4 || p.Type != "image/jpeg" {
		t.Errorf("%d × %d %s, %v", p.Width, p.Height, p.Type, err)
	}
	if p, err = Renew(pngOf(t, quarters(9000, 1))); err != nil || p.Height != 1 {
		t.Errorf("a line: %d × %d, %v", p.Width, p.Height, err)
	}
}

func TestWhatShinesThroughStays(t *testing.T) {
	img := quarters(50, 50)
	img.SetNRGBA(5, 5, color.NRGBA{1, 2, 3, 128})
	var animated bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.Transparent, color.Black})
	other := image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.White})
	if err := gif.EncodeAll(&animated, &gif.GIF{Image: []*image.Paletted{frame, other}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	p, err := Renew(pngOf(t, img))
	if err != nil || p.Type != "image/png" {
		t.Fatal(p.Type, err)
	}
	got, err := png.Decode(bytes.NewReader(p.Data))
	if err != nil || got.At(5, 5) != (color.NRGBA{1, 2, 3, 128}) || corners(got) != "RGBW" {
		t.Errorf("%v, %v", got.At(5, 5), err)
	}
	if p, err = Renew(animated.Bytes()); err != nil || p.Type != "image/png" || p.Width != 20 {
		t.Errorf("an animation: %s %d, %v", p.Type, p.Width, err)
	}
}

// bomb is a PNG of a few bytes that claims to be enormous.
func bomb(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

func TestRefusedUploads(t *testing.T) {
	whole := jpegOf(t, quarters(64, 64))
	// A JPEG with one scan header after another.
	scans := append(append([]byte{}, whole[:len(whole)-2]...), bytes.Repeat([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0}, 500)...)
	for name, c := range map[string]struct {
		upload []byte
		want   error
	}{
		"nothing":                {nil, ErrFormat},
		"a page":                 {[]byte("<html>"), ErrFormat},
		"SVG, which is a page":   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`), ErrFormat},
		"HEIC":                   {[]byte("\x00\x00\x00\x18ftypheic"), ErrFormat},
		"half a picture":         {whole[:len(whole)/2], ErrDamaged},
		"three bytes of one":     {whole[:3], ErrDamaged},
		"gigapixels in 33 bytes": {bomb(60000, 60000), ErrTooLarge},
		"more than a number":     {bomb(1<<31-1, 1<<31-1), ErrDamaged},
		"no pixels":              {bomb(0, 9), ErrDamaged},
		"500 passes":             {scans, ErrTooLarge},
		"9 MiB":                  {append(whole, make([]byte, 9<<20)...), ErrTooLarge},
	} {
		if _, err := Renew(c.upload); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzRenew(f *testing.F) {
	f.Add(withEXIF(jpegOf(f, quarters(8, 8)), binary.BigEndian, 6))
	f.Add(pngOf(f, quarters(8, 8)))
	f.Add(bomb(9, 9))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Fuzz(func(t *testing.T, upload []byte) {
		p, err := Renew(upload)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		c, _, err := image.DecodeConfig(bytes.NewReader(p.Data))
		if err != nil || c.Width != p.Width || c.Height != p.Height || max(c.Width, c.Height) > MaxEdge {
			t.Fatalf("%v, %+v of %d × %d", err, c, p.Width, p.Height)
		}
	})
}

func TestShelf(t *testing.T) {
	folder := t.TempDir()
	s, err := OpenShelf(folder + "/pictures")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range []string{"a", "b"} {
		if err := s.Put(id, []byte("data of "+id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put("a", []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an id was used twice: %v", err)
	}
	f, err := s.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if f.Close(); err != nil || string(got) != "data of a" {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(folder+"/outside", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Open("../outside"); err == nil {
		f.Close()
		t.Error("a file outside of the folder was opened")
	}
	broken := errors.New("nobody knows")
	if err := s.Sweep(func() (map[string]bool, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("swept without knowing what is wanted: %v", err)
	}
	err = s.Sweep(func() (map[string]bool, error) {
		return map[string]bool{"a": true}, s.Put("came meanwhile", []byte("c"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if f, err = s.Open("came meanwhile"); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
	if _, err := s.Open("b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("b is still there: %v", err)
	}
	if f, err = s.Open("a"); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
	if err := s.Remove("b"); err != nil {
		t.Errorf("removing nothing: %v", err)
	}
}
