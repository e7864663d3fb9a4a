package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/dashboards"
)

const childConfig = "POSTVAGT_TEST_AGENT"

// The test binary is also the agent that is killed.
func TestMain(m *testing.M) {
	file := os.Getenv(childConfig)
	if file == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := LoadConfig(file)
	wrong, clockErr := time.ParseDuration(cmp.Or(os.Getenv(childClock), "0s"))
	err = errors.Join(err, clockErr)
	files := strings.Split(os.Getenv(childImport), "\n")
	switch {
	case err != nil:
	case len(files) > 1:
		last := len(files) - 1
		_, err = (&Import{Config: cfg, Verdicts: files[last:]}).Run(ctx, files[:last])
	default:
		a := &Agent{Config: cfg, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Ready: func(string) { fmt.Println("ready") },
			Now: func() time.Time { return time.Now().Add(wrong) }}
		err = a.Run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// growing is a pair of logs that are written and rotated.
type growing struct {
	t          *testing.T
	mail, ours *os.File
	dir        string
	turn       int
}

func newGrowing(t *testing.T) *growing {
	g := &growing{t: t, dir: t.TempDir()}
	g.open()
	t.Cleanup(func() { g.mail.Close(); g.ours.Close() })
	return g
}

func (g *growing) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *growing) open() {
	for name, at := range map[string]**os.File{"mail.log": &g.mail, "verdict.log": &g.ours} {
		f, err := os.OpenFile(filepath.Join(g.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		g.must(err)
		if *at != nil {
			g.must((*at).Close())
		}
		*at = f
	}
}

// rotate renames both, or copies and truncates them.
func (g *growing) rotate(copied bool) {
	g.turn++
	for _, name := range []string{"mail.log", "verdict.log"} {
		path := filepath.Join(g.dir, name)
		old := fmt.Sprintf("%s-%08d", path, g.turn)
		if !copied {
			g.must(os.Rename(path, old))
			continue
		}
		b, err := os.ReadFile(path)
		g.must(err)
		g.must(os.WriteFile(old, b, 0o644))
		g.must(os.Truncate(path, 0))
	}
	g.open()
}

var (
	idPattern    = regexp.MustCompile(`\b[0-9A-F]{10,12}\b`)
	verdictID    = regexp.MustCompile(`\bid=[0-9a-f]{32}`)
	messageIDRun = regexp.MustCompile(`message-id=<([^@>]+)@`)
)

// another gives the n-th retelling of a line: other queue ids, verdict ids and message ids, at a later time.
func another(text string, n int) string {
	text = idPattern.ReplaceAllStringFunc(text, func(id string) string { return fmt.Sprintf("%s%03X", id, n) })
	text = verdictID.ReplaceAllStringFunc(text, func(id string) string { return id[:len(id)-4] + fmt.Sprintf("%04x", n) })
	text = messageIDRun.ReplaceAllString(text, fmt.Sprintf("message-id=<c%dx$1@", n))
	if at, err := time.Parse("Jan _2 15:04:05", text[:15]); err == nil {
		return at.Add(time.Duration(n)*3*time.Second).Format("Jan _2 15:04:05") + text[15:]
	}
	at, err := time.Parse(time.RFC3339Nano, text[:32])
	if err != nil {
		return text
	}
	return at.Add(time.Duration(n)*3*time.Second).Format("2006-01-02T15:04:05.000000-07:00") + text[32:]
}

func linesOf(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("track/testdata/fates", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// child is an agent in a process of its own.
type child struct {
	t      *testing.T
	config string
	env    []string
	cmd    *exec.Cmd
}

func newChild(t *testing.T, dir, logs string) *child {
	t.Helper()
	c := &child{t: t, config: filepath.Join(dir, "agent.toml")}
	text := fmt.Sprintf("[organisation]\ndomains = [\"nordvig-kommune.example\"]\n[log]\nfiles = [%q]\nverdicts = [%q]\nzone = \"UTC\"\n[store]\npath = %q\n"+
		"[agent]\ndepartments = \"\"\nsecure_mailboxes = \"\"\nmask_key = \"\"\npseudonym_key = %q\ncommit_every = \"10ms\"\nmax_unfinished = 50\n[dashboard]\nlisten = \"127.0.0.1:0\"\n",
		filepath.Join(logs, "mail.log"), filepath.Join(logs, "verdict.log"), filepath.Join(dir, "agent.db"), filepath.Join(logs, "key"))
	if err := os.WriteFile(c.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	return c
}

func (c *child) start() {
	c.t.Helper()
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(append(os.Environ(), childConfig+"="+c.config), c.env...)
	c.cmd.Stderr = os.Stderr
	if testing.Short() || !testing.Verbose() {
		c.cmd.Stderr = io.Discard
	}
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
}

// following waits until the agent has opened n sources: what was rotated away before is history to it.
func (c *child) following(n int) {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		all, err := positionsOf(c.t, filepath.Join(filepath.Dir(c.config), "agent.db"))
		if err == nil && len(all) == n {
			return
		}
	}
	c.t.Fatal("the agent does not follow its logs")
}

func positionsOf(t *testing.T, path string) ([]store.Position, error) {
	db, err := store.OpenRead(t.Context(), path)
	if err != nil {
		return nil, err
	}
	all, err := db.Positions(t.Context())
	return all, errors.Join(err, db.Close())
}

func (c *child) kill() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill() // it may have ended
	_ = c.cmd.Wait()         // killed is what it was to be
	c.cmd = nil
}

func everything() dashboards.Period {
	return dashboards.Period{From: "1971-01-01T00:00:00Z", To: "2100-01-01T00:00:00Z"}
}

// rows reads what a store holds, without what may differ.
func rows(t *testing.T, path string) []event.Document {
	t.Helper()
	db, err := store.OpenRead(t.Context(), path, store.In(time.UTC))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	docs, _, err := db.Documents(t.Context(), everything(), nil, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range docs {
		docs[i].Revision = 0
	}
	slices.SortFunc(docs, func(a, b event.Document) int { return strings.Compare(a.Key, b.Key) })
	return docs
}

// An agent that is killed again and again while the logs grow and are rotated ends with the same rows as one that is left
// alone. POSTVAGT_KILLS says how often it is killed.
func TestKilledAgain(t *testing.T) {
	kills, err := strconv.Atoi(os.Getenv("POSTVAGT_KILLS"))
	if err != nil {
		kills = 12
	}
	g := newGrowing(t)
	quiet := newChild(t, t.TempDir(), g.dir)
	victim := newChild(t, t.TempDir(), g.dir)
	mail, verdicts := linesOf(t, "mail.log"), linesOf(t, "verdict.log")
	quiet.start()
	quiet.following(2)
	victim.start()
	victim.following(2)
	r := rand.New(rand.NewPCG(1, uint64(kills)))
	told, killed := 0, 0
	for killed < kills {
		for i, text := range mail {
			_, err := fmt.Fprintln(g.mail, another(text, told))
			g.must(err)
			if i < len(verdicts) {
				_, err := fmt.Fprintln(g.ours, another(verdicts[i], told))
				g.must(err)
			}
			if r.IntN(60) == 0 {
				time.Sleep(time.Duration(r.IntN(15)) * time.Millisecond) // the pace of a real log
			}
			switch r.IntN(150) {
			case 0, 1:
				g.rotate(r.IntN(3) == 0)
				time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
			case 2:
				victim.kill()
				killed++
				victim.start()
				if r.IntN(2) == 0 {
					victim.following(2) // else it is killed while it starts
				}
			}
		}
		told++
	}
	const perTelling = 20
	want := waitRows(t, quiet, told*perTelling)
	got := waitRows(t, victim, told*perTelling)
	t.Logf("%d kills, %d rotations, %d rows", killed, g.turn, len(want))
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-left alone +killed):\n%.4000s", diff)
	}
}

// waitRows waits until an agent has n rows and they don't change any more.
func waitRows(t *testing.T, c *child, n int) []event.Document {
	t.Helper()
	path := filepath.Join(filepath.Dir(c.config), "agent.db")
	deadline := time.Now().Add(time.Minute + time.Duration(n)*20*time.Millisecond)
	var last []event.Document
	for same := 0; time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		now := rows(t, path)
		if len(now) >= n && gocmp.Equal(last, now) {
			if same++; same == 8 {
				return now
			}
		} else {
			same = 0
		}
		last = now
	}
	by := map[string]int{}
	for _, d := range last {
		by[d.ToDomain]++
	}
	t.Fatalf("%d rows, want %d: %v", len(last), n, by)
	return nil
}
