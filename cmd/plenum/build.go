package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"plenum/api"
	"plenum/frontend"
	"plenum/picture"
	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/recorder"
	"plenum/recorder/archive"
	"plenum/recorder/blob"
	"plenum/recorder/consent"
	"plenum/recorder/ffmpeg"
	"plenum/webinar"
	"plenum/webinar/live"
	"plenum/webinar/sfu"
	"plenum/webinar/talk"
	"plenum/webinar/turn"
)

// The folders below the data folder.
const (
	spoolFolder = "spool"
	storeFolder = "store"
	imageFolder = "pictures"
)

// build makes every part in the order in which they need each other.
func (p *parts) build(ctx context.Context) error {
	p.hub = live.NewHub(api.EncodeEvent, p.log)
	p.onClose(func() error { p.hub.Close(); return nil })
	p.accounts = webinar.NewAccounts(p.db, p.cfg.SessionLifetime)
	p.webinars = webinar.NewService(p.db, p.hub, webinar.Retention{
		Webinar: p.cfg.RetainWebinar, Seat: p.cfg.RetainSeat, MaxLive: p.cfg.MaxLive, Recording: p.cfg.RetainRecording,
	}, webinar.Hooks{Live: p.onLive, End: p.onEnd, Keep: p.keeps, Needed: p.needed, Erase: p.onErase, Revoked: p.onRevoked, Reseat: p.onReseat})
	for _, step := range []func(context.Context) error{p.buildPolls, p.buildStore, p.buildRecorder, p.buildMedia, p.buildRelay} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	p.hub.OnHosts(p.recorder.SetHosts)
	return nil
}

func (p *parts) buildPolls(ctx context.Context) (err error) {
	if p.polls, err = polls.New(ctx, p.db, p.hub, p.log); err != nil {
		return err
	}
	p.onClose(p.polls.Close)
	shelf, err := picture.OpenShelf(filepath.Join(p.cfg.Data, imageFolder))
	if err != nil {
		return err
	}
	p.onClose(shelf.Close)
	p.pictures = polls.NewPictures(p.db, shelf)
	p.questions = talk.New(p.db, p.hub, p.cfg.RetainQuestions, p.log)
	p.onClose(p.questions.Close)
	return nil
}

func (p *parts) buildStore(ctx context.Context) error {
	cfg := blob.S3Config{
		Endpoint: p.cfg.S3Endpoint, Bucket: p.cfg.S3Bucket, Region: p.cfg.S3Region, AccessKey: p.cfg.S3AccessKey,
		SecretKey: p.cfg.S3SecretKey, TLS: p.cfg.S3TLS, CAFile: p.cfg.S3CA, PathStyle: p.cfg.S3PathStyle,
	}
	if p.cfg.S3Endpoint == "" {
		gateway, err := blob.Embedded(ctx, filepath.Join(p.cfg.Data, storeFolder))
		if err != nil {
			return err
		}
		p.onClose(gateway.Close)
		cfg = gateway.Config()
	}
	if p.cfg.S3Encrypt {
		cfg.SSE = "AES256"
	}
	store, err := blob.NewS3(cfg)
	if err != nil {
		return err
	}
	p.onClose(func() error { store.Close(); return nil })
	p.store = store
	return p.examineStore(ctx, store)
}

// storeTime is how long the start waits for an external store.
const storeTime = 10 * time.Second

// examineStore refuses a store that only its operator can mend. One that does not answer yet is examined by the archive as
// soon as it does: webinars and polls need none.
func (p *parts) examineStore(ctx context.Context, store *blob.S3) error {
	first, stop := context.WithTimeout(ctx, storeTime)
	defer stop()
	err := helped(store.Examine(first))
	if p.cfg.S3Endpoint == "" || ctx.Err() != nil || !errors.Is(err, blob.ErrAway) {
		return err
	}
	p.log.Warn("the object store does not answer: nothing can be recorded until it does, all else works", "endpoint", p.cfg.S3Endpoint, "error", err)
	p.examine = func(ctx context.Context) error { return helped(store.Examine(ctx)) }
	return nil
}

