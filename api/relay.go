package api

import (
	"fmt"
	"net"
	"strings"
)

// Relay hands out what people on narrow networks need to reach the media port.
type Relay interface {
	// URLs lists the relay's addresses at that host.
	URLs(host string) []string
	// Credentials makes a user name and a password for a seat, both valid for some minutes only.
	Credentials(seat string) (username, password string)
}

// offerRelay names the relay in the answer to an offer (RFC 9725 section 4.6), by the name that the client used for
// this server.
func (s *server) offerRelay(c *call) {
	host := s.relayHost(c.Request.Host)
	if s.Relay == nil || host == "" {
		return
	}
	username, password := s.Relay.Credentials(string(c.seat.ID))
	for _, u := range s.Relay.URLs(host) {
		c.Writer.Header().Add("Link", fmt.Sprintf(`<%s>; rel="ice-server"; username="%s"; credential="%s"; credential-type="password"`, u, username, password))
	}
}

// relayHost is the host that people know: the configured one, or what this request names.
func (s *server) relayHost(asked string) string {
	if s.RelayHost != "" {
		return s.RelayHost
	}
	if host, _, err := net.SplitHostPort(asked); err == nil {
		asked = host
	}
	asked = strings.Trim(asked, "[]")
	if strings.Trim(strings.ToLower(asked), "abcdefghijklmnopqrstuvwxyz0123456789-.:_") != "" {
		return ""
	}
	return asked
}
