package sendmail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Wanted is how Sendmail shall meet the milter.
type Wanted struct {
	Network, Addr string // "unix" and an absolute path, or "tcp" and host:port
	OnFailure     string // accept, hold, tempfail: what happens when the milter is dead
}

// filterName is the milter's in sendmail.mc and in the mail log.
const filterName = "postvagt"

// The marks between which our lines stand.
const (
	beginMark = "dnl postvagt: begin; postvagt-milter setup sendmail --undo takes it out"
	endMark   = "dnl postvagt: end"
)

// ErrOwnList says that the admin's sendmail.mc names its milters in a list of its own.
var ErrOwnList = errors.New("sendmail.mc defines confINPUT_MAIL_FILTERS itself")

// DefaultAction is the flag of Sendmail for a failure mode: it cannot hold what a dead milter did not see, so
// such mail is told to come again.
func DefaultAction(onFailure string) string {
	if onFailure == "accept" {
		return ""
	}
	return "T"
}

// Plan is what Apply would change.
type Plan struct {
	Old, New string // sendmail.mc
	Warnings []string
}

// Plan puts the milter into the text of sendmail.mc. It changes nothing.
func (s *Sendmail) Plan(w Wanted) (Plan, error) {
	b, err := os.ReadFile(s.mc())
	if err != nil {
		return Plan{}, fmt.Errorf("sendmail.mc: %w (sendmail.config_dir)", err)
	}
	plan := Plan{Old: string(b)}
	bare := withoutBlock(plan.Old)
	for i, line := range strings.Split(bare, "\n") {
		if !strings.HasPrefix(line, "dnl") && strings.Contains(line, "confINPUT_MAIL_FILTERS") {
			return Plan{}, fmt.Errorf("%s:%d: %w: replace it by one INPUT_MAIL_FILTER line for each milter", s.mc(), i+1, ErrOwnList)
		}
	}
	plan.New = withBlock(bare, w.line())
	if w.OnFailure == "hold" {
		plan.Warnings = append(plan.Warnings, "Sendmail cannot hold what a dead milter has not seen: such mail is told to come again (F=T)")
	}
	if level, err := s.logLevel(); err == nil && level < 9 {
		plan.Warnings = append(plan.Warnings, fmt.Sprintf("confLOG_LEVEL is %d: below 9 the log does not say what became of a message, and the agent cannot count it", level))
	}
	return plan, nil
}

func (s *Sendmail) logLevel() (int, error) {
	set, err := s.read()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(set.options["LogLevel"])
}

// line is the milter as sendmail.mc names it.
func (w Wanted) line() string {
	flag := ""
	if f := DefaultAction(w.OnFailure); f != "" {
		flag = " F=" + f + ","
	}
	return fmt.Sprintf("INPUT_MAIL_FILTER(`%s', `S=%s,%s T=C:10s;S:30s;R:60s;E:5m')dnl", filterName, w.socket(), flag)
}

// socket is where the milter listens, in Sendmail's words.
func (w Wanted) socket() string {
	if w.Network == "unix" {
		return "local:" + w.Addr
	}
	i := strings.LastIndexByte(w.Addr, ':')
	host, port := strings.Trim(w.Addr[:i], "[]"), w.Addr[i+1:]
	if strings.Contains(host, ":") {
		return "inet6:" + port + "@" + host
	}
	return "inet:" + port + "@" + host
}

// withoutBlock takes our lines out.
func withoutBlock(mc string) string {
	before, rest, ok := strings.Cut(mc, beginMark+"\n")
	if !ok {
		return mc
	}
	_, after, ok := strings.Cut(rest, endMark+"\n")
	if !ok {
		return mc
	}
	return before + after
}

// withBlock puts our lines before the mailers, behind the milters that are there.
func withBlock(mc, line string) string {
	block := beginMark + "\n" + line + "\n" + endMark + "\n"
	at := 0
	for rest := mc; rest != ""; {
		next, _, _ := strings.Cut(rest, "\n")
		if strings.HasPrefix(next, "MAILER(") || strings.HasPrefix(next, "MAILER_DEFINITIONS") || strings.HasPrefix(next, "LOCAL_") {
			return mc[:at] + block + mc[at:]
		}
		at = min(len(mc), at+len(next)+1)
		rest = mc[at:]
	}
	if mc != "" && !strings.HasSuffix(mc, "\n") {
		mc += "\n"
	}
	return mc + block
}

// WriteDiff writes what would change, as a diff of sendmail.mc.
func (pl Plan) WriteDiff(w io.Writer, configDir string) {
	if pl.Old != pl.New {
		file := filepath.Join(configDir, "sendmail.mc")
		fmt.Fprintf(w, "--- %s\n+++ %s\n", file, file)
		for _, l := range missing(pl.Old, pl.New) {
			fmt.Fprintln(w, "-"+l)
		}
		for _, l := range missing(pl.New, pl.Old) {
			fmt.Fprintln(w, "+"+l)
		}
	}
	for _, s := range pl.Warnings {
		fmt.Fprintln(w, "#", s)
	}
}

