package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// lanes are connections that voters take in turn. A request is written as bytes and its answer read by hand, so that the
// client takes little of the machine that it shares with the server.
type lanes struct {
	host, path string
	free       chan *lane
}

type lane struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialLanes(ctx context.Context, srv *server, n int) (*lanes, error) {
	at, err := url.Parse(srv.base)
	if err != nil {
		return nil, err
	}
	l := &lanes{host: at.Host, path: at.Path, free: make(chan *lane, n)}
	for range n {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", at.Host)
		if err != nil {
			l.close()
			return nil, err
		}
		l.free <- &lane{conn, bufio.NewReader(conn)}
	}
	return l, nil
}

// close ends what is not in use.
func (l *lanes) close() {
	for range len(l.free) {
		_ = (<-l.free).conn.Close()
	}
}

// post waits for a lane. It returns the status of the answer, whose body is thrown away.
func (l *lanes) post(path, cookie, body string) (int, error) {
	a := <-l.free
	defer func() { l.free <- a }()
	if err := a.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, err
	}
	_, err := fmt.Fprintf(a.conn, "POST %s%s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		l.path, path, l.host, cookie, len(body), body)
	if err != nil {
		return 0, err
	}
	return a.answer()
}

func (a *lane) answer() (status int, err error) {
	length := -1
	for first := true; ; first = false {
		line, err := a.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case first && len(line) > 12:
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, err
			}
		case len(line) == 0:
			if length < 0 {
				return 0, fmt.Errorf("an answer %d of unknown length", status)
			}
			_, err := a.in.Discard(length)
			return status, err
		case string(name) == "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
}

// seatsAtOnce is how many the server seats at once from one address; beyond, people come from further ones.
const seatsAtOnce = 1500

// seatVoters lets n people in, each with a seat of its own.
func seatVoters(ctx context.Context, srv *server, n int) ([]*voter, error) {
	crowd := make([]*voter, n)
	own := srv.http
	defer func() { srv.http = own }()
	errs := make(chan error, 1)
	var wg sync.WaitGroup
	for group := 0; group*seatsAtOnce < n; group++ {
		home := &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+group))}
		transport := &http.Transport{MaxIdleConnsPerHost: joinAhead, DialContext: (&net.Dialer{LocalAddr: home}).DialContext}
		srv.http = &http.Client{Timeout: 30 * time.Second, Transport: transport}
		next := make(chan int)
		for range 8 {
			wg.Go(func() {
				for i := range next {
					cookie, err := srv.seat(ctx)
					if err != nil {
						select {
						case errs <- err:
						default:
						}
					}
					crowd[i] = &voter{cookie}
				}
			})
		}
		for i := group * seatsAtOnce; i < min(n, (group+1)*seatsAtOnce); i++ {
			next <- i
		}
		close(next)
		wg.Wait()
		transport.CloseIdleConnections()
	}
	select {
	case err := <-errs:
		return nil, err
	default:
		return crowd, nil
	}
}

// get reads what the host may see under the webinar.
func (s *server) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil) //nolint:gosec // to the server that was started here
	if err != nil {
		return err
	}
	req.Header = s.host.Clone()
	res, err := s.http.Do(req) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	return json.Unmarshal(body, into)
}
