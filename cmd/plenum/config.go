package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"plenum/frontend"
	"plenum/webinar"
)

var errConfig = errors.New("the configuration is not usable")

// config is every setting, ready for use. settings is the table that fills it.
type config struct {
	Data string // absolute folder

	Listen         string
	URL            *url.URL // nil: derived from each request
	TLSCert        string
	TLSKey         string
	TrustedProxies []string
	MetricsListen  string // of this machine itself; empty: none

	MediaListen    string
	MediaTCP       bool
	MediaAddresses []netip.Addr
	MediaEgress    string
	MaxStage       int

	TURNListen, TURNTLSListen, TURNTLSCert, TURNTLSKey, TURNHost string

	S3Endpoint, S3Bucket, S3Region, S3AccessKey, S3SecretKey, S3CA string
	S3TLS, S3PathStyle, S3Encrypt                                  bool

	SessionLifetime time.Duration
	RetainWebinar   time.Duration
	RetainSeat      time.Duration
	RetainQuestions time.Duration
	RetainRecording time.Duration
	RetainConsent   time.Duration
	MaxLive         time.Duration
	AnnounceDelay   time.Duration
	Announcements   frontend.Announcements
	ConsentMargin   time.Duration
	DiskReserve     int64
	FFmpeg          string // program; empty: none
	FFmpegTime      time.Duration
	FFmpegSize      int64
	FFmpegThreads   int
	AccessLog       bool
}

// setting is one environment variable.
type setting struct {
	name   string
	value  string // default
	unit   string
	doc    string
	secret bool
	set    func(*config, string) error
}

