package blob

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// says has a server answer with such a status where a request is meant, and like any store elsewhere.
func says(status int, meant func(*http.Request) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if meant(r) {
			w.WriteHeader(status)
			return
		}
		plain(w, r)
	}
}

// TestExamineTellsAwayFromRefused: what may be over in a minute is waited for, what only the operator can mend is not.
func TestExamineTellsAwayFromRefused(t *testing.T) {
	all := func(*http.Request) bool { return true }
	of := func(setting string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.URL.Query().Has(setting) }
	}
	sent := func(r *http.Request) bool { return r.Method == http.MethodPut }
	closed := server(t, plain)
	gone := httptest.NewServer(http.HandlerFunc(plain))
	gone.Close()
	closed.Endpoint = gone.Listener.Addr().String()
	tlsServer := httptest.NewUnstartedServer(http.HandlerFunc(plain))
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what is wanted
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	untrusted, plainly := server(t, plain), server(t, plain)
	untrusted.Endpoint, untrusted.TLS = tlsServer.Listener.Addr().String(), true
	plainly.TLS = true
	encrypting := server(t, says(http.StatusServiceUnavailable, sent))
	encrypting.SSE = "AES256"
	refusing := server(t, says(http.StatusNotImplemented, sent))
	refusing.SSE = "AES256"
	nameless := server(t, plain)
	nameless.Endpoint = "store.invalid:9000" // RFC 6761
	faults := map[string]Fault{
		"wrong keys": Keys, "no bucket, none may be made": NoBucket, "a certificate of its own": Certificate, "no TLS where there should be": NoTLS,
		"a name that nobody knows": NoHost, "versioning may not be read": Keys, "nobody is there": Nobody, "it hangs": Slow, "it is full": NoRoom,
		"it says 503": Slow, "it says 429": Slow, "it says 503 of versioning": Slow, "it says 503 of the lock": Slow, "it says 503 of replication": Slow,
		"it cannot encrypt now": Slow, "it never encrypts": Unencrypted, "it keeps versions": Keeps,
	}
	for name, c := range map[string]struct {
		S3Config
		away bool
	}{
		"a name that nobody knows":     {nameless, true},
		"nobody is there":              {closed, true},
		"it hangs":                     {server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), true},
		"it hangs up":                  {server(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), true},
		"it says 503":                  {server(t, says(http.StatusServiceUnavailable, all)), true},
		"it says 500":                  {server(t, says(http.StatusInternalServerError, all)), true},
		"it says 429":                  {server(t, says(http.StatusTooManyRequests, all)), true},
		"it says 503 of versioning":    {server(t, says(http.StatusServiceUnavailable, of("versioning"))), true},
		"it says 503 of the lock":      {server(t, says(http.StatusServiceUnavailable, of("object-lock"))), true},
		"it says 503 of replication":   {server(t, says(http.StatusServiceUnavailable, of("replication"))), true},
		"it cannot encrypt now":        {encrypting, true},
		"it is full":                   {server(t, says(http.StatusInsufficientStorage, all)), true},
		"it never encrypts":            {refusing, false},
		"it keeps versions":            {server(t, versioned), false},
		"wrong keys":                   {server(t, says(http.StatusForbidden, all)), false},
		"no bucket, none may be made":  {server(t, noBucket), false},
		"a certificate of its own":     {untrusted, false},
		"no TLS where there should be": {plainly, false},
		"versioning may not be read":   {server(t, says(http.StatusForbidden, of("versioning"))), false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewS3(c.S3Config)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			limit := time.Second // some are asked again and again until then
			if !c.away {
				limit = time.Minute // what is refused has all the time that a busy machine takes to say so
			}
			ctx, stop := context.WithTimeout(t.Context(), limit)
			defer stop()
			err = s.Examine(ctx)
			if err == nil || errors.Is(err, ErrAway) != c.away {
				t.Errorf("%v", err)
			}
			if got := FaultOf(err); got != faults[name] {
				t.Errorf("fault %d: %v", got, err)
			}
			if _, refused := errors.AsType[*BucketError](err); refused && c.away {
				t.Errorf("the bucket is blamed: %v", err)
			}
		})
	}
}

func versioned(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("versioning") {
		_, _ = io.WriteString(w, `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)
		return
	}
	plain(w, r)
}

func noBucket(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}
