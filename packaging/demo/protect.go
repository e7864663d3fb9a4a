package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"postvagt/packaging/e2e/kit"
)

// keyring holds the keys of one run, for the mails that are encrypted or signed.
type keyring struct{ dir string } // with smime.pem and smime.key

func newKeyring(dir string, ca *kit.Authority, now time.Time) (*keyring, error) {
	cert, err := ca.IssuePerson("postmaster@strandholt.example")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for file, data := range map[string][]byte{"smime.pem": cert.Chain, "smime.key": cert.Key} {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			return nil, err
		}
	}
	return &keyring{dir}, nil
}

// protect encrypts or signs a MIME entity: "smime CIPHER", "signed clear", "signed opaque".
func (k *keyring) protect(ctx context.Context, how string, entity []byte) ([]byte, error) {
	kind, arg, _ := strings.Cut(how, " ")
	switch kind {
	case "smime":
		cipher := []string{"-" + arg}
		if strings.HasPrefix(arg, "rc2") { // too weak for OpenSSL's own provider
			cipher = append(cipher, "-provider", "legacy", "-provider", "default")
		}
		der, err := k.cms(ctx, entity, append([]string{"-encrypt", "-outform", "DER", "-recip", "smime.pem"}, cipher...)...)
		return pkcs7("enveloped-data", der), err
	case "signed":
		sign := []string{"-sign", "-signer", "smime.pem", "-inkey", "smime.key"}
		if arg == "clear" {
			text, err := k.cms(ctx, entity, append(sign, "-outform", "SMIME")...)
			return bytes.TrimPrefix(text, []byte("MIME-Version: 1.0\r\n")), err
		}
		der, err := k.cms(ctx, entity, append(sign, "-nodetach", "-outform", "DER")...)
		return pkcs7("signed-data", der), err
	}
	return nil, fmt.Errorf("unknown protection %q", how)
}

// cms runs openssl cms on an entity.
func (k *keyring) cms(ctx context.Context, entity []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"cms", "-binary", "-crlfeol"}, args...)...)
	cmd.Dir = k.dir
	cmd.Stdin = bytes.NewReader(entity)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("openssl cms %s: %w: %s", args[0], err, stderr.String())
	}
	return out, nil
}

// pkcs7 wraps CMS as RFC 8551 section 3.2 has it.
func pkcs7(smimeType string, der []byte) []byte {
	return []byte("Content-Type: application/pkcs7-mime; smime-type=" + smimeType + "; name=smime.p7m\r\n" +
		"Content-Disposition: attachment; filename=smime.p7m\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64Lines(der))
}
