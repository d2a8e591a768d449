package webm

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// identitySize is the second half of the header region. It holds Tracks and Tags once more, inside the Void, and is
// never written again: a header patch torn by a full disk or a power cut cannot lose what Repair needs.
const (
	identityAt   = 2048
	identitySize = HeaderSize - identityAt
)

// patch is what is known of a file only at its end; the zero value means "still being written".
type patch struct {
	size     uint64 // of the segment's data
	cues     uint64 // position in the segment, 0 for none
	chapters uint64 // likewise
	duration int64  // ms
}

const ebmlHead = "\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04\x42\xF3\x81\x08" +
	"\x42\x82\x84webm\x42\x87\x81\x04\x42\x85\x81\x02"

// segmentAt is where the segment's data begins: positions in SeekHead and Cues count from here.
const segmentAt = int64(len(ebmlHead) + 4 + 8)

// front builds the first half of the header region.
func front(tracks []Track, tags []Tag, p patch) ([]byte, error) {
	b := make([]byte, 0, HeaderSize)
	b = append(b, ebmlHead...)
	b = appendID(b, idSegment)
	if p.size == 0 {
		b = appendSize8(b, unknownSize)
	} else {
		b = appendSize8(b, p.size)
	}

	info := appendUint(nil, idScale, 1_000_000) // timestamps count milliseconds
	info = appendString(info, idMuxer, "plenum")
	info = appendString(info, idWriter, "plenum")
	if p.duration > 0 {
		info = appendFloat(info, idDuration, float64(p.duration))
	}
	info = appendElement(nil, idInfo, info)
	list, tagList := appendTracks(nil, tracks), appendTags(nil, tags)

	seekTo := func(at uint64) []byte {
		s := appendSeek(nil, idInfo, at)
		s = appendSeek(s, idTracks, at+uint64(len(info)))
		if len(tagList) > 0 {
			s = appendSeek(s, idTags, at+uint64(len(info)+len(list)))
		}
		if p.cues != 0 {
			s = appendSeek(s, idCues, p.cues)
		}
		if p.chapters != 0 {
			s = appendSeek(s, idChapters, p.chapters)
		}
		return appendElement(nil, idSeekHead, s)
	}
	b = append(b, seekTo(uint64(len(seekTo(0))))...) // positions have a fixed width
	b = append(append(append(b, info...), list...), tagList...)

	if len(b)+9 > identityAt {
		return nil, fmt.Errorf("%w: header of %d bytes", ErrTracks, len(b))
	}
	b = appendSize8(append(b, idVoid), uint64(HeaderSize-len(b)-9))
	return append(b, make([]byte, identityAt-len(b))...), nil
}

// identity builds the second half of the header region.
func identity(tracks []Track, tags []Tag) ([]byte, error) {
	b := appendTags(appendTracks(make([]byte, 0, identitySize), tracks), tags)
	if len(b) > identitySize {
		return nil, fmt.Errorf("%w: header of %d bytes", ErrTracks, len(b))
	}
	return append(b, make([]byte, identitySize-len(b))...), nil
}

func appendSeek(b []byte, id uint32, at uint64) []byte {
	s := appendElement(nil, idSeekID, appendID(nil, id))
	return appendElement(b, idSeek, appendUint8(s, idSeekPosition, at))
}

func appendTracks(b []byte, tracks []Track) []byte {
	var list []byte
	for _, t := range tracks {
		kind := uint64(2)
		if t.Codec.Video() {
			kind = 1
		}
		e := appendUint(nil, idTrackNumber, uint64(t.Number))
		e = appendUint8(e, idTrackUID, t.UID)
		e = appendUint(e, idTrackType, kind)
		e = appendUint(e, idLacing, 0)
		e = appendString(e, idLanguage, "und")
		e = appendString(e, idCodec, t.Codec.id())
		switch t.Codec {
		case VP8, VP9, AV1:
			if t.private != nil {
				e = appendElement(e, idPrivate, t.private)
			}
			v := appendUint(nil, idWidth, uint64(t.Width))
			e = appendElement(e, idVideo, appendUint(v, idHeight, uint64(t.Height)))
		case Opus:
			e = appendElement(e, idPrivate, opusHead(t.Channels))
			e = appendUint(e, idSeekPreRoll, 80_000_000) // ns, as RFC 7845 section 4.6 asks
			a := appendFloat(nil, idRate, 48000)
			e = appendElement(e, idAudio, appendUint(a, idChannels, uint64(t.Channels)))
		}
		list = appendElement(list, idTrackEntry, e)
	}
	return appendElement(b, idTracks, list)
}

