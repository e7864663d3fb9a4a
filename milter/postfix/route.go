package postfix

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// routeField is the header field that the milter adds to what shall go by the gateway.
const routeField = "X-Postvagt-Route"

// Route is how Postfix sends a message to a gateway: by a header check that looks at milters' fields alone
// (milter_header_checks), so that no sender can ask for it. The zero value is no gateway.
type Route struct {
	Token   string // value of the header field
	Gateway string // transport:nexthop
}

// File is one that setup writes beside main.cf.
type File struct {
	Path string
	Text string
}

// routeCheck proposes the header check, unless a check that the admin wrote looks for the field already.
func (p *Postfix) routeCheck(ctx context.Context, w Route, plan *Plan) error {
	if w == (Route{}) {
		return nil
	}
	now, err := p.params(ctx, "milter_header_checks")
	if err != nil {
		return err
	}
	file := p.routeFile()
	text := fmt.Sprintf("# What the milter marks for the gateway. The value is a secret.\n/^%s: %s$/ FILTER %s\n", routeField, regexp.QuoteMeta(w.Token), w.Gateway)
	checks, known := splitList(now["milter_header_checks"].Old), false
	for _, c := range checks {
		if known = c == "regexp:"+file; known {
			break
		}
		if looksFor(c, routeField) {
			return nil
		}
	}
	if !known {
		plan.change(now["milter_header_checks"], strings.Join(append([]string{"regexp:" + file}, checks...), ", "))
	}
	if old, err := os.ReadFile(file); err != nil || string(old) != text {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		plan.Files = append(plan.Files, File{file, text})
	}
	return nil
}

func (p *Postfix) routeFile() string { return filepath.Join(p.ConfigDir, "postvagt_route.regexp") }

// looksFor says whether a table, inline or a readable file, holds a word.
func looksFor(table, word string) bool {
	_, path, _ := strings.Cut(table, ":")
	if strings.HasPrefix(path, "{") {
		return strings.Contains(path, word)
	}
	b, err := os.ReadFile(path)
	return err == nil && strings.Contains(string(b), word)
}

// writeFiles writes what main.cf is about to name, readable to root alone: Postfix opens tables before it drops its rights.
func writeFiles(files []File) error {
	for _, f := range files {
		if err := replace(f.Path, []byte(f.Text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// removeRoute removes the file of the header check, once main.cf does not name it.
func (p *Postfix) removeRoute(ctx context.Context) error {
	now, err := p.params(ctx, "milter_header_checks")
	if err != nil || strings.Contains(now["milter_header_checks"].Old, p.routeFile()) {
		return err
	}
	if err := os.Remove(p.routeFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
