package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"postvagt/packaging/e2e/kit"
)

// stage is all that runs: the organisation's Postfix with the milter and the agent, and the other side.
type stage struct {
	dir, programs string // programs is the folder of the two
	manifest      *manifest
	world, edge   *kit.Postfix
	milter, agent *kit.Program
	held          *kit.Program // the privileged helper for held mail
	dashboard     string       // address of the page
	password      string       // of all users
	metrics       string       // address of the milter's metrics
}

const startLimit = 60 * time.Second

// steps of setting the stage; each says what it does before it does it.
func (s *stage) steps() []step {
	var build []step
	if s.programs == "" {
		s.programs = s.path("bin")
		build = []step{{"Building postvagt-milter and postvagt-agent", func(ctx context.Context) error { return kit.Build(ctx, s.programs) }}}
	}
	return append(build, []step{
		{"Starting a private Postfix, and five destinations to send to", s.startPostfix},
		{"postvagt-milter setup postfix --apply", s.setupPostfix},
		{"postvagt-milter serve", s.startMilter},
		{"postvagt-milter held serve", s.startHeld},
		{"postvagt-agent users add, for each role", s.addUsers},
		{"postvagt-agent run", s.startAgent},
	}...)
}

type step struct {
	title string
	do    func(context.Context) error
}

// path is a path in the folder of the stage.
func (s *stage) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

func (s *stage) bin(name string) string { return filepath.Join(s.programs, name) }

// newStage makes the folder; nothing runs yet. programs is the folder of the two programs, "" to build them.
func newStage(programs string) (*stage, error) {
	if programs != "" {
		var err error
		if programs, err = filepath.Abs(programs); err != nil {
			return nil, err
		}
	}
	dir, err := kit.TempDir()
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, programs: programs}
	for _, d := range []string{"bin", "etc", "log", "run", "state"} {
		if err := os.Mkdir(s.path(d), 0o755); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *stage) startPostfix(ctx context.Context) error {
	m, ca, err := composeAll(ctx, s.path("keys"))
	if err != nil {
		return err
	}
	s.manifest = m
	if s.world, err = startWorld(ctx, s.path("world"), ca); err != nil {
		return err
	}
	if s.edge, err = startEdge(ctx, s.path("postfix"), s.world, ca); err != nil {
		return err
	}
	return s.writeConfig()
}

// writeConfig writes what an admin would write: one file for both programs, departments, secure mailboxes.
func (s *stage) writeConfig() error {
	ports := make(map[string]int)
	for _, name := range []string{"milter", "dashboard"} {
		port, err := kit.FreePort("127.0.0.1")
		if err != nil {
			return err
		}
		ports[name] = port
	}
	s.dashboard = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(ports["dashboard"])) + "/"
	s.metrics = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(ports["milter"])) + "/metrics"
	values := strings.NewReplacer("@DIR@", s.dir, "@GATEWAY@", hop(s.world, gateway), "@ETC@", s.edge.Etc(), "@LOG@", s.edge.Log(),
		"@METRICS@", strconv.Itoa(ports["milter"]), "@DASHBOARD@", strconv.Itoa(ports["dashboard"]),
		"@TODAY@", time.Now().AddDate(0, -6, 0).Format(time.DateOnly))
	for _, file := range []string{"milter.toml", "agent.toml", "departments.csv", "secure-mailboxes.csv", "objections.csv"} {
		text, err := samples.ReadFile("etc/" + file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.path("etc", file), []byte(values.Replace(string(text))), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(s.path("etc", "mask.key"), []byte("a key of the demo, used once\n"), 0o600)
}

func (s *stage) setupPostfix(ctx context.Context) error {
	if err := s.milterCommand(ctx, "setup", "postfix", "--apply"); err != nil {
		return err
	}
	return s.edge.Reload(ctx)
}

func (s *stage) startMilter(ctx context.Context) (err error) {
	s.milter, err = kit.StartProgram(s.path("log", "milter.log"), s.bin("postvagt-milter"), "serve", "--config", s.path("etc", "milter.toml"))
	if err != nil {
		return err
	}
	return s.milter.Ready(ctx, "the milter's socket", startLimit, func() (bool, error) {
		return listening("unix", s.path("run", "milter.sock"))
	})
}

func (s *stage) startHeld(ctx context.Context) (err error) {
	s.held, err = kit.StartProgram(s.path("log", "held.log"), s.bin("postvagt-milter"), "held", "serve", "--config", s.path("etc", "milter.toml"))
	if err != nil {
		return err
	}
	return s.held.Ready(ctx, "the helper's socket", startLimit, func() (bool, error) {
		return listening("unix", s.path("run", "held.sock"))
	})
}

func (s *stage) startAgent(ctx context.Context) (err error) {
	s.agent, err = kit.StartProgram(s.path("log", "agent.log"), s.bin("postvagt-agent"), "run", "--config", s.path("etc", "agent.toml"))
	if err != nil {
		return err
	}
	return s.agent.Ready(ctx, "the dashboard", startLimit, func() (bool, error) {
		resp, err := http.Get(s.dashboard)
		if err != nil {
			return false, err
		}
		return resp.StatusCode == http.StatusOK, resp.Body.Close()
	})
}

func listening(network, addr string) (bool, error) {
	c, err := net.DialTimeout(network, addr, time.Second)
	if err != nil {
		return false, err
	}
	return true, c.Close()
}

// strike stops everything and removes the folder.
func (s *stage) strike() error {
	var errs []error
	for _, p := range []*kit.Program{s.agent, s.held, s.milter} {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	for _, p := range []*kit.Postfix{s.edge, s.world} {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	errs = append(errs, os.RemoveAll(s.dir))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}
