package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a self-signed pair for localhost and returns the pool that trusts it.
func certificate(t *testing.T, dir string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	return cert, key, pool
}

func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key, pool := certificate(t, dir)
	plain := settingsFor(filepath.Join(dir, "data"))
	getenv := func(name string) string {
		switch name {
		case "PLENUM_TLS_CERT":
			return cert
		case "PLENUM_TLS_KEY":
			return key
		}
		return plain(name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	out := newOutput()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"serve"}, getenv, out, io.Discard) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-out.ready:
	case <-time.After(patience):
		t.Fatalf("not ready: %s", out)
	}
	base := find(t, out.String(), `ready:\s+(https://localhost:\d+)`)
	if strings.Contains(out.String(), "localhost only") {
		t.Error("a server with TLS says that cameras need TLS")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	token := find(t, out.String(), `/setup#(\S+)`)
	body := `{"token":"` + token + `","email":"ada@example.org","name":"Ada","password":"correct horse battery"}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/setup", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated || res.Proto != "HTTP/2.0" || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %s %v", res.Status, res.Proto, res.Header)
	}
	cookies := res.Cookies()
	if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, "__Host-") || !cookies[0].Secure || !cookies[0].HttpOnly {
		t.Errorf("%v", cookies)
	}
}
