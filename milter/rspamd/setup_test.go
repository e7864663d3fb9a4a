package rspamd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What setup writes, a second time nothing, and what undo leaves: the admin's own lines.
func TestSetup(t *testing.T) {
	for name, own := range map[string]string{"no file": "", "own lines": "# ours\nlogging { level = \"info\"; }\n"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := &Rspamd{ConfigDir: filepath.Join(dir, "etc"), PluginDir: dir}
			write(t, filepath.Join(r.ConfigDir, "rspamd.conf"), "")
			write(t, filepath.Join(dir, pluginName), "-- lua\n")
			if own != "" {
				write(t, r.local(), own)
			}
			w := Wanted{Socket: "/run/postvagt/scan.sock", OnFailure: "hold", Timeout: 25, MaxBytes: 4096}
			files, err := r.Plan(w)
			if err != nil || len(files) != 3 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			var diff strings.Builder
			WriteDiff(&diff, files)
			for _, want := range []string{"+on_failure = \"hold\";", "+postvagt {", "/plugins.d/postvagt.lua", "+  quarantine = "} {
				if !strings.Contains(diff.String(), want) {
					t.Errorf("no %q in\n%s", want, diff.String())
				}
			}
			if err := r.Apply(files); err != nil {
				t.Fatal(err)
			}
			if again, err := r.Plan(w); err != nil || len(again) != 0 {
				t.Errorf("a second plan: %d files, %v", len(again), err)
			}
			if err := r.Undo(); err != nil {
				t.Fatal(err)
			}
			if b, _ := os.ReadFile(r.local()); string(b) != own {
				t.Errorf("left %q", b)
			}
			if _, err := os.Stat(r.plugin()); !os.IsNotExist(err) {
				t.Errorf("the plugin is left: %v", err)
			}
			if _, err := os.Stat(filepath.Dir(r.plugin())); !os.IsNotExist(err) {
				t.Errorf("its folder is left: %v", err)
			}
			if err := r.Undo(); err == nil || !strings.Contains(err.Error(), "nothing to take back") {
				t.Errorf("a second undo: %v", err)
			}
		})
	}
}