// helped adds to a fault of the store which setting to look at.
func helped(err error) error {
	help := map[blob.Fault]string{
		blob.NoHost:      "nobody knows this host name; look at PLENUM_S3_ENDPOINT, and at PLENUM_S3_PATH_STYLE if the bucket stands before it",
		blob.Certificate: "the certificate of the store is not trusted; name its authority in PLENUM_S3_CA, and the host it is made out to in PLENUM_S3_ENDPOINT",
		blob.NoTLS:       "one side speaks TLS and the other does not; look at PLENUM_S3_TLS and the port in PLENUM_S3_ENDPOINT",
		blob.NoBucket:    "make the bucket that PLENUM_S3_BUCKET names, or allow these keys to make it",
		blob.Keys:        "the store refuses the keys; look at PLENUM_S3_ACCESS_KEY, PLENUM_S3_SECRET_KEY and what they may do with PLENUM_S3_BUCKET",
	}[blob.FaultOf(err)]
	if help == "" {
		return err
	}
	return fmt.Errorf("%s: %w", help, err)
}

func (p *parts) buildRecorder(ctx context.Context) (err error) {
	spool := filepath.Join(p.cfg.Data, spoolFolder)
	if err := os.MkdirAll(spool, 0o700); err != nil {
		return err
	}
	var watched func() bool
	if p.cfg.S3Endpoint != "" { // the embedded store goes with us
		watched = func() bool { return p.recorder.Recording() }
	}
	p.archive, err = archive.New(archive.Config{
		Objects: p.store, Examine: p.examine, Watched: watched, Rows: archive.NewStore(p.db), Spool: spool, Log: p.log,
		Done: func(ctx context.Context, r archive.Result) error { return p.recorder.Archived(ctx, r) },
		Live: func(path string) bool { return p.recorder.Live(path) },
		Ours: consent.NewLedger(p.db, nil).Announced, // signs nothing
	})
	if err != nil {
		return err
	}
	key, err := ledgerKey(p.cfg.Data)
	if err != nil {
		return err
	}
	tool, err := p.findFFmpeg(ctx)
	if err != nil {
		return err
	}
	p.recorder, err = recorder.New(ctx, recorder.Config{
		DB: p.db, Key: key, Events: p.hub, Archive: p.archive, Spool: spool, Log: p.log,
		AnnounceDelay: p.cfg.AnnounceDelay, Margin: p.cfg.ConsentMargin, DiskReserve: p.cfg.DiskReserve,
		Retention: p.cfg.RetainRecording, Evidence: p.cfg.RetainConsent, Polls: p.askedIn, Lines: p.writtenIn, Lang: p.spokenIn, Plan: p.plannedFor, Encode: api.EncodeTimeline,
		FFmpeg: tool,
	})
	return err
}

// findFFmpeg looks for it. A server without one leaves out what needs decoding.
func (p *parts) findFFmpeg(ctx context.Context) (*ffmpeg.Tool, error) {
	if p.cfg.FFmpeg == "" {
		return nil, nil
	}
	t, err := ffmpeg.Find(ctx, ffmpeg.Config{Path: p.cfg.FFmpeg, Time: p.cfg.FFmpegTime, Size: p.cfg.FFmpegSize, Threads: p.cfg.FFmpegThreads})
	if errors.Is(err, ffmpeg.ErrNone) {
		p.log.Info("no ffmpeg: sound is not mixed, there are no previews and no MP4", "reason", err)
		return nil, nil
	}
	if err == nil {
		p.log.Info("ffmpeg found", "mp4", t.MP4s(), "without_network", t.Alone())
	}
	return t, err
}

