package webm

// Chapter is a place that players list. Lang is its title's language, such as en.
type Chapter struct {
	MS    int64 // from the file's start
	Title string
	Lang  string
}

// chapters builds the Chapters element (RFC 9559 section 5.1.7): one edition, flat, each until the next or the end.
func chapters(list []Chapter, end int64) []byte {
	if len(list) == 0 {
		return nil
	}
	edition := appendUint8(nil, idEditionUID, newUID())
	for i, c := range list {
		until := end
		if i+1 < len(list) {
			until = list[i+1].MS
		}
		a := appendUint8(nil, idChapterUID, newUID())
		a = appendUint(a, idChapterStart, uint64(c.MS)*1_000_000) // ns
		a = appendUint(a, idChapterEnd, uint64(max(until, c.MS))*1_000_000)
		d := appendString(nil, idChapterString, c.Title)
		lang := "und"
		switch c.Lang {
		case "de":
			lang = "ger"
		case "en":
			lang = "eng"
		}
		a = appendElement(a, idChapterDisplay, appendString(d, idChapterLang, lang))
		edition = appendElement(edition, idChapterAtom, a)
	}
	return appendElement(nil, idChapters, appendElement(nil, idEdition, edition))
}
