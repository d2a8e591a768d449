// Package picture takes in pictures that people upload. Each is decoded and written anew, so that nothing of the
// sender's file reaches anybody else: no metadata, no second file hidden behind the first, no trick on a decoder. What
// would need more room than it is worth is refused before it is decoded.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif" // of an animation the first frame
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// The limits.
const (
	MaxBytes  = 8 << 20  // of an upload
	MaxPixels = 16 << 20 // of an upload; decoded at most 128 MiB
	MaxEdge   = 1280     // pixels of the longer edge of what is kept; larger ones are made smaller
	maxScans  = 64       // of a progressive JPEG; cameras and editors write about ten, each costs a pass over the picture
	quality   = 84       // of JPEG, 1..100
)

// Why an upload was refused.
var (
	ErrFormat   = errors.New("not a JPEG, PNG, GIF or WebP picture")
	ErrDamaged  = errors.New("the picture is damaged")
	ErrTooLarge = errors.New("the picture is too large")
)

// Picture is a picture as it is kept.
type Picture struct {
	Type          string // media type: image/jpeg, or image/png where something shines through
	Width, Height int    // pixels
	Data          []byte
}

// format is one kind of file that is understood.
type format struct {
	name   string
	magic  func([]byte) bool
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

func starts(magic string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(magic)) }
}

func formats() []format {
	return []format{
		{"jpeg", starts("\xff\xd8\xff"),
			func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }},
		{"png", starts("\x89PNG\r\n\x1a\n"),
			func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }},
		{"gif", starts("GIF8"),
			func(b []byte) (image.Config, error) { return gif.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return gif.Decode(bytes.NewReader(b)) }},
		{"webp", func(b []byte) bool { return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" },
			func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }},
	}
}

// Renew decodes an upload, turns it as its camera was held, makes it no larger than MaxEdge and writes it anew. What a
// file claims to be by its name does not matter. Errors: ErrFormat, ErrDamaged, ErrTooLarge.
func Renew(upload []byte) (Picture, error) {
	if len(upload) > MaxBytes {
		return Picture{}, ErrTooLarge
	}
	for _, f := range formats() {
		if f.magic(upload) {
			return f.renew(upload)
		}
	}
	return Picture{}, ErrFormat
}

func (f format) renew(upload []byte) (Picture, error) {
	c, err := f.config(upload)
	switch {
	case err != nil:
		return Picture{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	case c.Width < 1 || c.Height < 1:
		return Picture{}, ErrDamaged
	case c.Height > MaxPixels/c.Width:
		return Picture{}, ErrTooLarge
	case f.name == "jpeg" && bytes.Count(upload, []byte{0xff, 0xda}) > maxScans: // SOS, ITU-T T.81 table B.1
		return Picture{}, ErrTooLarge
	}
	img, err := f.decode(upload)
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	turn := upright
	if f.name == "jpeg" {
		turn = orientationOf(upload)
	}
	return encode(turn.apply(fit(img)))
}

// fit copies a picture into one whose longer edge is at most MaxEdge.
func fit(img image.Image) *image.NRGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > MaxEdge {
		w, h = max(1, w*MaxEdge/longer), max(1, h*MaxEdge/longer)
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	if w == b.Dx() && h == b.Dy() {
		draw.Copy(out, image.Point{}, img, b, draw.Src, nil)
	} else {
		draw.CatmullRom.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	}
	return out
}

func encode(img *image.NRGBA) (Picture, error) {
	out := Picture{Type: "image/jpeg", Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	var file bytes.Buffer
	var err error
	if img.Opaque() {
		err = jpeg.Encode(&file, img, &jpeg.Options{Quality: quality})
	} else {
		out.Type = "image/png"
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&file, paletted(img))
	}
	out.Data = file.Bytes()
	return out, err
}

// paletted keeps a drawing of few colours, such as a logo, in a quarter of the room. It is the same picture.
func paletted(img *image.NRGBA) image.Image {
	index := map[color.NRGBA]uint8{}
	var palette color.Palette
	out := image.NewPaletted(img.Bounds(), nil)
	for i := 0; i < len(img.Pix); i += 4 {
		c := color.NRGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3]}
		n, known := index[c]
		if !known {
			if len(palette) == 256 {
				return img
			}
			n = uint8(len(palette)) //nolint:gosec // below 256
			index[c], palette = n, append(palette, c)
		}
		out.Pix[i/4] = n
	}
	out.Palette = palette
	return out
}