// settings is the one place where every setting stands.
func settings() []setting {
	const path, dur = "path", "duration"
	return []setting{
		{"PLENUM_DATA", "data", path, "folder for the database, the spool and the embedded object store", false, setPath(func(c *config) *string { return &c.Data })},
		{"PLENUM_LISTEN", ":8080", "host:port", "where the web pages and the API are served (TCP)", false, setAddr(func(c *config) *string { return &c.Listen })},
		{"PLENUM_URL", "", "URL", "the address people use, such as https://plenum.example.org; empty: taken from each request", false, setURL},
		{"PLENUM_TLS_CERT", "", path, "certificate chain (PEM); with PLENUM_TLS_KEY the server speaks TLS itself", false, setPath(func(c *config) *string { return &c.TLSCert })},
		{"PLENUM_TLS_KEY", "", path, "private key (PEM)", false, setPath(func(c *config) *string { return &c.TLSKey })},
		{"PLENUM_TRUSTED_PROXIES", "", "addresses", "reverse proxies whose X-Forwarded-For counts, comma-separated addresses or networks", false, setProxies},
		{"PLENUM_METRICS_LISTEN", "", "host:port", "where /metrics is served without a token, such as 127.0.0.1:9100; only on this machine itself; empty: nowhere", false, setLoopback(func(c *config) *string { return &c.MetricsListen })},
		{"PLENUM_MEDIA_LISTEN", ":8443", "host:port", "the one port for sound and pictures (UDP, and TCP for networks that block UDP)", false, setAddr(func(c *config) *string { return &c.MediaListen })},
		{"PLENUM_MEDIA_TCP", "true", "true or false", "take media over TCP as well, on the same port", false, setBool(func(c *config) *bool { return &c.MediaTCP })},
		{"PLENUM_MEDIA_ADDRESSES", "", "addresses", "addresses offered to browsers for media, comma-separated, the best first; empty: all of this machine. Behind NAT the public one, and after it a private one for people inside", false, setAddresses},
		{"PLENUM_MEDIA_EGRESS", "auto", "auto, gso, sendmmsg or sendto", "how media is handed to the system; auto takes the cheapest that works", false, setChoice(func(c *config) *string { return &c.MediaEgress }, "auto", "gso", "sendmmsg", "sendto")},
		{"PLENUM_TURN_LISTEN", "", "host:port", "a relay to the media port for networks that let nothing else through (TURN over UDP and TCP), usually :3478; empty: none", false, optional(setAddr(func(c *config) *string { return &c.TURNListen }))},
		{"PLENUM_TURN_TLS_LISTEN", "", "host:port", "the same over TLS, usually :5349, or :443 on an address of its own; empty: none", false, optional(setAddr(func(c *config) *string { return &c.TURNTLSListen }))},
		{"PLENUM_TURN_TLS_CERT", "", path, "certificate chain (PEM) of the relay; empty: PLENUM_TLS_CERT", false, setPath(func(c *config) *string { return &c.TURNTLSCert })},
		{"PLENUM_TURN_TLS_KEY", "", path, "private key (PEM) of the relay; empty: PLENUM_TLS_KEY", false, setPath(func(c *config) *string { return &c.TURNTLSKey })},
		{"PLENUM_TURN_HOST", "", "name", "the relay's name for browsers; empty: the name of the site", false, setText(func(c *config) *string { return &c.TURNHost })},
		{"PLENUM_STAGE_PEOPLE", "10", "people", "how many may be on stage at once (1 to 10)", false, setInt(1, 10, func(c *config, n int64) { c.MaxStage = int(n) })},
		{"PLENUM_S3_ENDPOINT", "", "host:port", "an S3-compatible store for recordings; empty: the embedded one in the data folder", false, setText(func(c *config) *string { return &c.S3Endpoint })},
		{"PLENUM_S3_BUCKET", "plenum", "name", "bucket; made if it is missing", false, setText(func(c *config) *string { return &c.S3Bucket })},
		{"PLENUM_S3_REGION", "us-east-1", "name", "region", false, setText(func(c *config) *string { return &c.S3Region })},
		{"PLENUM_S3_ACCESS_KEY", "", "text", "access key", false, setText(func(c *config) *string { return &c.S3AccessKey })},
		{"PLENUM_S3_SECRET_KEY", "", "text", "secret key", true, setText(func(c *config) *string { return &c.S3SecretKey })},
		{"PLENUM_S3_TLS", "true", "true or false", "speak TLS to the store", false, setBool(func(c *config) *bool { return &c.S3TLS })},
		{"PLENUM_S3_CA", "", path, "certificate authority of the store (PEM), if not a public one", false, setPath(func(c *config) *string { return &c.S3CA })},
		{"PLENUM_S3_PATH_STYLE", "true", "true or false", "bucket in the path (MinIO, Ceph) instead of in the host name", false, setBool(func(c *config) *bool { return &c.S3PathStyle })},
		{"PLENUM_S3_ENCRYPT", "false", "true or false", "ask the store to encrypt what it keeps (SSE-S3); one that does not is refused", false, setBool(func(c *config) *bool { return &c.S3Encrypt })},
		{"PLENUM_SESSION_LIFETIME", "168h", dur, "how long a sign-in lasts (1h to 720h)", false, setDuration(time.Hour, 720*time.Hour, func(c *config) *time.Duration { return &c.SessionLifetime })},
		{"PLENUM_RETAIN_WEBINAR", "336h", dur, "webinars, polls and results are erased so long after the end (1h to 4392h)", false, setDuration(time.Hour, 4392*time.Hour, func(c *config) *time.Duration { return &c.RetainWebinar })},
		{"PLENUM_RETAIN_SEAT", "24h", dur, "seats and names are erased so long after the end (1h to 720h)", false, setDuration(time.Hour, 720*time.Hour, func(c *config) *time.Duration { return &c.RetainSeat })},
		{"PLENUM_RETAIN_QUESTIONS", "1h", dur, "questions and their answers are erased so long after the end (1h to 720h); export them before", false, setDuration(time.Hour, 720*time.Hour, func(c *config) *time.Duration { return &c.RetainQuestions })},
		{"PLENUM_RETAIN_RECORDING", "720h", dur, "recordings are erased so long after they stopped (1h to 4392h, which is 183 days)", false, setDuration(time.Hour, 4392*time.Hour, func(c *config) *time.Duration { return &c.RetainRecording })},
		{"PLENUM_RETAIN_CONSENT", "26280h", dur, "what people answered when asked to be recorded is erased so long after the recording was (24h to 87600h, which is 10 years)", false, setDuration(24*time.Hour, 87600*time.Hour, func(c *config) *time.Duration { return &c.RetainConsent })},
		{"TZ", "", "zone", "the time zone of minutes, results and consent reports on paper, such as Europe/Berlin; empty: that of the machine", false, setZone},
		{"PLENUM_MAX_LIVE", "24h", dur, "a webinar that nobody ends is ended after so long (1h to 72h)", false, setDuration(time.Hour, 72*time.Hour, func(c *config) *time.Duration { return &c.MaxLive })},
		{"PLENUM_ANNOUNCE_DELAY", "10s", dur, "least time between announcing a recording and starting it (10s to 10m)", false, setDuration(10*time.Second, 10*time.Minute, func(c *config) *time.Duration { return &c.AnnounceDelay })},
		{"PLENUM_ANNOUNCEMENTS", "", path, "folder with spoken announcements of your own, de.mp3 or de.ogg and en.mp3 or en.ogg (1 MiB each at most); empty: those that are built in", false, setAnnouncements},
		{"PLENUM_CONSENT_MARGIN", "1s", dur, "what was captured so shortly after a consent is still left out (250ms to 10s)", false, setDuration(250*time.Millisecond, 10*time.Second, func(c *config) *time.Duration { return &c.ConsentMargin })},
		{"PLENUM_DISK_RESERVE", "2147483648", "bytes", "a recording stops cleanly when less is free in the data folder", false, setInt(0, 1<<50, func(c *config, n int64) { c.DiskReserve = n })},
		{"PLENUM_FFMPEG", "ffmpeg", "path, name or off", "the ffmpeg that mixes the sound of recordings, makes previews and MP4; where there is none, all else works", false, setProgram(func(c *config) *string { return &c.FFmpeg })},
		{"PLENUM_FFMPEG_TIME", "4h", dur, "a job of ffmpeg that takes longer is given up (1m to 48h)", false, setDuration(time.Minute, 48*time.Hour, func(c *config) *time.Duration { return &c.FFmpegTime })},
		{"PLENUM_FFMPEG_SIZE", "8589934592", "bytes", "a job of ffmpeg that writes more is given up", false, setInt(1<<20, 1<<50, func(c *config, n int64) { c.FFmpegSize = n })},
		{"PLENUM_FFMPEG_THREADS", "1", "threads", "of each encoder; jobs run one at a time and give way to everything else (1 to 64)", false, setInt(1, 64, func(c *config, n int64) { c.FFmpegThreads = int(n) })},
		{"PLENUM_ACCESS_LOG", "false", "true or false", "log each request: route, status and duration, never who", false, setBool(func(c *config) *bool { return &c.AccessLog })},
	}
}

