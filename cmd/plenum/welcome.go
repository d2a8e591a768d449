package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// address is where people on this machine reach the site.
func (c *config) address(l net.Addr) *url.URL {
	if c.URL != nil {
		return c.URL
	}
	u := &url.URL{Scheme: "http", Host: l.String()}
	if c.TLSCert != "" {
		u.Scheme = "https"
	}
	if at, err := netip.ParseAddrPort(l.String()); err == nil && (at.Addr().IsUnspecified() || at.Addr().IsLoopback()) {
		u.Host = fmt.Sprintf("localhost:%d", at.Port())
		if at.Addr().IsLoopback() && !at.Addr().Is4() {
			u.Host = l.String()
		}
	}
	return u
}

// lanAddress is where a phone in the same network reaches the site, or nil. Without an address of its own the site
// hands out links with it, because "localhost" means something else on every machine.
func (c *config) lanAddress(l net.Addr) *url.URL {
	at, err := netip.ParseAddrPort(l.String())
	if c.URL != nil || err != nil || !at.Addr().IsUnspecified() {
		return nil
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			u := *c.address(l)
			u.Host = netip.AddrPortFrom(p.Addr(), at.Port()).String()
			return &u
		}
	}
	return nil
}

// linkAddress is what attendee links begin with.
func (c *config) linkAddress(l net.Addr) *url.URL {
	if lan := c.lanAddress(l); lan != nil {
		return lan
	}
	return c.address(l)
}

// welcome prints the address and, on a fresh installation, the one-time link that makes the first user.
func (p *parts) welcome(ctx context.Context, w io.Writer, l net.Addr) error {
	here := p.cfg.address(l)
	secret, needed, err := p.accounts.SetupLink(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n  Plenum is ready:   %s\n", here)
	if needed {
		fmt.Fprintf(&b, "  Make your account: %s/setup#%s\n                     (works once, for 24 hours; restart for a new one)\n", here, secret)
	} else {
		fmt.Fprintf(&b, "  Sign in:           %s/login\n", here)
	}
	if lan := p.cfg.lanAddress(l); lan != nil {
		fmt.Fprintf(&b, "  In your network:   %s   (watch and vote, from a phone for example)\n", lan)
	}
	if !p.cfg.secure() {
		b.WriteString("  Cameras and microphones work on localhost only, because browsers ask for TLS elsewhere:\n" +
			"  set PLENUM_TLS_CERT and PLENUM_TLS_KEY, or PLENUM_URL behind a proxy that speaks TLS.\n")
	}
	b.WriteString("\n")
	_, err = io.WriteString(w, b.String())
	return err
}
