// Package api is the HTTP face of Plenum: it binds what comes in, calls the room that knows, and writes the answer.
// openapi.yaml is its contract.
package api

import (
	_ "embed"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/recorder"
	"plenum/webinar"
	"plenum/webinar/live"
	"plenum/webinar/sfu"
	"plenum/webinar/talk"
)

//go:embed openapi.yaml
var document []byte

// Deps is all that the api needs.
type Deps struct {
	Accounts  *webinar.Accounts
	Webinars  *webinar.Service
	Hub       *live.Hub
	Media     *sfu.Engine
	Polls     *polls.Service
	Pictures  *polls.Pictures
	Assembly  *assembly.Service
	Questions *talk.Questions
	Recorder  *recorder.Service
	Relay     Relay // nil: none

	Numbers        http.Handler // what Metrics returned
	App            http.Handler // answers everything that is neither under /api nor /healthz
	BaseURL        string       // of attendees' links and of allowed origins, such as https://example.org
	StageURL       string       // of speakers' links: cameras work over TLS and on localhost only; empty: BaseURL
	StagePeople    int          // how many may be on stage at once
	RelayHost      string       // the relay's name for clients; empty: the host of each request
	TLS            bool         // browsers reach the site over TLS, whoever ends it: Secure cookies and HSTS
	TrustedProxies []string     // addresses or networks whose X-Forwarded-For is believed; nil: nobody's
	Full           func() bool  // tells that the system has little room left for connections; nil: never
	Log            *slog.Logger

	Now func() time.Time // what time it is for who does something too often; nil: [time.Now]
}

type server struct {
	Deps
	limits *limiter
	cross  *http.CrossOriginProtection
	faults []fault
	phones *phones
}

// New returns the whole site. It fails on a base URL or a proxy list that cannot be understood.
func New(d Deps) (http.Handler, error) {
	s := &server{
		Deps: d, limits: newLimiter(d.Now), cross: http.NewCrossOriginProtection(), faults: faults(), phones: newPhones(),
	}
	s.BaseURL, s.StageURL = strings.TrimSuffix(d.BaseURL, "/"), strings.TrimSuffix(d.StageURL, "/")
	if s.StageURL == "" {
		s.StageURL = s.BaseURL
	}
	if err := s.cross.AddTrustedOrigin(s.BaseURL); err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	g.ContextWithFallback = true
	g.HandleMethodNotAllowed = true
	g.RedirectTrailingSlash = false
	if err := g.SetTrustedProxies(d.TrustedProxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	g.Use(s.identify, s.logAccess, s.recovered, s.secureHeaders, s.crossOrigin)
	for _, r := range routes() {
		g.Handle(r.method, ginPath(r.path), s.serve(r))
	}
	g.NoMethod(func(c *gin.Context) { s.fail(c, errNoMethod) })
	g.NoRoute(s.app)
	return g, nil
}

// app hands pages and assets to the front end; what is under /api is ours, and unknown.
func (s *server) app(c *gin.Context) {
	if p := c.Request.URL.Path; p == "/api" || strings.HasPrefix(p, "/api/") || s.App == nil {
		s.fail(c, errNoRoute)
		return
	}
	c.Status(http.StatusOK) // gin has noted 404 before it asks
	s.App.ServeHTTP(c.Writer, c.Request)
}

// ginPath writes {name} as gin does, :name.
func ginPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
