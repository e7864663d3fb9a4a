package kit

import (
	"context"
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

// Rspamd is a private rspamd that runs: a milter by unix socket, and an HTTP door for whole messages. It asks nobody
// on the network.
type Rspamd struct {
	Dir  string
	http string
	prog *Program
}

// quietModules are those that ask the network, or wait for a Redis.
const quietModules = "rbl spf dkim dkim_signing dmarc arc fuzzy_check surbl asn mx_check greylist ratelimit replies neural history_redis " +
	"reputation redis url_redirector whitelist bimi antivirus dcc external_services clickhouse elastic rspamd_update metadata_exporter phishing"

// NewRspamd makes the folder of an rspamd, for a story to change before Start: Etc is /etc/rspamd.
func NewRspamd(ctx context.Context, dir string) (*Rspamd, error) {
	r := &Rspamd{Dir: dir}
	if err := run(exec.CommandContext(ctx, "cp", "-r", "--no-target-directory", "/etc/rspamd", r.mkdir("etc"))); err != nil {
		return nil, fmt.Errorf("rspamd is not installed: run packaging/install-deps.sh mtas: %w", err)
	}
	for _, d := range []string{"db", "run", "log"} {
		r.mkdir(d)
	}
	port, err := FreePort("127.0.0.1")
	if err != nil {
		return nil, err
	}
	other, err := FreePort("127.0.0.1")
	if err != nil {
		return nil, err
	}
	r.http = fmt.Sprintf("127.0.0.1:%d", port)
	files := map[string]string{
		"statistic.conf":                   "",
		"local.d/logging.inc":              "level = \"notice\";\n",
		"local.d/worker-normal.inc":        fmt.Sprintf("bind_socket = %q;\ncount = 2;\n", r.http),
		"local.d/worker-controller.inc":    fmt.Sprintf("bind_socket = \"127.0.0.1:%d\";\npassword = \"unused\";\n", other),
		"override.d/worker-proxy.inc":      fmt.Sprintf("bind_socket = \"%s mode=0666\";\ncount = 2;\nupstream \"local\" { default = yes; self_scan = yes; }\n", r.Socket()),
		"override.d/worker-normal.inc":     fmt.Sprintf("bind_socket = %q;\n", r.http),
		"override.d/worker-controller.inc": fmt.Sprintf("bind_socket = \"127.0.0.1:%d\";\n", other),
	}
	if err := errors.Join(QuietRspamd(r.Etc()), writeIn(r.Etc(), files)); err != nil {
		return nil, err
	}
	return r, run(exec.CommandContext(ctx, "chown", "-R", "_rspamd:_rspamd", filepath.Join(dir, "db"), filepath.Join(dir, "run"), filepath.Join(dir, "log")))
}

// QuietRspamd keeps the rspamd whose configuration folder this is from asking the network.
func QuietRspamd(etc string) error {
	files := map[string]string{"local.d/options.inc": "dns { nameserver = [\"127.0.0.1:5\"]; timeout = 0.1s; retransmits = 1; }\nfilters = \"chartable,dkim,regexp\";\n"}
	for _, m := range strings.Fields(quietModules) {
		files["local.d/"+m+".conf"] = "enabled = false;\n"
	}
	return writeIn(etc, files)
}

func writeIn(dir string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rspamd) mkdir(name string) string {
	dir := filepath.Join(r.Dir, name)
	os.MkdirAll(dir, 0o755) // what follows says what is missing
	return dir
}

// Etc is the folder of its configuration.
func (r *Rspamd) Etc() string { return filepath.Join(r.Dir, "etc") }

// Socket is the milter's.
func (r *Rspamd) Socket() string { return filepath.Join(r.Dir, "run", "milter.sock") }

// HTTP is host:port of the door for whole messages (POST /checkv2).
func (r *Rspamd) HTTP() string { return r.http }

// Log is the path of its log.
func (r *Rspamd) Log() string { return filepath.Join(r.Dir, "log", "rspamd.log") }

// Pids are the process ids of the main process and its workers.
func (r *Rspamd) Pids() []int {
	pids := []int{r.prog.Pid()}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pids[0], pids[0]))
	if err != nil {
		return pids
	}
	for _, f := range strings.Fields(string(b)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (r *Rspamd) vars() (args []string) {
	for k, v := range map[string]string{"CONFDIR": "etc", "LOCAL_CONFDIR": "etc", "DBDIR": "db", "RUNDIR": "run", "LOGDIR": "log"} {
		args = append(args, "--var", k+"="+filepath.Join(r.Dir, v))
	}
	return args
}

// Start starts it and waits until both doors answer; it takes ten seconds on an idle machine.
func (r *Rspamd) Start(ctx context.Context) error {
	args := append([]string{"-f", "-u", "_rspamd", "-g", "_rspamd", "-c", filepath.Join(r.Etc(), "rspamd.conf")}, r.vars()...)
	var err error
	if r.prog, err = StartProgram(filepath.Join(r.Dir, "rspamd.err"), "rspamd", args...); err != nil {
		return err
	}
	return r.prog.Ready(ctx, "rspamd", 4*time.Minute, func() (bool, error) {
		for _, d := range []struct{ network, addr string }{{"unix", r.Socket()}, {"tcp", r.http}} {
			c, err := net.DialTimeout(d.network, d.addr, time.Second)
			if err != nil {
				return false, err
			}
			c.Close()
		}
		return true, nil
	})
}

// Compiled waits until its helper has compiled all regular expressions for Hyperscan and a worker has loaded them: each
// compiled set (.hs) then has its unpacked form (.unser) beside it. Until then rspamd is slower, and busy compiling.
func (r *Rspamd) Compiled(ctx context.Context) error {
	return r.prog.Ready(ctx, "rspamd's regular expressions", 4*time.Minute, func() (bool, error) {
		files, err := filepath.Glob(filepath.Join(r.Dir, "db", "*.hs*"))
		if err != nil {
			return false, err
		}
		compiled, loaded := 0, 0
		for _, f := range files {
			switch filepath.Ext(f) {
			case ".hs":
				compiled++
			case ".unser":
				loaded++
			case ".new":
				compiled++ // will be one
			}
		}
		return compiled > 0 && loaded == compiled, fmt.Errorf("%d sets are compiled, %d loaded", compiled, loaded)
	})
}

// Stop ends it.
func (r *Rspamd) Stop() error {
	if r.prog == nil {
		return nil
	}
	err := r.prog.Stop()
	r.prog = nil
	return errors.Join(err, os.Remove(r.Socket()))
}
