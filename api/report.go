package api

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"plenum/recorder"
	"plenum/recorder/report"
)

func (s *server) reportCSV(c *call) error {
	return s.report(c, "csv", "text/csv; charset=utf-8", func(r report.Report, out *bytes.Buffer) error { return r.CSV(out) })
}

// reportPDF speaks the language that the browser asks for.
func (s *server) reportPDF(c *call) error {
	return s.report(c, "pdf", "application/pdf", func(r report.Report, out *bytes.Buffer) error { return r.PDF(out, speaks(c.Request), time.Now()) })
}

// report hands out the consent report, whole before the first byte goes, so that a fault still has an answer.
func (s *server) report(c *call, ext, contentType string, write func(report.Report, *bytes.Buffer) error) error {
	var out bytes.Buffer
	err := s.tookWords(c, recorder.TookReport, ext, func() error {
		r, err := s.Recorder.Report(c.ctx(), c.webinar.ID, recordingID(c))
		if err != nil {
			return err
		}
		r.Webinar = c.webinar.Title
		out.Reset()
		return write(r, &out)
	})
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="consent-report.%s"`, ext))
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, contentType, out.Bytes())
	return nil
}
