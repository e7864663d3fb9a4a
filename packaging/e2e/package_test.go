//go:build mtas

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The same sources give the same packages, to the byte, and Debian's own checker finds nothing to say of them.
func TestPackageBuilds(t *testing.T) {
	again := t.TempDir()
	mkdeb(t, again)
	var names [2][]string
	for i, dist := range []string{packages(t, ""), again} {
		var err error
		if names[i], err = filepath.Glob(filepath.Join(dist, "*.deb")); err != nil || len(names[i]) != 3 {
			t.Fatalf("packages %v, error %v; want three", names[i], err)
		}
	}
	for i, name := range names[0] {
		first, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(names[1][i])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("two builds of %s differ", filepath.Base(name))
		}
		lintian := exec.CommandContext(t.Context(), "lintian", "--allow-root", "--fail-on", "error,warning", name)
		if out, err := lintian.CombinedOutput(); err != nil {
			t.Errorf("lintian on %s: %v\n%s", filepath.Base(name), err, out)
		}
	}
}
