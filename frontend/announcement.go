package frontend

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// maxAnnouncement is the most bytes of one spoken announcement: everybody in the room loads it at once.
const maxAnnouncement = 1 << 20

// Announcements are spoken announcements of a recording that the operator has put in the place of those that are built
// in, by the path under which the pages ask for them.
type Announcements map[string]sound

type sound struct {
	contentType string
	body        []byte
}

// ReadAnnouncements reads the files <lang>.mp3 and <lang>.ogg of a folder. Where a language has only one of the two, it
// is played everywhere; a language without a file keeps the one that is built in. An empty dir is none. It reports every
// fault at once: what cannot be read or is not what its name says, and files that would never be played.
func ReadAnnouncements(dir string, langs []string) (Announcements, error) {
	if dir == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // it was only read
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	found := map[string]sound{}
	var faults []error
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		lang, ext, _ := strings.Cut(name, ".")
		if !slices.Contains(langs, lang) || ext != "mp3" && ext != "ogg" {
			faults = append(faults, fmt.Errorf("%s would never be played: files are called %s.mp3 or %s.ogg, and languages are %s",
				name, langs[0], langs[0], strings.Join(langs, ", ")))
			continue
		}
		s, err := readSound(root, name, ext)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
		found[name] = s
	}
	if len(found) == 0 && faults == nil {
		faults = append(faults, fmt.Errorf("%s holds no announcement such as %s.mp3", dir, langs[0]))
	}
	return announcements(found, langs), errors.Join(faults...)
}

// announcements gives each path that a page may ask for its file.
func announcements(found map[string]sound, langs []string) Announcements {
	out := Announcements{}
	for _, lang := range langs {
		for want, instead := range map[string]string{"mp3": "ogg", "ogg": "mp3"} {
			s, ok := found[lang+"."+want]
			if !ok {
				s, ok = found[lang+"."+instead]
			}
			if ok {
				out["audio/announce-"+lang+"."+want] = s
			}
		}
	}
	return out
}

func readSound(root *os.Root, name, ext string) (sound, error) {
	f, err := root.Open(name)
	if err != nil {
		return sound{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(f, maxAnnouncement+1))
	switch {
	case err != nil:
		return sound{}, err
	case len(body) > maxAnnouncement:
		return sound{}, fmt.Errorf("the file is too large: at most %d KiB, since everybody loads it at once", maxAnnouncement>>10)
	case ext == "mp3" && !isMP3(body):
		return sound{}, errors.New("this is no MP3 sound")
	case ext == "ogg" && !isOgg(body):
		return sound{}, errors.New("this is no Ogg sound (Opus or Vorbis)")
	}
	return sound{contentType: contentType(name), body: body}, nil
}

// isMP3 finds the first frame of MPEG layer III (ISO/IEC 11172-3, 2.4.1.3) at the start, or an ID3 tag with something
// behind it.
func isMP3(b []byte) bool {
	if len(b) > 10 && bytes.HasPrefix(b, []byte("ID3")) {
		// The size has seven bits a byte (ID3v2.4, section 3.1).
		size := 10 + int(b[6]&0x7f)<<21 + int(b[7]&0x7f)<<14 + int(b[8]&0x7f)<<7 + int(b[9]&0x7f)
		if size >= len(b) {
			return false
		}
		b = bytes.TrimLeft(b[size:], "\x00") // padding
	}
	// Eleven bits of sync, a known version, layer III, and a bit rate and a sample rate that exist.
	return len(b) > 4 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1]&0x18 != 0x08 && b[1]&0x06 == 0x02 && b[2]&0xf0 != 0xf0 && b[2]&0x0c != 0x0c
}

// isOgg finds the first page of an Ogg stream (RFC 3533, section 6) with the head of Opus (RFC 7845) or Vorbis in it.
func isOgg(b []byte) bool {
	const head = 27
	if len(b) < head || !bytes.HasPrefix(b, []byte("OggS\x00")) {
		return false
	}
	packet := b[min(len(b), head+int(b[26])):]
	return bytes.HasPrefix(packet, []byte("OpusHead")) || bytes.HasPrefix(packet, []byte("\x01vorbis"))
}