// loadConfig reads all settings and reports every fault at once, wrapped in errConfig.
func loadConfig(getenv func(string) string) (*config, error) {
	c := &config{}
	var faults []error
	for _, s := range settings() {
		if err := s.set(c, valueOf(s, getenv)); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.name, err))
		}
	}
	faults = append(faults, c.validate())
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("%w:\n%w", errConfig, err)
	}
	return c, nil
}

func valueOf(s setting, getenv func(string) string) string {
	if v := getenv(s.name); v != "" {
		return v
	}
	return s.value
}

// sampleSecret is what the compose file shows; nobody may run with it.
const sampleSecret = "change-me"

func (c *config) validate() error {
	var faults []error
	if (c.TLSCert == "") != (c.TLSKey == "") {
		faults = append(faults, errors.New("PLENUM_TLS_CERT and PLENUM_TLS_KEY go together"))
	}
	if (c.TURNTLSCert == "") != (c.TURNTLSKey == "") {
		faults = append(faults, errors.New("PLENUM_TURN_TLS_CERT and PLENUM_TURN_TLS_KEY go together"))
	}
	if c.TURNTLSListen != "" && c.TURNTLSCert == "" && c.TLSCert == "" {
		faults = append(faults, errors.New("PLENUM_TURN_TLS_LISTEN needs a certificate: PLENUM_TURN_TLS_CERT or PLENUM_TLS_CERT"))
	}
	if c.S3Endpoint != "" && (c.S3AccessKey == "" || c.S3SecretKey == "") {
		faults = append(faults, errors.New("PLENUM_S3_ENDPOINT needs PLENUM_S3_ACCESS_KEY and PLENUM_S3_SECRET_KEY"))
	}
	if c.S3Encrypt && c.S3Endpoint == "" {
		faults = append(faults, errors.New("PLENUM_S3_ENCRYPT needs PLENUM_S3_ENDPOINT: the embedded store does not encrypt, its disk can"))
	}
	if c.S3SecretKey == sampleSecret {
		faults = append(faults, errors.New("PLENUM_S3_SECRET_KEY is still the sample; make a random one"))
	}
	return errors.Join(faults...)
}

// secure reports whether browsers reach the site over TLS.
func (c *config) secure() bool {
	return c.TLSCert != "" || c.URL != nil && c.URL.Scheme == "https"
}

