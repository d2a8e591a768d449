package webinar

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// MaxOrigins is how many sites may show the polls of one webinar.
const MaxOrigins = 10

// Origins returns the sites that may show the polls of a webinar in a frame, in the host's order; none is the usual.
func (s *Service) Origins(ctx context.Context, id ID) ([]string, error) {
	return s.store.origins(ctx, id)
}

// SetOrigins puts others in their place and returns them as browsers write them. Errors: *InvalidError for the first
// that is no origin, that comes twice, or is one too many.
func (s *Service) SetOrigins(ctx context.Context, id ID, typed []string) ([]string, error) {
	if len(typed) > MaxOrigins {
		return nil, &InvalidError{Field: "origins", Reason: "too-many", Limit: MaxOrigins}
	}
	list := make([]string, 0, len(typed))
	for _, t := range typed {
		origin, ok := cleanOrigin(t)
		switch {
		case !ok:
			return nil, &InvalidError{Field: "origins", Reason: "no-origin"}
		case slices.Contains(list, origin):
			return nil, &InvalidError{Field: "origins", Reason: "duplicate"}
		}
		list = append(list, origin)
	}
	return list, s.store.setOrigins(ctx, id, list)
}

// cleanOrigin writes scheme, host and port as browsers do (RFC 6454 section 6.2). Only https, and http on this machine,
// counts: what comes by plain http can be changed on its way. Names that are not ASCII have to be in Punycode.
func cleanOrigin(typed string) (string, bool) {
	u, err := url.Parse(strings.ToLower(strings.TrimSpace(typed)))
	if err != nil || u.Opaque != "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || len(u.Host) > 260 {
		return "", false
	}
	host, port := u.Hostname(), u.Port()
	local := host == "localhost" || host == "127.0.0.1"
	if host == "" || !hostName(host) || u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return "", false
	}
	if _, err := strconv.ParseUint(port, 10, 16); port != "" && err != nil {
		return "", false
	}
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return u.Scheme + "://" + host, true
	}
	return u.Scheme + "://" + host + ":" + port, true
}

// hostName allows what stands in a name or an IPv4 address: no blank, no semicolon, no star reaches the header.
func hostName(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.ContainsFunc(label, notInName) {
			return false
		}
	}
	return true
}

func notInName(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }
