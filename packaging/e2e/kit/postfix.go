package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Port is one smtpd service of a private Postfix.
type Port struct {
	Host    string   // address of 127.0.0.0/8, "" means 127.0.0.1
	Port    int      // 0 means a free one
	Options []string // "name=value" that hold for this service only, as "-o" in master.cf has them
}

// Config says what a private Postfix looks like.
type Config struct {
	Ports []Port            // at least one
	Main  map[string]string // parameters of main.cf besides or instead of those of main.cf.in
	Cert  *Cert             // certificate of the server; nil makes a self-signed one
}

// Postfix is a private Postfix that runs.
type Postfix struct {
	Dir   string
	ports []Port
}

// startTries is how often a start is tried with other ports, since a free port may be taken meanwhile.
const startTries = 3

// StartPostfix makes a Postfix in dir and starts it. It returns when every port answers.
func StartPostfix(ctx context.Context, dir string, cfg Config) (*Postfix, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a private Postfix needs root: Postfix starts its programs as user postfix")
	}
	var err error
	for range startTries {
		p := &Postfix{Dir: dir}
		if err = p.configure(ctx, cfg); err != nil {
			return nil, err
		}
		if err = p.start(ctx); err == nil {
			return p, nil
		}
		p.Stop()
	}
	return nil, fmt.Errorf("private Postfix in %s: %w", dir, err)
}

func (p *Postfix) configure(ctx context.Context, cfg Config) error {
	etc := filepath.Join(p.Dir, "etc")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return err
	}
	var ports strings.Builder
	p.ports = nil
	for _, port := range cfg.Ports {
		if port.Host == "" {
			port.Host = "127.0.0.1"
		}
		if port.Port == 0 {
			free, err := FreePort(port.Host)
			if err != nil {
				return err
			}
			port.Port = free
		}
		p.ports = append(p.ports, port)
		fmt.Fprintf(&ports, "%s:%d inet n - n - - smtpd\n", port.Host, port.Port)
		for _, o := range port.Options {
			fmt.Fprintf(&ports, "  -o { %s }\n", o)
		}
	}
	if err := os.WriteFile(filepath.Join(etc, "ports"), []byte(ports.String()), 0o644); err != nil {
		return err
	}
	if cfg.Cert != nil {
		if err := cfg.write(etc); err != nil {
			return err
		}
	}
	var extra strings.Builder
	for k, v := range cfg.Main {
		fmt.Fprintf(&extra, "%s = %s\n", k, v)
	}
	root, err := Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "sh", filepath.Join(root, "packaging/e2e/kit/mkpostfix"), p.Dir)
	cmd.Stdin = strings.NewReader(extra.String())
	return run(cmd)
}

func (cfg *Config) write(etc string) error {
	err := os.WriteFile(filepath.Join(etc, "cert.pem"), cfg.Cert.Chain, 0o644)
	return errors.Join(err, os.WriteFile(filepath.Join(etc, "key.pem"), cfg.Cert.Key, 0o600))
}

func (p *Postfix) start(ctx context.Context) error {
	if err := run(p.Command(ctx, "postfix", "start")); err != nil {
		return err
	}
	for i := range p.ports {
		if err := WaitSMTP(ctx, p.Addr(i), 20*time.Second); err != nil {
			return errors.Join(err, p.logTail())
		}
	}
	return nil
}

// Addr is host:port of the i-th service of the configuration.
func (p *Postfix) Addr(i int) string {
	return net.JoinHostPort(p.ports[i].Host, strconv.Itoa(p.ports[i].Port))
}

// Etc is the folder of main.cf.
func (p *Postfix) Etc() string { return filepath.Join(p.Dir, "etc") }

// Log is the path of the mail log.
func (p *Postfix) Log() string { return filepath.Join(p.Dir, "log", "mail.log") }

// Command makes a command of Postfix (postfix, postqueue, postsuper, postcat, postconf) for this instance.
func (p *Postfix) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, filepath.Join("/usr/sbin", name), append([]string{"-c", p.Etc()}, args...)...)
}

// Reload makes Postfix read its configuration again.
func (p *Postfix) Reload(ctx context.Context) error { return run(p.Command(ctx, "postfix", "reload")) }

// Stop ends Postfix and waits until its master is gone.
func (p *Postfix) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	pid := filepath.Join(p.Dir, "spool", "pid", "master.pid")
	if _, err := os.Stat(pid); err != nil {
		return nil
	}
	stopErr := p.Command(ctx, "postfix", "stop").Run() // not running is no error to us: the next line decides
	if err := Wait(ctx, "the end of Postfix in "+p.Dir, 20*time.Second, func() (bool, error) {
		return p.Command(ctx, "postfix", "status").Run() != nil, nil
	}); err != nil {
		return errors.Join(err, stopErr)
	}
	return nil
}

// Queued is a message in the queue, as postqueue -j prints it.
type Queued struct {
	Queue       string `json:"queue_name"` // hold, deferred, active, incoming
	ID          string `json:"queue_id"`
	ArrivalTime int64  `json:"arrival_time"`
	Size        int64  `json:"message_size"`
	Sender      string `json:"sender"`
	Recipients  []struct {
		Address string `json:"address"`
		Reason  string `json:"delay_reason"`
	} `json:"recipients"`
}

// Queue lists the queue.
func (p *Postfix) Queue(ctx context.Context) ([]Queued, error) {
	out, err := p.Command(ctx, "postqueue", "-j").Output()
	if err != nil {
		return nil, fmt.Errorf("postqueue -j: %w", err)
	}
	return ReadQueue(out)
}

// ReadQueue reads what postqueue -j prints.
func ReadQueue(out []byte) ([]Queued, error) {
	var list []Queued
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var q Queued
		if err := dec.Decode(&q); err != nil {
			return nil, fmt.Errorf("postqueue -j: %w", err)
		}
		list = append(list, q)
	}
	return list, nil
}

// logTail gives the end of the log as an error, for one who waits for a start that did not come.
func (p *Postfix) logTail() error {
	b, err := os.ReadFile(p.Log())
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return errors.New(strings.Join(lines[max(0, len(lines)-5):], "\n"))
}

// run runs a command; its output becomes part of the error.
func run(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}
