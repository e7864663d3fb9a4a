package e2e

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// The demo gives the known answer of each mail and figure, its dashboard stands before a browser, and after
// Ctrl-C nothing of it is left.
func TestDemo(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	demo := filepath.Join(dir, "demo")
	build := exec.CommandContext(ctx, "go", "build", "-o", demo, "./packaging/demo")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	p, err := kit.StartProgram(filepath.Join(dir, "demo.log"), demo, "-check", "-stay")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	ends := regexp.MustCompile(`(?m)^\d+ passed, (\d+) failed$`)
	said := func() string {
		b, err := os.ReadFile(p.Log)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if err := p.Ready(ctx, "the demo's answers", 5*time.Minute, func() (bool, error) {
		return ends.MatchString(said()) && strings.Contains(said(), "Ctrl-C"), nil
	}); err != nil {
		t.Fatalf("%v\n%s", err, said())
	}
	if ends.FindStringSubmatch(said())[1] != "0" {
		t.Errorf("not every answer is as known:\n%s", said())
	}
	folder := regexp.MustCompile(`(?m)^Everything lies in (\S+)`).FindStringSubmatch(said())
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(said())
	password := regexp.MustCompile(`(?m)^Password of all users: (\S+)$`).FindStringSubmatch(said())
	if folder == nil || address == "" || password == nil {
		t.Fatalf("no folder, no address or no password in what the demo says:\n%s", said())
	}
	t.Run("browser", func(t *testing.T) { browse(t, root, "dashboard.mjs", address, password[1]) })
	t.Run("stories", func(t *testing.T) { browse(t, root, "stories.mjs", address, password[1]) })

	if err := p.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := kit.Wait(ctx, "the end of the demo", time.Minute, func() (bool, error) {
		over, _ := p.Exited()
		return over, nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Exited(); err != nil {
		t.Errorf("the demo ended with %v\n%s", err, said())
	}
	if _, err := os.Stat(folder[1]); !os.IsNotExist(err) {
		t.Errorf("the folder %s is left behind (%v)", folder[1], err)
	}
	if out, _ := exec.Command("pgrep", "-a", "-f", folder[1]).Output(); len(out) > 0 {
		t.Errorf("processes are left behind:\n%s", out)
	}
}

// browse runs the checks of a script of browser/, each as a test of its own. POSTVAGT_PICTURES names a
// folder for pictures of the pages.
func browse(t *testing.T, root, script, address, password string) {
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script, address, password)
	if folder := os.Getenv("POSTVAGT_PICTURES"); folder != "" {
		cmd.Args = append(cmd.Args, folder)
	}
	cmd.Dir = filepath.Join(root, "packaging/e2e/browser")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("node %s: %v (make test installs what it needs)\n%s", script, err, out)
	}
	checks := 0
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		name, failed := strings.CutPrefix(s.Text(), "not ok ")
		name, why := strings.TrimPrefix(name, "ok "), ""
		if i := strings.LastIndex(name, ": "); failed && i >= 0 {
			name, why = name[:i], name[i+2:]
		}
		checks++
		t.Run(name, func(t *testing.T) {
			if failed {
				t.Error(why)
			}
		})
	}
	if checks < 10 {
		t.Errorf("the browser made only %d checks:\n%s", checks, out)
	}
}