// missing are the lines of a that b has not.
func missing(a, b string) (out []string) {
	there := map[string]int{}
	for _, l := range strings.Split(b, "\n") {
		there[l]++
	}
	for _, l := range strings.Split(a, "\n") {
		if there[l]--; there[l] < 0 {
			out = append(out, l)
		}
	}
	return out
}

func (s *Sendmail) backup(name string) string {
	return filepath.Join(s.ConfigDir, name+".before-postvagt")
}

// Apply writes sendmail.mc, makes sendmail.cf of it and restarts a running Sendmail. What stood there is kept beside it.
func (s *Sendmail) Apply(ctx context.Context, pl Plan) error {
	if pl.Old == pl.New && s.built() {
		return nil
	}
	for name, path := range map[string]string{"sendmail.mc": s.mc(), "sendmail.cf": s.cf()} {
		if err := keep(path, s.backup(name)); err != nil {
			return err
		}
	}
	return s.change(ctx, pl.New)
}

// built says whether sendmail.cf has the milter: a sendmail.mc that names it may wait for its m4.
func (s *Sendmail) built() bool {
	set, err := s.read()
	return err == nil && containsWord(set.options["InputMailFilters"], filterName)
}

// keep copies a file, unless an older copy is there.
func keep(path, copyTo string) error {
	if _, err := os.Stat(copyTo); err == nil {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return writeLike(path, copyTo, b)
}

// writeLike writes a file with the owner and permissions of another, in one step.
func writeLike(model, path string, content []byte) error {
	info, err := os.Stat(model)
	if err != nil {
		return err
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, content, info.Mode().Perm()); err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		if err := os.Chown(tmp, int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	}
	return os.Rename(tmp, path)
}

// change makes sendmail.cf of a new sendmail.mc; only one that Sendmail can read takes the place of the old.
func (s *Sendmail) change(ctx context.Context, mc string) error {
	cf, err := s.build(ctx, mc)
	if err != nil {
		return err
	}
	trial := s.cf() + ".trial"
	defer os.Remove(trial)
	if err := writeLike(s.cf(), trial, cf); err != nil {
		return err
	}
	if _, err := s.run(ctx, trial, "", "-bt"); err != nil {
		return fmt.Errorf("Sendmail cannot read what would become of sendmail.mc, nothing was changed: %w", err)
	}
	if err := writeLike(s.mc(), s.mc(), []byte(mc)); err != nil {
		return err
	}
	if err := writeLike(s.cf(), s.cf(), cf); err != nil {
		return err
	}
	return s.restart()
}

// build runs m4 as the admin would: a sendmail.mc that includes cf.m4 itself stands alone.
func (s *Sendmail) build(ctx context.Context, mc string) ([]byte, error) {
	args := []string{"-"}
	if !strings.Contains(mc, "m4/cf.m4") {
		args = []string{"-D_CF_DIR_=" + s.MacroDir + "/", filepath.Join(s.MacroDir, "m4", "cf.m4"), "-"}
	}
	if _, err := exec.LookPath("m4"); err != nil {
		return nil, errors.New("m4 is not installed: it makes sendmail.cf of sendmail.mc")
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "m4", args...)
	cmd.Dir, cmd.Stdin = s.ConfigDir, strings.NewReader(mc)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	cf, err := cmd.Output()
	if err == nil && !strings.Contains(string(cf), "\nX"+filterName+",") && strings.Contains(mc, beginMark) {
		err = errors.New("the milter is not in what m4 made of it")
	}
	if err != nil {
		return nil, fmt.Errorf("m4 sendmail.mc: %w: %s", err, lastLine(errOut.String()))
	}
	return cf, nil
}

// restart makes a running Sendmail read its configuration (SIGHUP); one that does not run reads it when it starts.
func (s *Sendmail) restart() error {
	set, err := s.read()
	if err != nil {
		return err
	}
	b, err := os.ReadFile(set.options["PidFile"])
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 1 {
		return fmt.Errorf("%s holds no process id", set.options["PidFile"])
	}
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("Sendmail could not be told to read its configuration: %w", err)
	}
	return nil
}

// Undo takes our lines out of sendmail.mc and leaves what others have changed since.
func (s *Sendmail) Undo(ctx context.Context) error {
	b, err := os.ReadFile(s.mc())
	if err != nil {
		return fmt.Errorf("sendmail.mc: %w (sendmail.config_dir)", err)
	}
	bare := withoutBlock(string(b))
	if bare == string(b) {
		return fmt.Errorf("%s: nothing to take back: setup has not been applied here", s.mc())
	}
	if err := s.change(ctx, bare); err != nil {
		return err
	}
	for _, name := range []string{"sendmail.mc", "sendmail.cf"} {
		if err := os.Remove(s.backup(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Status compares what Sendmail reads with what is wanted: whether it knows the milter, and which flag it has for it.
func (s *Sendmail) Status(w Wanted) (known bool, flag string, err error) {
	set, err := s.read()
	if err != nil {
		return false, "", err
	}
	for name, equates := range set.filters {
		socket := equate(equates, "S")
		if w.Network == "unix" {
			socket = strings.Replace(socket, "unix:", "local:", 1)
		}
		if socket == w.socket() && containsWord(set.options["InputMailFilters"], name) {
			return true, equate(equates, "F"), nil
		}
	}
	return false, "", nil
}
