package sfu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

// The limits of an SDP fragment (RFC 8840 section 9) and of the credentials in it (RFC 8839 section 5.4).
const (
	maxFragment                  = 16 << 10 // bytes
	leastUfrag, leastPwd         = 4, 22
	mostCredential               = 256
	restartPatience              = 20 * time.Second // what the answer to a restart may take
	pastSessions                 = 16               // that are remembered, so that a late request does not bring one back
	iceChars                     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	ufragLine, pwdLine, lineEnds = "a=ice-ufrag:", "a=ice-pwd:", "\r\n" //nolint:gosec // names of SDP lines
)

// AnyICE matches whatever ICE session there is: the If-Match of a restart (RFC 9725 section 4.3.3).
const AnyICE = "*"

// FragmentError is an SDP fragment that cannot be used.
type FragmentError struct{ Reason Reason }

func (e *FragmentError) Error() string { return "sfu: fragment refused: " + e.Reason.String() }

// ErrOtherICE tells that the ICE session that was meant is not the one there is.
var ErrOtherICE = errors.New("sfu: another ICE session")

// ICETag names the ICE session that an answer, or the fragment of a restart, belongs to: the server's own username
// fragment. It is made of ice-chars, so it needs no quoting in an entity tag.
func ICETag(answer string) string { return valueOf(answer, ufragLine) }

// valueOf returns what follows prefix in the first line that has it.
func valueOf(text, prefix string) string {
	for l := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimRight(l, lineEnds), prefix); ok {
			return v
		}
	}
	return ""
}

// credentials are one side's of one ICE session.
type credentials struct{ ufrag, pwd string }

// checkFragment reads the credentials of a fragment; both empty: it only trickles candidates. These are ignored here
// as everywhere: the server answers to where checks come from.
func checkFragment(text string) (credentials, error) {
	var none credentials
	bad := func(says string, args ...any) error { return &FragmentError{Reason{says, args}} }
	if len(text) > maxFragment {
		return none, bad("the SDP fragment is larger than %d KiB", maxFragment>>10)
	}
	seen := map[string]string{ufragLine: "", pwdLine: ""}
	lines := 0
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, lineEnds)
		if l == "" {
			continue
		}
		if len(l) < 2 || l[1] != '=' || l[0] != 'a' && l[0] != 'm' {
			return none, bad("this is not an SDP fragment (application/trickle-ice-sdpfrag)")
		}
		lines++
		for prefix, before := range seen {
			v, ok := strings.CutPrefix(l, prefix)
			if !ok {
				continue
			}
			if before != "" && before != v {
				return none, bad("the fragment names more than one ICE session")
			}
			seen[prefix] = v
		}
	}
	c := credentials{seen[ufragLine], seen[pwdLine]}
	switch {
	case lines == 0:
		return none, bad("this is not an SDP fragment (application/trickle-ice-sdpfrag)")
	case c.ufrag == "" && c.pwd == "":
	case len(c.ufrag) < leastUfrag || len(c.pwd) < leastPwd || max(len(c.ufrag), len(c.pwd)) > mostCredential || strings.Trim(c.ufrag+c.pwd, iceChars) != "":
		return none, bad("the ICE credentials of the fragment are incomplete")
	}
	return c, nil
}

// with is the same offer for another ICE session; everything else was negotiated for good.
func (o offer) with(c credentials) (offer, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(o.text); err != nil {
		return o, err
	}
	put := func(all []sdp.Attribute) {
		for i := range all {
			switch all[i].Key {
			case "ice-ufrag":
				all[i].Value = c.ufrag
			case "ice-pwd":
				all[i].Value = c.pwd
			}
		}
	}
	put(d.Attributes)
	for _, m := range d.MediaDescriptions {
		put(m.Attributes)
	}
	b, err := d.Marshal()
	o.text = string(b)
	return o, err
}

