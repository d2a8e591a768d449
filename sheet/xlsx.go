package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// The parts of a workbook with one sheet (ECMA-376, Office Open XML) that never change. The second cell style is for the
// head.
const (
	declaration  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	contentTypes = declaration + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`
	packageRels = declaration + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	workbookRels = declaration + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`
	styles = declaration + `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>`
)

// maxCell is how many characters a cell of Excel holds; a longer text makes it call the file damaged.
const maxCell = 32767

// WriteXLSX writes the table as a workbook with one sheet. Texts are texts there by their type and are never run, numbers
// are numbers. The name is cut to what Excel allows.
func (t Table) WriteXLSX(w io.Writer, name string) error {
	var workbook bytes.Buffer
	workbook.WriteString(declaration + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="`)
	escape(&workbook, sheetName(name))
	workbook.WriteString(`" sheetId="1" r:id="rId1"/></sheets></workbook>`)
	z := zip.NewWriter(w)
	for _, part := range []struct {
		name string
		text []byte
	}{
		{"[Content_Types].xml", []byte(contentTypes)},
		{"_rels/.rels", []byte(packageRels)},
		{"xl/workbook.xml", workbook.Bytes()},
		{"xl/_rels/workbook.xml.rels", []byte(workbookRels)},
		{"xl/styles.xml", []byte(styles)},
		{"xl/worksheets/sheet1.xml", t.worksheet()},
	} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = f.Write(part.text)
		}
		if err != nil {
			return fmt.Errorf("write XLSX: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write XLSX: %w", err)
	}
	return nil
}

func (t Table) worksheet() []byte {
	var b bytes.Buffer
	b.WriteString(declaration + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<cols><col min="1" max="1" width="44" customWidth="1"/><col min="2" max="16" width="14" customWidth="1"/></cols><sheetData>`)
	row := func(n int, style string, cells []Cell) {
		fmt.Fprintf(&b, `<row r="%d">`, n)
		for _, c := range cells {
			c.write(&b, style)
		}
		b.WriteString(`</row>`)
	}
	row(1, ` s="1"`, Row(t.Head...))
	for i, cells := range t.Rows {
		row(i+2, "", cells)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.Bytes()
}

// write adds a cell; where it stands follows from its order.
func (c Cell) write(b *bytes.Buffer, style string) {
	if c.isNumber {
		fmt.Fprintf(b, `<c%s><v>%s</v></c>`, style, c.String())
		return
	}
	fmt.Fprintf(b, `<c%s t="inlineStr"><is><t xml:space="preserve">`, style)
	text := []rune(c.text)
	escape(b, string(text[:min(len(text), maxCell)]))
	b.WriteString(`</t></is></c>`)
}

// escape writes a text as XML. What XML cannot hold becomes U+FFFD.
func escape(b *bytes.Buffer, text string) { _ = xml.EscapeText(b, []byte(text)) } // a buffer takes everything

// sheetName makes a name of at most 31 characters without those that Excel refuses.
func sheetName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
	runes := []rune(strings.TrimSpace(clean))
	if len(runes) == 0 {
		return "1"
	}
	return strings.TrimSpace(string(runes[:min(len(runes), 31)]))
}