// printConfig writes every setting with its value, default and unit; secrets are not shown.
func printConfig(w io.Writer, getenv func(string) string) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "SETTING\tVALUE\tDEFAULT\tUNIT\tMEANING")
	for _, s := range settings() {
		value := valueOf(s, getenv)
		if s.secret && value != "" {
			value = "(set)"
		}
		fmt.Fprintf(tw, "%s\t%q\t%q\t%s\t%s\n", s.name, value, s.value, s.unit, s.doc)
	}
	return tw.Flush()
}

// optional lets a setting be empty.
func optional(set func(*config, string) error) func(*config, string) error {
	return func(c *config, v string) error {
		if v == "" {
			return nil
		}
		return set(c, v)
	}
}

func setText(field func(*config) *string) func(*config, string) error {
	return func(c *config, v string) error { *field(c) = v; return nil }
}

func setBool(field func(*config) *bool) func(*config, string) error {
	return func(c *config, v string) (err error) {
		if *field(c), err = strconv.ParseBool(v); err != nil {
			return fmt.Errorf("%q is neither true nor false", v)
		}
		return nil
	}
}

func setChoice(field func(*config) *string, all ...string) func(*config, string) error {
	return func(c *config, v string) error {
		if !slices.Contains(all, v) {
			return fmt.Errorf("%q is none of %s", v, strings.Join(all, ", "))
		}
		*field(c) = v
		return nil
	}
}

func setInt(least, most int64, put func(*config, int64)) func(*config, string) error {
	return func(c *config, v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is no whole number from %d to %d", v, least, most)
		}
		put(c, n)
		return nil
	}
}

func setDuration(least, most time.Duration, field func(*config) *time.Duration) func(*config, string) error {
	return func(c *config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < least || d > most {
			return fmt.Errorf("%q is no duration from %v to %v, such as %v", v, least, most, least)
		}
		*field(c) = d
		return nil
	}
}

func setPath(field func(*config) *string) func(*config, string) error {
	return func(c *config, v string) (err error) {
		if v != "" { // the embedded object store changes the working directory, so paths are made absolute now
			v, err = filepath.Abs(v)
		}
		*field(c) = v
		return err
	}
}

// setProgram takes the path or the name of a program, and off for none.
func setProgram(field func(*config) *string) func(*config, string) error {
	return func(c *config, v string) error {
		if v == "off" {
			v = ""
		} else if strings.ContainsRune(v, filepath.Separator) && !filepath.IsAbs(v) {
			return errors.New("must be an absolute path, a name, or off")
		}
		*field(c) = v
		return nil
	}
}

// setZone looks whether there is such a zone. Go's library reads the variable by itself, and would take UTC for one that is not.
func setZone(_ *config, v string) error {
	name := strings.TrimPrefix(v, ":")
	if filepath.IsAbs(name) {
		_, err := os.Stat(name)
		return err
	}
	if _, err := time.LoadLocation(name); err != nil {
		return errors.New("there is no such zone")
	}
	return nil
}

// setAnnouncements reads the files once, so that a fault is known before anybody has to hear them.
func setAnnouncements(c *config, v string) (err error) {
	langs := make([]string, 0, len(webinar.Langs()))
	for _, l := range webinar.Langs() {
		langs = append(langs, string(l))
	}
	c.Announcements, err = frontend.ReadAnnouncements(v, langs)
	return err
}

func setAddr(field func(*config) *string) func(*config, string) error {
	return func(c *config, v string) error {
		_, port, err := net.SplitHostPort(v)
		if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
			return fmt.Errorf("%q is no host:port", v)
		}
		*field(c) = v
		return nil
	}
}

func setURL(c *config, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q is no address such as https://plenum.example.org", v)
	}
	c.URL = &url.URL{Scheme: u.Scheme, Host: u.Host}
	return nil
}

func setProxies(c *config, v string) error {
	for _, p := range fields(v) {
		if _, err := netip.ParseAddr(p); err != nil {
			if _, err := netip.ParsePrefix(p); err != nil {
				return fmt.Errorf("%q is neither an address nor a network", p)
			}
		}
		c.TrustedProxies = append(c.TrustedProxies, p)
	}
	return nil
}

func setAddresses(c *config, v string) error {
	for _, a := range fields(v) {
		addr, err := netip.ParseAddr(a)
		if err != nil {
			return fmt.Errorf("%q is no address", a)
		}
		c.MediaAddresses = append(c.MediaAddresses, addr)
	}
	return nil
}

func fields(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
}

// dataFolder makes the data folder, which nobody else may read.
func (c *config) dataFolder() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}
