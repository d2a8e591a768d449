package webm

import (
	"encoding/binary"
	"math"
)

// Element ids, RFC 9559 section 5 and RFC 8794 section 11.
const (
	idEBML         = 0x1A45DFA3
	idSegment      = 0x18538067
	idSeekHead     = 0x114D9B74
	idSeek         = 0x4DBB
	idSeekID       = 0x53AB
	idSeekPosition = 0x53AC
	idInfo         = 0x1549A966
	idScale        = 0x2AD7B1
	idDuration     = 0x4489
	idMuxer        = 0x4D80
	idWriter       = 0x5741
	idTracks       = 0x1654AE6B
	idTrackEntry   = 0xAE
	idTrackNumber  = 0xD7
	idTrackUID     = 0x73C5
	idTrackType    = 0x83
	idLacing       = 0x9C
	idLanguage     = 0x22B59C
	idCodec        = 0x86
	idPrivate      = 0x63A2
	idSeekPreRoll  = 0x56BB
	idVideo        = 0xE0
	idWidth        = 0xB0
	idHeight       = 0xBA
	idAudio        = 0xE1
	idRate         = 0xB5
	idChannels     = 0x9F
	idCluster      = 0x1F43B675
	idTimestamp    = 0xE7
	idSimpleBlock  = 0xA3
	idCues         = 0x1C53BB6B
	idCuePoint     = 0xBB
	idCueTime      = 0xB3
	idCuePositions = 0xB7
	idCueTrack     = 0xF7
	idCueCluster   = 0xF1
	idTags         = 0x1254C367
	idTag          = 0x7373
	idTargets      = 0x63C0
	idSimpleTag    = 0x67C8
	idTagName      = 0x45A3
	idTagString    = 0x4487
	idVoid         = 0xEC

	idChapters       = 0x1043A770
	idEdition        = 0x45B9
	idEditionUID     = 0x45BC
	idChapterAtom    = 0xB6
	idChapterUID     = 0x73C4
	idChapterStart   = 0x91
	idChapterEnd     = 0x92
	idChapterDisplay = 0x80
	idChapterString  = 0x85
	idChapterLang    = 0x437C
)

// unknownSize is the eight byte form of "size not known" (RFC 8794 section 6.2).
const unknownSize = 1<<56 - 1

func appendID(b []byte, id uint32) []byte {
	for shift := 24; shift > 0; shift -= 8 {
		if id>>shift != 0 {
			b = append(b, byte(id>>shift))
		}
	}
	return append(b, byte(id))
}

// appendSize writes the shortest form. All ones means unknown, hence the minus one.
func appendSize(b []byte, n uint64) []byte {
	l := 1
	for l < 8 && n >= 1<<(7*l)-1 {
		l++
	}
	n |= 1 << (7 * l)
	for i := l - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b
}

func appendSize8(b []byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(b, n|1<<56)
}

func appendElement(b []byte, id uint32, payload []byte) []byte {
	return append(appendSize(appendID(b, id), uint64(len(payload))), payload...)
}

func appendUint(b []byte, id uint32, v uint64) []byte {
	l := 1
	for l < 8 && v>>(8*l) != 0 {
		l++
	}
	b = appendSize(appendID(b, id), uint64(l))
	for i := l - 1; i >= 0; i-- {
		b = append(b, byte(v>>(8*i)))
	}
	return b
}

func appendUint8(b []byte, id uint32, v uint64) []byte {
	return binary.BigEndian.AppendUint64(appendSize(appendID(b, id), 8), v)
}

func appendString(b []byte, id uint32, v string) []byte { return appendElement(b, id, []byte(v)) }

func appendFloat(b []byte, id uint32, v float64) []byte {
	return appendUint8(b, id, math.Float64bits(v))
}

// next splits the first element off b. ok is false when b does not start with a whole element of known size.
func next(b []byte) (id uint32, payload, rest []byte, ok bool) {
	idLen := vintLen(b)
	if idLen == 0 || idLen > 4 || len(b) < idLen {
		return 0, nil, nil, false
	}
	for _, c := range b[:idLen] {
		id = id<<8 | uint32(c)
	}
	b = b[idLen:]
	sizeLen := vintLen(b)
	if sizeLen == 0 || len(b) < sizeLen {
		return 0, nil, nil, false
	}
	size := uint64(b[0]) & (1<<(8-sizeLen) - 1)
	for _, c := range b[1:sizeLen] {
		size = size<<8 | uint64(c)
	}
	b = b[sizeLen:]
	if size > uint64(len(b)) { // an unknown size is larger than any buffer of ours
		return 0, nil, nil, false
	}
	return id, b[:size], b[size:], true
}

// vintLen is the length in bytes of the variable integer that b starts with, 0 when there is none.
func vintLen(b []byte) int {
	if len(b) == 0 || b[0] == 0 {
		return 0
	}
	l := 1
	for m := byte(0x80); b[0]&m == 0; m >>= 1 {
		l++
	}
	return l
}

func parseFloat(p []byte) float64 { return math.Float64frombits(parseUint(p)) }

func parseUint(p []byte) uint64 {
	var v uint64
	for _, c := range p {
		v = v<<8 | uint64(c)
	}
	return v
}
