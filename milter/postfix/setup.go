package postfix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Wanted is how Postfix shall meet the milter.
type Wanted struct {
	Network, Addr string // "unix" and an absolute path, or "tcp" and host:port
	OnFailure     string // accept, hold, tempfail: what happens when the milter is dead
	Route         Route
}

// Change is one parameter of main.cf.
type Change struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	Set  bool   `json:"set"` // Old stood in main.cf; else it was the default
	New  string `json:"new"`
}

// Plan is what Apply would change, and what an admin should know.
type Plan struct {
	Changes  []Change
	Files    []File // that the changes name
	Warnings []string
}

// ErrChroot says that Postfix could not reach the socket.
var ErrChroot = errors.New("Postfix runs chrooted and cannot reach the socket")

// DefaultAction is the word of Postfix for a failure mode.
func DefaultAction(onFailure string) string {
	if onFailure == "hold" {
		return "quarantine"
	}
	return onFailure
}

// Plan compares main.cf with what is wanted. It changes nothing.
func (p *Postfix) Plan(ctx context.Context, w Wanted) (Plan, error) {
	now, err := p.params(ctx, "smtpd_milters", "non_smtpd_milters", "smtp_tls_loglevel", "milter_protocol", "queue_directory")
	if err != nil {
		return Plan{}, err
	}
	addr, err := p.address(ctx, w, now["queue_directory"].Old)
	if err != nil {
		return Plan{}, err
	}
	entry := fmt.Sprintf("{ %s, default_action=%s", addr, DefaultAction(w.OnFailure))
	if v, err := strconv.Atoi(now["milter_protocol"].Old); err == nil && v < 6 {
		entry += ", protocol=6"
	}
	entry += " }"
	var plan Plan
	for _, name := range []string{"smtpd_milters", "non_smtpd_milters"} {
		plan.change(now[name], withMilter(now[name].Old, addr, entry))
	}
	if v, err := strconv.Atoi(now["smtp_tls_loglevel"].Old); err == nil && v < 1 {
		plan.change(now["smtp_tls_loglevel"], "1")
	}
	if err := p.mandatoryTLS(ctx, &plan); err != nil {
		return Plan{}, err
	}
	if err := p.routeCheck(ctx, w.Route, &plan); err != nil {
		return Plan{}, err
	}
	overrides, err := p.overrides(ctx)
	plan.Warnings = append(overrides, neighbours(withMilter(now["smtpd_milters"].Old, addr, entry), addr)...)
	return plan, err
}

// mandatoryTLS proposes TLS 1.2, without which no next hop can be promised to be safe, and strong ciphers, without which none is safe
// enough for sensitive data.
func (p *Postfix) mandatoryTLS(ctx context.Context, plan *Plan) error {
	now, err := p.params(ctx, cipherParams...)
	if err != nil {
		return err
	}
	var c ciphers
	for name, value := range now {
		c.set(name, value.Old)
	}
	if leastTLS(c.protocols) < 12 {
		c.protocols = ">=TLSv1.2"
		plan.change(now["smtp_tls_mandatory_protocols"], c.protocols)
	}
	if !c.strong(true) {
		plan.change(now["smtp_tls_mandatory_ciphers"], "high")
	}
	return nil
}

// Empty says that nothing is to be changed.
func (pl Plan) Empty() bool { return len(pl.Changes)+len(pl.Files) == 0 }

func (pl *Plan) change(c Change, value string) {
	if c.Old != value {
		c.New = value
		pl.Changes = append(pl.Changes, c)
	}
}

// address is the milter as Postfix names it. Below the queue directory it is relative to it, which is right
// both for services that run chrooted and for those that don't.
func (p *Postfix) address(ctx context.Context, w Wanted, queue string) (string, error) {
	if w.Network != "unix" {
		return "inet:" + w.Addr, nil
	}
	if rel, err := filepath.Rel(queue, w.Addr); err == nil && !strings.HasPrefix(rel, "..") {
		return "unix:" + rel, nil
	}
	out, err := p.postconf(ctx, "-F", "*/*/chroot")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		service, value, _ := strings.Cut(strings.TrimSpace(line), "/chroot = ")
		if value == "y" && (strings.HasSuffix(service, "/inet") || strings.HasPrefix(service, "cleanup/")) {
			return "", fmt.Errorf("%w %s (service %s): set milter.listen to \"unix:%s/postvagt/milter.sock\"", ErrChroot, w.Addr, service, queue)
		}
	}
	return "unix:" + w.Addr, nil
}

// withMilter puts the entry at the end of a list of milters, or in the place of an older one for the same address.
func withMilter(list, addr, entry string) string {
	var out []string
	found := false
	for _, m := range splitList(list) {
		if milterAddr(m) == addr {
			if !found {
				out = append(out, entry)
			}
			found = true
			continue
		}
		out = append(out, m)
	}
	if !found {
		out = append(out, entry)
	}
	return strings.Join(out, ", ")
}

