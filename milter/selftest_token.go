package milter

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"postvagt/milter/verdict"
)

// TestHeader proves that a message is the admin's test, by the token that lies in the state folder while the test lasts. Such a
// message is held in every mode, and is in no figure: nobody else can have it treated so.
const TestHeader = ownHeader + "Selftest"

func testToken(cfg *Config) string { return filepath.Join(cfg.Milter.StateDir, "selftest.token") }

// NewTestToken writes a token for one test; end removes it.
func NewTestToken(cfg *Config) (token string, end func() error, err error) {
	token = rand.Text()
	path := testToken(cfg)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640) // never through a link that others of the folder laid
	if err != nil {
		return "", nil, err
	}
	if err := f.Chmod(0o640); err != nil { // whatever the umask: the daemon reads it by its group
		f.Close()
		return "", nil, err
	}
	if _, err := f.WriteString(token); err != nil {
		f.Close()
		return "", nil, err
	}
	return token, func() error { return os.Remove(path) }, f.Close()
}

// holdTest holds a message in every mode if what stands in its TestHeader proves that it is the admin's test, and says whether it is.
func (f *Filter) holdTest(j *Judgement, said string) bool {
	test := f.isTest(said)
	if test {
		j.Action = verdict.Hold
	}
	return test
}

// isTest says whether what stands in TestHeader is the token of a test that is under way.
func (f *Filter) isTest(said string) bool {
	if said == "" {
		return false
	}
	token, err := os.ReadFile(testToken(f.cfg))
	return err == nil && len(token) >= len(rand.Text()) && subtle.ConstantTimeCompare(token, []byte(said)) == 1
}

// testOf is what a header section has in TestHeader.
func testOf(head []byte) string {
	for line := range bytes.Lines(head) {
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.EqualFold(name, TestHeader) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
