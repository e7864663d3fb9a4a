//go:build mtas

package e2e

import (
	"bytes"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// The packages for arm64 hold the same files as those for amd64, and each program in them is one for arm64.
func TestPackageArm64(t *testing.T) {
	dist := t.TempDir()
	mkdeb(t, dist, "ARCHES=arm64")
	for _, name := range []string{"postvagt-milter", "postvagt-agent"} {
		theirs, ours := unpack(t, packages(t, ""), name, "amd64"), unpack(t, dist, name, "arm64")
		want, got := filesIn(t, theirs), filesIn(t, ours)
		if !slices.Equal(want, got) {
			t.Errorf("%s for arm64 holds\n%s\nfor amd64\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		program, err := elf.Open(filepath.Join(ours, "usr", "bin", name))
		if err != nil {
			t.Fatal(err)
		}
		program.Close()
		if program.Machine != elf.EM_AARCH64 {
			t.Errorf("%s for arm64 is a program for %s", name, program.Machine)
		}
	}
}

// unpack is a folder with what the package in dist installs; the package must be for arch.
func unpack(t *testing.T, dist, name, arch string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dist, name+"_*_"+arch+".deb"))
	if err != nil || len(found) != 1 {
		t.Fatalf("packages %v, error %v; want one of %s for %s", found, err, name, arch)
	}
	field, err := exec.CommandContext(t.Context(), "dpkg-deb", "--field", found[0], "Architecture").Output()
	if err != nil || strings.TrimSpace(string(field)) != arch {
		t.Fatalf("%s is for %q, error %v", filepath.Base(found[0]), field, err)
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "dpkg-deb", "--extract", found[0], dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// filesIn lists what lies below dir, with its mode, in order.
func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && path != "." {
			files = append(files, info.Mode().String()+" "+path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
