// Command demo shows Postvagt doing what it exists for. It starts a private Postfix, three destinations,
// the milter and the agent in one temporary folder, sends sample mails through them, prints what became of
// each and why, and serves the dashboard until Ctrl-C. Nothing of it stays behind.
//
//	demo           show it
//	demo -check    hold every outcome and every figure against the known answer, print "N passed, M failed", end
//	               (with -stay at Ctrl-C only)
//	demo -bin D    take the two programs from the folder D instead of building them
//	demo -mails D  write the sample mails to the folder D, for "postvagt-milter check D", and end
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"postvagt/packaging/e2e/kit"
)

func main() {
	check := flag.Bool("check", false, "hold every outcome and figure against the known answer, and end")
	stay := flag.Bool("stay", false, "with -check: end at Ctrl-C only")
	bin := flag.String("bin", "", "folder of the two programs; built when not given (`DIR`)")
	mails := flag.String("mails", "", "write the sample mails to the folder `DIR`, and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var err error
	switch {
	case flag.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case *mails != "":
		err = writeMails(ctx, *mails)
	default:
		err = show(ctx, *bin, *check, *stay || !*check)
	}
	switch {
	case err == nil:
	case errors.Is(err, errFailed):
		os.Exit(1)
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "\nInterrupted; everything is stopped and removed.")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(2)
	}
}

// writeMails writes the samples as files.
func writeMails(ctx context.Context, dir string) error {
	keys, err := os.MkdirTemp("", "postvagt-keys-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(keys)
	m, _, err := composeAll(ctx, keys)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, s := range m.Mail {
		if err := os.WriteFile(filepath.Join(dir, s.File+".eml"), s.Data, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%d mails in %s\n", len(m.Mail), dir)
	return nil
}

// composeAll reads the manifest and makes the letters with keys of this run.
func composeAll(ctx context.Context, keyDir string) (*manifest, *kit.Authority, error) {
	now := time.Now()
	ca, err := kit.NewAuthority(now)
	if err != nil {
		return nil, nil, err
	}
	keys, err := newKeyring(keyDir, ca, now)
	if err != nil {
		return nil, nil, err
	}
	m, err := loadManifest()
	if err != nil {
		return nil, nil, err
	}
	return m, ca, m.compose(ctx, keys, now)
}