func (p *parts) buildMedia(ctx context.Context) (err error) {
	if p.spare, err = spare(); err != nil {
		return err
	}
	p.engine, err = sfu.New(sfu.Config{
		Listen: p.cfg.MediaListen, TCP: p.cfg.MediaTCP, Advertise: p.cfg.MediaAddresses, Egress: p.cfg.MediaEgress, MaxStage: p.cfg.MaxStage, Log: p.log, Room: p.spare,
	}, p.recorder, &api.Screens{Events: p.hub, Seats: p.webinars, Log: p.log})
	if err != nil {
		return err
	}
	p.onClose(p.engine.Close)
	running, err := p.webinars.Running(ctx)
	for _, id := range running {
		p.onLive(id)
	}
	return err
}

func (p *parts) buildRelay(context.Context) error {
	if p.cfg.TURNListen == "" && p.cfg.TURNTLSListen == "" {
		return nil
	}
	cfg := turn.Config{Listen: p.cfg.TURNListen, TLSListen: p.cfg.TURNTLSListen, Media: p.engine.Addr(), Peers: p.engine.Offered, Room: p.spare}
	if p.cfg.TURNTLSListen != "" {
		pair, err := tls.LoadX509KeyPair(cmp.Or(p.cfg.TURNTLSCert, p.cfg.TLSCert), cmp.Or(p.cfg.TURNTLSKey, p.cfg.TLSKey))
		if err != nil {
			return err
		}
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	}
	relay, err := turn.New(cfg)
	if err != nil {
		return err
	}
	p.relay = relay
	p.onClose(relay.Close)
	return nil
}

// buildSite needs the address of the web port, which links are made of.
func (p *parts) buildSite(l net.Addr) (err error) {
	p.numbers = api.Metrics(p.engine, p.hub, p.recorder)
	deps := api.Deps{
		Accounts: p.accounts, Webinars: p.webinars, Hub: p.hub, Media: p.engine, Polls: p.polls, Pictures: p.pictures, Assembly: assembly.New(p.db, p.webinars, p.hub), Questions: p.questions, Recorder: p.recorder,
		Numbers: p.numbers, App: frontend.Handler(p.cfg.Announcements), BaseURL: p.cfg.linkAddress(l).String(), StageURL: p.cfg.address(l).String(), StagePeople: p.cfg.MaxStage, TLS: p.cfg.secure(), TrustedProxies: p.cfg.TrustedProxies, Full: p.full, Log: p.log,
	}
	if p.relay != nil {
		deps.Relay = p.relay
	}
	if deps.RelayHost = p.cfg.TURNHost; deps.RelayHost == "" && p.cfg.URL != nil {
		deps.RelayHost = p.cfg.URL.Hostname()
	}
	p.site, err = api.New(deps)
	return err
}

func (p *parts) onLive(id webinar.ID) { p.engine.SetLive(string(id), true) }

// onEnd goes on after a fault, so that one part cannot keep another open.
func (p *parts) onEnd(ctx context.Context, id webinar.ID) error {
	err := p.recorder.EndWebinar(ctx, id) // first: its gates close before anything else happens
	p.engine.CloseRoom(string(id))
	return errors.Join(err, p.polls.CloseAll(ctx, id))
}

// needed is when somebody may answer for the last time after the end.
func (p *parts) needed(ctx context.Context, id webinar.ID) (time.Time, error) {
	return p.polls.SurveyEnd(ctx, id)
}

// keeps reports whether a recording of the webinar has a later date than the webinar itself.
func (p *parts) keeps(ctx context.Context, id webinar.ID) (bool, error) {
	list, err := p.recorder.List(ctx, id)
	return slices.ContainsFunc(list, func(d recorder.Detail) bool { return d.Recording.ExpiresAt.After(time.Now()) }), err
}

func (p *parts) onErase(ctx context.Context, id webinar.ID) error {
	return p.recorder.DeleteAll(ctx, id)
}

// onReseat ends what the person sends before it returns, unless they may go on sending.
func (p *parts) onReseat(t webinar.Ticket) {
	p.hub.Reseat(t.Webinar, t.ID, t.Role)
	if !t.Role.OnStage() {
		p.engine.Drop(string(t.Webinar), string(t.ID))
	}
}

func (p *parts) onRevoked(id webinar.ID, t webinar.TicketID) {
	p.engine.Drop(string(id), string(t))
	p.hub.End(id, t)
}
