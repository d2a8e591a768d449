// Package pdf writes plain documents: headings, paragraphs, tables and page numbers on A4, with fonts of its own that have
// the letters of the Latin, Greek and Cyrillic scripts. Other letters become a mark.
package pdf

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Sizes in millimetres, but for type, which is in points.
const (
	margin  = 18.0
	width   = 210 - 2*margin
	bottom  = 20.0
	body    = 9.5
	leading = 4.8
	pad     = 1.2
	family  = "body"
)

// missing stands for a letter that the font does not have.
const missing = '\u25A1' // an empty box

// Document grows from top to bottom. Faults are kept until Write.
type Document struct {
	f    *fpdf.Fpdf
	font *sfnt.Font
	buf  sfnt.Buffer
	lack bool // some letter became a mark
	err  error
}

// New begins a document. Lang is a tag such as de; at is when it was made.
func New(title, lang string, at time.Time) *Document {
	d := &Document{f: fpdf.New("P", "mm", "A4", "")}
	d.font, d.err = sfnt.Parse(goregular.TTF)
	d.f.SetTitle(title, true)
	d.f.SetLang(lang)
	d.f.SetCreationDate(at)
	d.f.SetModificationDate(at)
	d.f.SetCatalogSort(true) // the same document is the same bytes
	d.f.SetMargins(margin, margin, margin)
	d.f.SetAutoPageBreak(true, bottom)
	d.f.AddUTF8FontFromBytes(family, "", goregular.TTF)
	d.f.AddUTF8FontFromBytes(family, "B", gobold.TTF)
	d.f.SetFooterFunc(func() {
		d.f.SetY(-bottom + 6)
		d.f.SetFont(family, "", 8)
		d.f.SetTextColor(90, 90, 90)
		d.f.CellFormat(0, 5, fmt.Sprint(d.f.PageNo()), "", 0, "C", false, 0, "")
		d.f.SetTextColor(0, 0, 0)
	})
	d.f.AddPage()
	d.f.SetFont(family, "B", 17)
	d.f.MultiCell(0, 8, d.clean(title), "", "L", false)
	d.f.Ln(2)
	return d
}

// Heading begins a part.
func (d *Document) Heading(text string) {
	d.f.Ln(4)
	if d.f.GetY() > 297-bottom-3*leading-8 { // not alone at the foot of a page
		d.f.AddPage()
	}
	d.f.SetFont(family, "B", 12)
	d.f.MultiCell(0, 6.5, d.clean(text), "", "L", false)
	d.f.Ln(1)
}

// Text adds a paragraph; its line breaks stay.
func (d *Document) Text(text string) {
	d.f.SetFont(family, "", body)
	d.f.MultiCell(0, leading, d.clean(text), "", "L", false)
	d.f.Ln(1.5)
}

// Table adds rows under a head, which is repeated on each page. Shares are the relative widths of the columns.
func (d *Document) Table(head []string, shares []float64, rows [][]string) {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	widths := make([]float64, len(shares))
	for i, s := range shares {
		widths[i] = s / sum * width
	}
	d.row(head, widths, "B")
	for _, r := range rows {
		lines := d.wrap(r, widths, "")
		if d.f.GetY()+float64(tallest(lines))*leading+2*pad > 297-bottom {
			d.f.AddPage()
			d.row(head, widths, "B")
		}
		d.lines(lines, widths, "")
	}
	d.f.Ln(2)
}

func (d *Document) row(cells []string, widths []float64, style string) {
	d.lines(d.wrap(cells, widths, style), widths, style)
}

// wrap breaks each cell into lines. A long cell is cut, so that no row outgrows a page.
func (d *Document) wrap(cells []string, widths []float64, style string) [][]string {
	const most = 26 // half a page
	d.f.SetFont(family, style, body)
	out := make([][]string, len(widths))
	for i := range widths {
		if i < len(cells) {
			out[i] = d.f.SplitText(d.clean(cells[i]), widths[i]-2*pad)
		}
		if len(out[i]) > most {
			out[i] = append(out[i][:most-1], "…")
		}
	}
	return out
}

func tallest(lines [][]string) int {
	n := 1
	for _, l := range lines {
		n = max(n, len(l))
	}
	return n
}

func (d *Document) lines(cells [][]string, widths []float64, style string) {
	d.f.SetFont(family, style, body)
	top, left := d.f.GetY(), margin
	for i, cell := range cells {
		for n, text := range cell {
			d.f.SetXY(left+pad, top+pad+float64(n)*leading)
			d.f.CellFormat(widths[i]-2*pad, leading, text, "", 0, "L", false, 0, "")
		}
		left += widths[i]
	}
	end := top + float64(tallest(cells))*leading + 2*pad
	d.f.SetDrawColor(170, 170, 170)
	d.f.Line(margin, end, margin+width, end)
	d.f.SetXY(margin, end)
}

// Lacks says whether a letter up to now became the mark, an empty box, because the font does not have it. Whoever writes
// the document then says so in it.
func (d *Document) Lacks() bool { return d.lack }

// clean replaces what the font cannot show. What is invisible by itself, such as the joiners within an emoji, goes.
func (d *Document) clean(text string) string {
	if d.font == nil {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		}
		if n, err := d.font.GlyphIndex(&d.buf, r); err == nil && n != 0 {
			return r
		}
		if unicode.In(r, unicode.Cf, unicode.Variation_Selector) {
			return -1
		}
		d.lack = true
		return missing
	}, text)
}

// Write ends the document.
func (d *Document) Write(to io.Writer) error {
	if d.err != nil {
		return fmt.Errorf("pdf font: %w", d.err)
	}
	if err := d.f.Output(to); err != nil {
		return fmt.Errorf("write pdf: %w", err)
	}
	return nil
}