// opusHead is the identification header of RFC 7845 section 5.1. Pre-skip is 0: the stream was joined, not begun.
func opusHead(channels int) []byte {
	b := append([]byte("OpusHead\x01"), byte(channels), 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 48000)
	return append(b, 0, 0, 0)
}

func appendTags(b []byte, tags []Tag) []byte {
	if len(tags) == 0 {
		return b
	}
	e := appendElement(nil, idTargets, nil) // no target: the whole file
	for _, t := range tags {
		s := appendString(nil, idTagName, t.Name)
		e = appendElement(e, idSimpleTag, appendString(s, idTagString, t.Value))
	}
	return appendElement(b, idTags, appendElement(nil, idTag, e))
}

// parseIdentity reads what identity wrote.
func parseIdentity(b []byte) (tracks []Track, tags []Tag, err error) {
	for len(b) > 0 && b[0] != 0 {
		id, payload, rest, ok := next(b)
		if !ok {
			return nil, nil, ErrHeader
		}
		switch id {
		case idTracks:
			tracks, ok = parseTracks(payload)
		case idTags:
			tags, ok = parseTags(payload)
		}
		if !ok {
			return nil, nil, ErrHeader
		}
		b = rest
	}
	if checkTracks(tracks) != nil {
		return nil, nil, ErrHeader
	}
	return tracks, tags, nil
}

// each calls f for every child element; false when b is not a list of whole elements or f says so.
func each(b []byte, f func(id uint32, p []byte) bool) bool {
	for len(b) > 0 {
		id, p, rest, ok := next(b)
		if !ok || !f(id, p) {
			return false
		}
		b = rest
	}
	return true
}

func parseTracks(b []byte) ([]Track, bool) {
	var tracks []Track
	ok := each(b, func(id uint32, p []byte) bool {
		if id != idTrackEntry {
			return true
		}
		var t Track
		ok := each(p, func(id uint32, p []byte) bool { return parseTrackField(&t, id, p) })
		tracks = append(tracks, t)
		return ok
	})
	return tracks, ok
}

func parseTrackField(t *Track, id uint32, p []byte) bool {
	switch id {
	case idTrackNumber:
		t.Number = uint8(min(parseUint(p), 255))
	case idTrackUID:
		t.UID = parseUint(p)
	case idCodec:
		for _, c := range codecs() {
			if c.id() == string(p) {
				t.Codec = c
			}
		}
	case idVideo, idAudio:
		return each(p, func(id uint32, p []byte) bool {
			switch v := int(min(parseUint(p), 1<<16)); id {
			case idWidth:
				t.Width = v
			case idHeight:
				t.Height = v
			case idChannels:
				t.Channels = v
			}
			return true
		})
	}
	return true
}

func parseTags(b []byte) ([]Tag, bool) {
	var tags []Tag
	ok := each(b, func(id uint32, p []byte) bool {
		return id != idTag || each(p, func(id uint32, p []byte) bool {
			if id != idSimpleTag {
				return true
			}
			var t Tag
			ok := each(p, func(id uint32, p []byte) bool {
				switch v := strings.TrimRight(string(p), "\x00"); id {
				case idTagName:
					t.Name = v
				case idTagString:
					t.Value = v
				}
				return true
			})
			tags = append(tags, t)
			return ok
		})
	})
	return tags, ok
}

// checkTracks refuses what a player could not tell apart or play.
func checkTracks(tracks []Track) error {
	seen := map[uint64]bool{}
	for _, t := range tracks {
		switch {
		case t.Number == 0 || t.Number > 126 || seen[uint64(t.Number)]:
			return fmt.Errorf("%w: track number %d", ErrTracks, t.Number)
		case t.Codec.id() == "":
			return fmt.Errorf("%w: codec %d", ErrTracks, t.Codec)
		case t.UID == 0:
			return fmt.Errorf("%w: no UID", ErrTracks)
		case t.Codec == Opus && t.Channels != 1 && t.Channels != 2:
			return fmt.Errorf("%w: %d channels", ErrTracks, t.Channels)
		case t.Width < 0 || t.Height < 0 || t.Width > 1<<16 || t.Height > 1<<16:
			return fmt.Errorf("%w: %d by %d pixels", ErrTracks, t.Width, t.Height)
		}
		seen[uint64(t.Number)] = true
	}
	if len(tracks) == 0 {
		return fmt.Errorf("%w: none", ErrTracks)
	}
	return nil
}
