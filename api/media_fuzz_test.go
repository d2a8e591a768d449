package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// FuzzMediaRequests sends what WHIP and WHEP clients may send, and what they may not. Whatever comes, the answer is one
// of the contract's: never a fault of the server, never a refusal that is no problem document.
func FuzzMediaRequests(f *testing.F) {
	s := newSite(f)
	host := s.account("host@example.org")
	w := s.webinar(host)
	speaker, ticket := s.ticket(host, w, "speaker")
	send, receive := offerOf(f, webrtc.RTPTransceiverDirectionSendonly), offerOf(f, webrtc.RTPTransceiverDirectionRecvonly)
	const ours = "\x00" // stands for the id of a session that is there
	published := session(s.want(s.do(speaker, "publish", in(w, "?", "group=screen"), send), http.StatusCreated, ""))
	watched := session(s.want(s.do(speaker, "watch", in(w), receive), http.StatusCreated, ""))
	trickle := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.7 9 typ host\r\n"
	restart := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcdefgh\r\na=ice-pwd:" + strings.Repeat("p", 24) + "\r\n"

	f.Add(false, "POST", "", "group=camera&muted=mic", sdpType, "", "", []byte(send))
	f.Add(true, "POST", "", "", sdpType+"; charset=utf-8", "", "", []byte(receive))
	f.Add(true, "POST", "", "", sdpType, "", "", []byte(send)) // the wrong way round
	f.Add(false, "POST", "", "group=%zz&muted=%00", "application/json", "", "", []byte(`{}`))
	f.Add(false, "POST", "", "", "", "", "", []byte{})
	f.Add(false, "POST", "", "", sdpType, "", "gzip", bytes.Repeat([]byte("a=x\r\n"), 20_000))
	f.Add(false, "PATCH", "/"+ours, "", fragmentType, "*", "", []byte(trickle))
	f.Add(true, "PATCH", "/"+ours, "", fragmentType, `"a", W/"b",,"`, "", []byte(trickle))
	f.Add(true, "PATCH", "/"+ours, "", fragmentType, "*", "", []byte(restart))
	f.Add(false, "PATCH", "/nobody", "", fragmentType, "", "", []byte(restart))
	f.Add(false, "PUT", "/"+ours+"/mute", "", "application/json", "", "", []byte(`{"mic":true,"mic":false}`))
	f.Add(true, "DELETE", "/%2e%2e", "", "", "", "", []byte{})
	f.Add(true, "GET", "/"+ours, "", "", "", "", []byte{})
	f.Add(false, "OPTIONS", "", "", "", "", "", []byte{})

	f.Fuzz(func(t *testing.T, views bool, method, tail, query, contentType, ifMatch, encoding string, body []byte) {
		face, there := "whip", published
		if views {
			face, there = "whep", watched
		}
		tail = strings.ReplaceAll(tail, ours, there)
		at, err := url.Parse("/api/webinars/" + w + "/" + face + tail)
		if err != nil {
			return // no server hears of it
		}
		at.RawQuery = query
		req, err := http.NewRequestWithContext(context.Background(), method, at.String(), bytes.NewReader(body))
		if err != nil || strings.ContainsAny(contentType+ifMatch+encoding, "\r\n\x00") {
			return
		}
		for name, value := range map[string]string{"Content-Type": contentType, "If-Match": ifMatch, "Content-Encoding": encoding} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		speaker.sign(req)
		req.RemoteAddr = "127.0.0.1:9"
		rec := httptest.NewRecorder()
		s.handler.ServeHTTP(rec, req)
		res := rec.Result()
		answer, err := io.ReadAll(res.Body)
		must(t, err)
		if res.StatusCode >= 500 {
			t.Fatalf("%s %s: %d %s", method, at, res.StatusCode, answer)
		}
		if res.StatusCode >= 400 && method != http.MethodHead {
			var p problem
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" || json.Unmarshal(answer, &p) != nil || p.Code == "" {
				t.Fatalf("%s %s: %d, %q: %s", method, at, res.StatusCode, got, answer)
			}
		}
		if res.StatusCode != http.StatusCreated {
			return
		}
		fresh := session(reply{header: res.Header}) // ends, or the stage is full for the next
		if views {
			err = s.media.Unwatch(w, fresh, ticket.ID)
		} else {
			err = s.media.Unpublish(w, fresh, ticket.ID)
		}
		if fresh == "" || err != nil {
			t.Fatalf("%q was created and is not there: %v", fresh, err)
		}
	})
}