// fragmentOf cuts out of an answer what a restart answers with: the credentials and candidates of the line that
// carries the bundle (RFC 9725 section 4.3.3).
func fragmentOf(answer string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", err
	}
	i := slices.IndexFunc(d.MediaDescriptions, func(m *sdp.MediaDescription) bool { return has(m.Attributes, "candidate") })
	if i < 0 {
		return "", errors.New("sfu: an answer without candidates")
	}
	m := d.MediaDescriptions[i]
	var b strings.Builder
	fmt.Fprintf(&b, "a=ice-lite\r\na=group:%s\r\nm=%s\r\na=mid:%s\r\n", attribute(d.Attributes, "group"), m.MediaName.String(), attribute(m.Attributes, "mid"))
	for _, key := range []string{"ice-ufrag", "ice-pwd"} {
		v := attribute(m.Attributes, key)
		if v == "" {
			v = attribute(d.Attributes, key)
		}
		fmt.Fprintf(&b, "a=%s:%s\r\n", key, v)
	}
	for _, a := range m.Attributes {
		if a.Key == "candidate" {
			fmt.Fprintf(&b, "a=candidate:%s\r\n", a.Value)
		}
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String(), nil
}

// PatchPublication applies an SDP fragment to a publication (RFC 9725 section 4.3): it begins a new ICE session when
// the fragment has new credentials, else it changes nothing. Match lists the tags of the ICE sessions that are meant.
// The answer is a fragment, or empty when there is nothing to tell. Errors: [FragmentError], [ErrOtherICE],
// [ErrNoSession], [ErrClosed], the context's.
func (e *Engine) PatchPublication(ctx context.Context, room, session, owner string, match []string, fragment string) (string, error) {
	pub, err := e.publication(room, session, owner)
	if err != nil {
		return "", err
	}
	return pub.patch(ctx, match, fragment)
}

// PatchViewer does the same for a viewer.
func (e *Engine) PatchViewer(ctx context.Context, room, session, owner string, match []string, fragment string) (string, error) {
	v, err := e.viewer(room, session, owner)
	if err != nil {
		return "", err
	}
	return v.patch(ctx, match, fragment)
}

func (s *session) patch(ctx context.Context, match []string, fragment string) (string, error) {
	c, err := checkFragment(fragment)
	if err != nil {
		return "", err
	}
	if err := s.e.enter(); err != nil {
		return "", err
	}
	defer s.e.wg.Done()
	select { // one at a time
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	case <-s.done:
		return "", ErrNoSession
	}
	switch {
	case !slices.Contains(match, AnyICE) && !slices.Contains(match, ICETag(s.ice)):
		return "", ErrOtherICE
	case c == (credentials{}):
		return "", nil
	case c == s.remote():
		if slices.Contains(match, AnyICE) { // asked again, because the first answer was lost on the way
			return s.ice, nil
		}
		return "", nil
	case slices.Contains(s.past, c.ufrag): // was under way for long and is overtaken
		return "", ErrOtherICE
	}
	return s.restart(ctx, c)
}

// remote is the client's side of the ICE session.
func (s *session) remote() credentials {
	return credentials{valueOf(s.offer.text, ufragLine), valueOf(s.offer.text, pwdLine)}
}

// restart begins a new ICE session under the same DTLS association: SSRCs, keys and slots stay as they are.
func (s *session) restart(ctx context.Context, c credentials) (string, error) {
	o, err := s.offer.with(c)
	if err != nil {
		return "", err
	}
	if s.past = append(s.past, s.remote().ufrag); len(s.past) > pastSessions {
		s.past = s.past[1:]
	}
	// Half a restart would be the end of the session, so a client that hangs up does not interrupt it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restartPatience)
	defer cancel()
	if _, err := s.negotiate(ctx, o, func() error { return nil }); err != nil {
		s.stop() // the client makes a new one
		return "", errors.Join(ErrNoSession, err)
	}
	s.e.log.Debug("ICE restarted", "session", s.id)
	return s.ice, nil
}
