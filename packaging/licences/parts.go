package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// part is something of others in a program.
type part struct {
	Name, Version string
	ID            string   // SPDX
	Files         string   // as `go mod vendor` would lay them out
	In            []string // names of the programs
	Text, Notice  string
}

// partsOf are those of some programs, sorted by name.
func partsOf(programs ...string) ([]part, error) {
	byName := map[string]*part{}
	for _, program := range programs {
		found, err := modules(program)
		if err != nil {
			return nil, err
		}
		found = append(found, fonts(program)...)
		for _, m := range found {
			p := byName[m.name]
			if p == nil {
				if p, err = m.part(); err != nil {
					return nil, err
				}
				byName[m.name] = p
			}
			p.In = append(p.In, path.Base(program))
		}
	}
	var all []part
	for _, p := range byName {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b part) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// module is where a part lies on disk.
type module struct {
	name, version string
	dir           string // or the one file with the licence
	files         string
}

// modules are those that a program links, on any architecture that we ship, and Go itself.
func modules(program string) ([]module, error) {
	seen := map[string]module{}
	for _, arch := range []string{"amd64", "arm64"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", program)
		cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list %s: %w: %s", program, err, &stderr)
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) == 3 {
				seen[f[0]] = module{f[0], f[1], f[2], "vendor/" + f[0] + "/*"}
			}
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	all := []module{{"Go, its runtime and standard library", "that of the build", strings.TrimSpace(string(root)), "go/*"}}
	for _, m := range seen {
		all = append(all, m)
	}
	return all, nil
}

// fonts are those that a program carries.
func fonts(program string) []module {
	if path.Base(program) != "postvagt-agent" {
		return nil
	}
	const dir = "agent/report/fonts"
	return []module{
		{"Newsreader (font)", "", dir + "/newsreader.OFL.txt", dir + "/newsreader-*\n agent/web/assets/newsreader.*"},
		{"Public Sans (font)", "", dir + "/public-sans.OFL.txt", dir + "/public-sans-*\n agent/web/assets/public-sans*"},
	}
}

// named matches the files of a module that hold its licences.
var named = regexp.MustCompile(`(?i)^(licen[cs]e|copying|patents)`)

// texts are the files that hold the licences.
func (m module) texts() ([]string, error) {
	if strings.HasSuffix(m.dir, ".txt") {
		return []string{m.dir}, nil
	}
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if named.MatchString(e.Name()) && !e.IsDir() {
			files = append(files, filepath.Join(m.dir, e.Name()))
		}
	}
	return files, nil
}

// part reads the licences of a module.
func (m module) part() (*part, error) {
	p := &part{Name: m.name, Version: m.version, Files: m.files}
	files, err := m.texts()
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		for _, match := range licensecheck.Scan(b).Match {
			ids[match.ID] = !strings.HasPrefix(match.ID, "GooglePatent") // Go's grant of patents is no licence of its own
		}
		p.Text += string(b) + "\n"
	}
	maps.DeleteFunc(ids, func(_ string, is bool) bool { return !is })
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s %s: no licence that is known in %s: look at it", m.name, m.version, m.dir)
	}
	p.ID = strings.Join(slices.Sorted(maps.Keys(ids)), " AND ")
	notice, err := os.ReadFile(filepath.Join(m.dir, "NOTICE"))
	if err == nil {
		p.Notice = string(notice)
	}
	return p, nil
}

var stated = regexp.MustCompile(`(?m)^[\s*#/]*(Copyright (?:\([cC]\)|©|[0-9]{4}).*)$`)

// holders are the lines that say whose it is.
func (p part) holders() (all []string) {
	for _, m := range stated.FindAllStringSubmatch(p.Text+"\n"+p.Notice, -1) {
		if line := strings.TrimSpace(m[1]); !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	if len(all) == 0 {
		all = []string{"the authors of " + p.Name}
	}
	return all
}

// apache is the body of that licence: Debian has it, and wants it named, not copied.
var apache = regexp.MustCompile(`(?s)Apache License\s+Version 2\.0, January 2004.*?END OF TERMS AND CONDITIONS`)

const apacheText = "On Debian systems the complete text of the Apache License, Version 2.0, can be found in\n/usr/share/common-licenses/Apache-2.0."

// licence is the text of the licence, or where Debian keeps it.
func (p part) licence() string {
	if p.ID == "Apache-2.0" {
		return apacheText
	}
	return apache.ReplaceAllLiteralString(p.Text, apacheText)
}
