package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// crossOrigin lets a player or an encoder that runs as another site's page use WHIP and WHEP (RFC 9725 section 4.1) with
// a ticket as Bearer. A ticket is nothing that a browser sends by itself, and where one is sent cookies are not looked
// at, so no visitor's seat or account can be abused. Everything else stays closed to other sites.
func (s *server) crossOrigin(c *gin.Context) {
	h := c.Writer.Header()
	methods := mediaMethods(c.Request.URL.Path)
	if methods == nil {
		s.sameOrigin(c)
		return
	}
	h.Add("Vary", "Origin")
	if c.Request.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
		h.Set("Access-Control-Max-Age", "7200") // seconds
		if slices.Contains(methods, http.MethodPost) {
			h.Set("Accept-Post", sdpType)
		}
		c.AbortWithStatus(http.StatusNoContent)
		return
	}
	if !withTicket(c.GetHeader("Authorization")) || !slices.Contains(methods, c.Request.Method) {
		s.sameOrigin(c)
		return
	}
	if c.GetHeader("Origin") != "" {
		// Any site, and never with cookies: Access-Control-Allow-Credentials is not sent.
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Location, ETag, Link")
	}
}

// mediaMethods lists what the resource of WHIP or WHEP at path answers to, nil for any other path.
func mediaMethods(path string) []string {
	rest, ok := strings.CutPrefix(path, "/api/webinars/")
	if !ok {
		return nil
	}
	parts := strings.Split(rest, "/")
	if len(parts) < 2 || parts[1] != "whip" && parts[1] != "whep" {
		return nil
	}
	switch len(parts) {
	case 2:
		return []string{http.MethodPost}
	case 3:
		return []string{http.MethodPatch, http.MethodDelete}
	}
	return nil
}

// withTicket reports whether the header brings a ticket; whether it is a good one is decided later.
func withTicket(header string) bool {
	scheme, secret, _ := strings.Cut(header, " ")
	return strings.EqualFold(scheme, "Bearer") && strings.HasPrefix(secret, "tk_")
}
