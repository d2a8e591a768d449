// Command plenum is the whole server in one binary: webinars, live polls, and recordings of those who agreed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // TZ means the same on a machine that knows no zones

	"plenum/cmd/plenum/bench"
	"plenum/cmd/plenum/bench/record"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "plenum:", err)
		os.Exit(exitCode(err))
	}
}

// errUsage ends the program with code 2 after the usage text.
var errUsage = errors.New("see 'plenum help'")

func exitCode(err error) int {
	if errors.Is(err, errUsage) || errors.Is(err, errConfig) {
		return 2
	}
	return 1
}

const usage = `plenum runs webinars, live polls and recordings of those who agreed.

  plenum                         start the server (also: plenum serve)
  plenum config                  print every setting, its value, default and unit
  plenum user add --email MAIL --name NAME
                                 make a further account; the password is read from standard input
  plenum user password --email MAIL
                                 print a one-time link with which the owner of that account sets a new password
  plenum token create --user MAIL [--scope all|metrics]
                                 make an API token for that account, printed once; with scope metrics it reads
                                 /metrics and nothing else
  plenum ledger verify [--key FINGERPRINT] [FILE [RECEIPT...]]
                                 check a consent ledger: an export, against receipts if there are some, or the one in the
                                 data folder; with --key it must be signed by that key, whose fingerprint is printed
  plenum bench fanout --viewers N --seconds S --kbps K [--gop S] [--layers 3] [--path gso|sendmmsg|sendto] [--stock] [--json]
                                 measure what forwarding costs, on a server that is thrown away afterwards
  plenum bench joins --viewers N --seconds S [--gop S] [--deaf] [--json]
                                 measure what many joins cost and how long they wait for a picture
  plenum bench slow --viewers N --seconds S [--json]
                                 measure what one viewer on a poor line costs the others
  plenum bench votes --voters N [--streams N] [--seconds S] [--json]
                                 measure how soon votes are safe on the disk and whether each of them is counted once
  plenum bench record --minutes M [--kbps K] [--json]
                                 measure what recording one person costs, from RTP to the verified object
  plenum version
  plenum help

Settings are environment variables; 'plenum config' names them all.
`

// run is the program without its process: arguments, environment and streams in, an error out.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		args = []string{"serve"}
	}
	command, rest := args[0], args[1:]
	if command == "help" || command == "-h" || command == "--help" {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	if command == "version" {
		return printVersion(stdout)
	}
	if command == "bench" {
		measure := bench.Main
		if len(rest) > 0 && rest[0] == "record" {
			measure, rest = record.Main, rest[1:]
		}
		err := measure(ctx, rest, stdout, stderr)
		if errors.Is(err, bench.ErrUsage) || errors.Is(err, record.ErrUsage) {
			return fmt.Errorf("%w: %w", err, errUsage)
		}
		return err
	}
	cfg, err := loadConfig(getenv)
	if err != nil {
		return err
	}
	switch {
	case command == "serve" && len(rest) == 0:
		return serve(ctx, cfg, stdout, stderr)
	case command == "config" && len(rest) == 0:
		return printConfig(stdout, getenv)
	case command == "user" && len(rest) > 0 && rest[0] == "add":
		return addUser(ctx, cfg, rest[1:], os.Stdin, stdout)
	case command == "user" && len(rest) > 0 && rest[0] == "password":
		return passwordLink(ctx, cfg, rest[1:], stdout)
	case command == "token" && len(rest) > 0 && rest[0] == "create":
		return createToken(ctx, cfg, rest[1:], stdout)
	case command == "ledger" && len(rest) > 0 && rest[0] == "verify":
		return verifyLedger(ctx, cfg, rest[1:], stdout)
	}
	if _, err := io.WriteString(stderr, usage); err != nil {
		return err
	}
	return fmt.Errorf("unknown command %q: %w", command, errUsage)
}

// printVersion writes the commit that the program was built from.
func printVersion(w io.Writer) error {
	revision, state := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				state = " with local changes"
			}
		}
	}
	_, err := fmt.Fprintf(w, "plenum %s%s, %s\n", revision, state, runtime.Version())
	return err
}
