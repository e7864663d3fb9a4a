// Package rspamd puts the plugin into an rspamd and takes it out again. Three files are concerned, all below its
// configuration folder: plugins.d/postvagt.lua, the plugin itself; local.d/postvagt.conf, its settings; and a few marked lines
// in rspamd.conf.local, which turn it on.
package rspamd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Rspamd is an instance.
type Rspamd struct {
	ConfigDir string // /etc/rspamd
	PluginDir string // where postvagt.lua of the package lies
}

// Wanted is how the plugin shall reach the milter.
type Wanted struct {
	Socket    string // path of a unix socket, or host:port
	OnFailure string // accept, hold, tempfail
	Timeout   int    // seconds; more than the milter takes for a message
	MaxBytes  int64  // of a message
}

// File is one file of rspamd's configuration.
type File struct {
	Path     string
	Old, New string
	Exists   bool // Old is what stands there
}

const pluginName = "postvagt.lua"

// The marks between which our lines stand in rspamd.conf.local.
const (
	beginMark = "# postvagt: begin; postvagt-milter setup rspamd --undo takes it out\n"
	endMark   = "# postvagt: end\n"
	section   = "postvagt {\n  .include(try=true) \"$LOCAL_CONFDIR/local.d/postvagt.conf\"\n}\n" +
		"# Without a definition rspamd 3.4 takes quarantine for \"no action\"; no score leads to it.\nactions {\n  quarantine = { flags = [\"no_threshold\"]; }\n}\n"
)

func (r *Rspamd) plugin() string   { return filepath.Join(r.ConfigDir, "plugins.d", pluginName) }
func (r *Rspamd) settings() string { return filepath.Join(r.ConfigDir, "local.d", "postvagt.conf") }
func (r *Rspamd) local() string    { return filepath.Join(r.ConfigDir, "rspamd.conf.local") }

// IsSetUp says whether the plugin lies where rspamd loads it.
func (r *Rspamd) IsSetUp() bool {
	_, err := os.Stat(r.plugin())
	return err == nil
}

// Plan gives the files that would change. It changes nothing.
func (r *Rspamd) Plan(w Wanted) ([]File, error) {
	if _, err := os.Stat(filepath.Join(r.ConfigDir, "rspamd.conf")); err != nil {
		return nil, fmt.Errorf("is rspamd installed? %w (rspamd.config_dir)", err)
	}
	lua, err := os.ReadFile(filepath.Join(r.PluginDir, pluginName))
	if err != nil {
		return nil, fmt.Errorf("the plugin: %w (rspamd.plugin_dir)", err)
	}
	var changed []File
	for _, f := range []struct {
		path string
		make func(old string) string
	}{
		{r.plugin(), func(string) string { return string(lua) }},
		{r.settings(), func(string) string { return w.text() }},
		{r.local(), func(old string) string { return withoutBlock(old) + beginMark + section + endMark }},
	} {
		one, err := read(f.path)
		if err != nil {
			return nil, err
		}
		if one.New = f.make(one.Old); one.New != one.Old {
			changed = append(changed, one)
		}
	}
	return changed, nil
}

// text is local.d/postvagt.conf.
func (w Wanted) text() string {
	return fmt.Sprintf("# Written by postvagt-milter setup rspamd from milter.toml.\nsocket = %q;\ntimeout = %d;\nmax_size = %d;\non_failure = %q;\n",
		w.Socket, w.Timeout, w.MaxBytes, w.OnFailure)
}

func read(path string) (File, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return File{Path: path}, nil
	}
	return File{Path: path, Old: string(b), Exists: err == nil}, err
}

func withoutBlock(text string) string {
	before, rest, ok := strings.Cut(text, beginMark)
	if !ok {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text
	}
	_, after, _ := strings.Cut(rest, endMark)
	return before + after
}

// WriteDiff writes what would change. Of the plugin, which is ours as a whole, only the name.
func WriteDiff(w io.Writer, files []File) {
	for _, f := range files {
		from := f.Path
		if !f.Exists {
			from = "/dev/null"
		}
		fmt.Fprintf(w, "--- %s\n+++ %s\n", from, f.Path)
		if filepath.Base(f.Path) == pluginName {
			fmt.Fprintf(w, "# the plugin, %d lines\n", strings.Count(f.New, "\n"))
			continue
		}
		for line := range strings.Lines(f.Old) {
			if !strings.Contains(f.New, line) {
				fmt.Fprint(w, "-"+line)
			}
		}
		for line := range strings.Lines(f.New) {
			if !strings.Contains(f.Old, line) {
				fmt.Fprint(w, "+"+line)
			}
		}
	}
}

// Apply writes the files. rspamd reads them when it is told to reload.
func (r *Rspamd) Apply(files []File) error {
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return err
		}
		if err := replace(f.Path, f.New); err != nil {
			return err
		}
	}
	return nil
}

func replace(path, text string) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Undo takes the plugin out, and leaves what others wrote into rspamd.conf.local.
func (r *Rspamd) Undo() error {
	local, err := read(r.local())
	if err != nil {
		return err
	}
	bare := withoutBlock(local.Old)
	if !strings.Contains(local.Old, beginMark) {
		return fmt.Errorf("%s: nothing to take back: setup has not been applied here", r.local())
	}
	if bare == "" {
		err = os.Remove(r.local())
	} else {
		err = replace(r.local(), bare)
	}
	for _, path := range []string{r.settings(), r.plugin()} {
		if e := os.Remove(path); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	_ = os.Remove(filepath.Dir(r.plugin())) // Debian's rspamd has no such folder; it stays where others have plugins in it
	return err
}
