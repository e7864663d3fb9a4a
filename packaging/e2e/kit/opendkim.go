package kit

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// OpenDKIM is a private OpenDKIM that runs: a milter by unix socket that signs for one domain what comes from this host, and
// verifies the rest. It asks no DNS: its public key lies in a file (TestPublicKeys), below a folder that others may write to
// (RequireSafeKeys). What else it does is Debian's default.
type OpenDKIM struct {
	Dir  string
	prog *Program
}

// StartOpenDKIM makes a key for the domain and starts OpenDKIM in dir.
func StartOpenDKIM(ctx context.Context, dir, domain string) (*OpenDKIM, error) {
	d := &OpenDKIM{Dir: dir}
	if err := d.configure(domain); err != nil {
		return nil, fmt.Errorf("OpenDKIM in %s: %w", dir, err)
	}
	var err error
	if d.prog, err = StartProgram(filepath.Join(dir, "opendkim.err"), "opendkim", "-f", "-x", d.file("opendkim.conf")); err != nil {
		return nil, fmt.Errorf("run packaging/install-deps.sh mtas: %w", err)
	}
	return d, d.prog.Ready(ctx, "OpenDKIM", time.Minute, func() (bool, error) {
		return WaitListening(ctx, "unix", d.Socket(), time.Second) == nil, nil
	})
}

func (d *OpenDKIM) configure(domain string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	keys := "TestPublicKeys " + d.file("public") + "\n"
	return errors.Join(os.MkdirAll(d.Dir, 0o755),
		os.WriteFile(d.file("private.pem"), private, 0o600),
		os.WriteFile(d.file("public"), []byte("test._domainkey."+domain+" v=DKIM1; k=rsa; p="+base64.StdEncoding.EncodeToString(public)+"\n"), 0o644),
		os.WriteFile(d.file("verify.conf"), []byte("Mode v\n"+keys), 0o644),
		os.WriteFile(d.file("opendkim.conf"), []byte(keys+"RequireSafeKeys no\nMode sv\nCanonicalization relaxed/simple\nOversignHeaders From\nSelector test\nDomain "+domain+
			"\nKeyFile "+d.file("private.pem")+"\nSocket local:"+d.Socket()+"\nUMask 000\n"), 0o644))
}

func (d *OpenDKIM) file(name string) string { return filepath.Join(d.Dir, name) }

// Socket is the milter's.
func (d *OpenDKIM) Socket() string { return d.file("opendkim.sock") }

// Verify is what OpenDKIM says of a message that has arrived: "succeeded", "failed", or "not signed".
func (d *OpenDKIM) Verify(ctx context.Context, message []byte) (string, error) {
	path := d.file("arrived.eml")
	text := strings.ReplaceAll(strings.ReplaceAll(string(message), "\r\n", "\n"), "\n", "\r\n")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "opendkim", "-x", d.file("verify.conf"), "-t", path).CombinedOutput()
	for _, said := range []string{"succeeded", "failed", "not signed"} {
		if strings.HasSuffix(strings.TrimSpace(string(out)), said) {
			return said, nil
		}
	}
	return "", errors.Join(fmt.Errorf("opendkim -t: %s", out), err)
}

// Stop ends it.
func (d *OpenDKIM) Stop() error { return d.prog.Stop() }