func milterAddr(entry string) string {
	fields := strings.FieldsFunc(strings.Trim(entry, "{} \t"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

// Status compares what runs with what is wanted: whether Postfix knows the milter at all, and the
// default_action that it has for it.
func (p *Postfix) Status(ctx context.Context, w Wanted) (known bool, defaultAction string, err error) {
	now, err := p.params(ctx, "smtpd_milters", "milter_default_action", "queue_directory")
	if err != nil {
		return false, "", err
	}
	names := []string{"inet:" + w.Addr, "unix:" + w.Addr}
	if rel, err := filepath.Rel(now["queue_directory"].Old, w.Addr); err == nil {
		names = append(names, "unix:"+rel)
	}
	for _, m := range splitList(now["smtpd_milters"].Old) {
		for _, n := range names {
			if milterAddr(m) != n {
				continue
			}
			for _, f := range strings.FieldsFunc(strings.Trim(m, "{} "), func(r rune) bool { return r == ',' || r == ' ' }) {
				if v, ok := strings.CutPrefix(f, "default_action="); ok {
					return true, v, nil
				}
			}
			return true, now["milter_default_action"].Old, nil
		}
	}
	return false, "", nil
}

// WriteDiff writes what would change, as a diff of main.cf.
func (pl Plan) WriteDiff(w io.Writer, configDir string) {
	if len(pl.Changes) > 0 {
		file := filepath.Join(configDir, "main.cf")
		fmt.Fprintf(w, "--- %s\n+++ %s\n", file, file)
	}
	for _, c := range pl.Changes {
		if c.Set {
			fmt.Fprintf(w, "-%s = %s\n", c.Name, c.Old)
		}
		fmt.Fprintf(w, "+%s = %s\n", c.Name, c.New)
	}
	for _, f := range pl.Files { // what it holds is a secret
		fmt.Fprintf(w, "+++ %s (the header check for the gateway, readable to root)\n", f.Path)
	}
	for _, s := range pl.Warnings {
		fmt.Fprintln(w, "#", s)
	}
}

// Apply makes the changes, so that Undo can take them back, and makes a running Postfix read them.
func (p *Postfix) Apply(ctx context.Context, pl Plan) error {
	if pl.Empty() {
		return nil
	}
	if err := writeFiles(pl.Files); err != nil {
		return err
	}
	if err := p.set(ctx, pl.Changes); err != nil {
		return err
	}
	return p.reload(ctx)
}

// set makes changes to main.cf.
func (p *Postfix) set(ctx context.Context, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	if err := p.remember(changes); err != nil {
		return err
	}
	args := []string{"-e"}
	for _, c := range changes {
		args = append(args, c.Name+" = "+c.New)
	}
	_, err := p.postconf(ctx, args...)
	return err
}

// Undo gives back what Apply changed. What somebody else has changed since is left, and named.
func (p *Postfix) Undo(ctx context.Context) (left []string, err error) {
	old, err := p.remembered()
	if err != nil {
		return nil, err
	}
	if len(old) == 0 {
		return nil, fmt.Errorf("%s: nothing to take back: setup has not been applied here", p.undoFile())
	}
	var names []string
	for _, c := range old {
		names = append(names, c.Name)
	}
	now, err := p.params(ctx, names...)
	if err != nil {
		return nil, err
	}
	set, drop := []string{"-e"}, []string{"-X"}
	for _, c := range old {
		switch {
		case now[c.Name].Old != c.New:
			left = append(left, fmt.Sprintf("%s = %s has been changed since and is left", c.Name, now[c.Name].Old))
		case c.Set:
			set = append(set, c.Name+" = "+c.Old)
		default:
			drop = append(drop, c.Name)
		}
	}
	for _, args := range [][]string{set, drop} {
		if len(args) > 1 {
			if _, err := p.postconf(ctx, args...); err != nil {
				return left, err
			}
		}
	}
	if err := errors.Join(p.removeRoute(ctx), os.Remove(p.undoFile())); err != nil {
		return left, err
	}
	return left, p.reload(ctx)
}

// IsSetUp says whether setup has been applied here and not taken back.
func (p *Postfix) IsSetUp() bool {
	_, err := os.Stat(p.undoFile())
	return err == nil
}

func (p *Postfix) undoFile() string { return filepath.Join(p.ConfigDir, "postvagt-undo.json") }

func (p *Postfix) remembered() ([]Change, error) {
	b, err := os.ReadFile(p.undoFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var old []Change
	if err := json.Unmarshal(b, &old); err != nil {
		return nil, fmt.Errorf("%s: %w", p.undoFile(), err)
	}
	return old, nil
}

// remember keeps what stood there before the first Apply, and what the newest one writes.
func (p *Postfix) remember(changes []Change) error {
	old, err := p.remembered()
	if err != nil {
		return err
	}
	for _, c := range changes {
		known := false
		for i := range old {
			if old[i].Name == c.Name {
				old[i].New, known = c.New, true
			}
		}
		if !known {
			old = append(old, c)
		}
	}
	b, err := json.MarshalIndent(old, "", "  ")
	if err != nil {
		return err
	}
	return replace(p.undoFile(), append(b, '\n'), 0o644)
}

// replace writes a file in one step.
func replace(path string, content []byte, mode fs.FileMode) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, content, mode); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// reload makes a running Postfix read its files; one that does not run reads them when it starts.
func (p *Postfix) reload(ctx context.Context) error {
	if _, err := p.command(ctx, "postfix", "status"); err != nil {
		return nil
	}
	_, err := p.command(ctx, "postfix", "reload")
	return err
}
