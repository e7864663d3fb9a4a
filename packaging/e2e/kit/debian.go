package kit

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Debian is a Debian 12 host of its own in namespaces of this kernel: systemd is its first process and runs its units with
// all that they ask for, its network is its loopback, and its disk a folder that is gone after Stop. It needs root.
type Debian struct {
	Root string // its disk, as seen from here; /run, /tmp and /dev are its own
	Pid  int    // of its systemd, as seen from here

	cmd     *exec.Cmd
	console string
	cgroup  string
}

//go:embed bootdebian
var bootDebian string

// debianRoot is what mkdebian makes.
const debianRoot = "bookworm-3.tar.zst"

// StartDebian unpacks a host, starts it, and returns when its systemd says that it runs.
func StartDebian(ctx context.Context, name string) (d *Debian, err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a Debian host of its own needs root: it is made of namespaces")
	}
	from := os.Getenv("POSTVAGT_DEBIAN")
	if from == "" {
		from = "/var/tmp/postvagt-debian"
	}
	dir, err := os.MkdirTemp("/var/tmp", "postvagt-host-")
	if err != nil {
		return nil, err
	}
	d = &Debian{Root: filepath.Join(dir, "root"), console: filepath.Join(dir, "console")}
	defer func() {
		if err != nil {
			said, _ := os.ReadFile(d.console)
			err = errors.Join(fmt.Errorf("Debian host: %w\n%s", err, said), d.Stop())
		}
	}()
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(d.Root, 0o755)); err != nil {
		return d, err
	}
	if err := run(exec.CommandContext(ctx, "tar", "--zstd", "-C", d.Root, "-xpf", filepath.Join(from, debianRoot))); err != nil {
		return d, fmt.Errorf("run packaging/install-deps.sh mtas: %w", err)
	}
	host, _, _ := strings.Cut(name, ".")
	for file, text := range map[string]string{"hostname": name + "\n", "mailname": name + "\n", "hosts": "127.0.0.1 localhost\n127.0.0.1 " + name + " " + host + "\n::1 ip6-localhost\n"} {
		if err := os.WriteFile(filepath.Join(d.Root, "etc", file), []byte(text), 0o644); err != nil {
			return d, err
		}
	}
	return d, d.boot(ctx)
}

// boot starts systemd in a cgroup and in namespaces of its own. It ends with us.
func (d *Debian) boot(ctx context.Context) error {
	above, err := ownCgroup()
	if err != nil {
		return err
	}
	if d.cgroup, err = os.MkdirTemp(above, "postvagt-host-"); err != nil {
		return err
	}
	group, err := os.Open(d.cgroup)
	if err != nil {
		return err
	}
	defer group.Close()
	out, err := os.Create(d.console)
	if err != nil {
		return err
	}
	defer out.Close()
	d.cmd = exec.Command("sh", "-c", bootDebian, "bootdebian", d.Root)
	d.cmd.Stdout, d.cmd.Stderr = out, out
	d.cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		UseCgroupFD: true, CgroupFD: int(group.Fd()), Setsid: true, Pdeathsig: syscall.SIGKILL,
	}
	if err := d.cmd.Start(); err != nil {
		return err
	}
	d.Pid = d.cmd.Process.Pid
	return Wait(ctx, "systemd to run", 2*time.Minute, func() (bool, error) {
		said, err := d.Run(ctx, "systemctl is-system-running")
		said = strings.TrimSpace(said)
		if said == "degraded" {
			failed, _ := d.Run(ctx, "systemctl --failed --no-pager --plain")
			return true, errors.New(failed)
		}
		return said == "running", err
	})
}

// ownCgroup is the folder of the second hierarchy of cgroups in which this process is.
func ownCgroup() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	at := ""
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			at = f[1]
		}
	}
	if at == "" {
		return "", errors.New("no cgroup2 is mounted here, and systemd needs one")
	}
	mine, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mine)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return filepath.Join(at, path), nil
		}
	}
	return at, nil
}

// Command is a command of root's shell on the host.
func (d *Debian) Command(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "nsenter", "-t", strconv.Itoa(d.Pid), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w",
		"env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb", "DEBIAN_FRONTEND=noninteractive",
		"sh", "-c", "cd && "+script)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// Run runs a command of root's shell on the host, and returns what it prints; an error has it too.
func (d *Debian) Run(ctx context.Context, script string) (string, error) {
	cmd := d.Command(ctx, script)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w\n%s%s", script, err, out.Bytes(), said.Bytes())
	}
	return out.String(), nil
}

// sysSetns is setns(2), which package syscall does not name everywhere.
var sysSetns = map[string]uintptr{"amd64": 308, "arm64": 268}[runtime.GOARCH]

// In does something in the host's network: what is opened by this very goroutine stays there.
func (d *Debian) In(do func() error) error {
	runtime.LockOSThread()
	here, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", syscall.Gettid()))
	if err != nil {
		return err
	}
	defer here.Close()
	there, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", d.Pid))
	if err != nil {
		return err
	}
	defer there.Close()
	if _, _, no := syscall.RawSyscall(sysSetns, there.Fd(), syscall.CLONE_NEWNET, 0); no != 0 {
		return fmt.Errorf("setns: %w", no)
	}
	done := do()
	if _, _, no := syscall.RawSyscall(sysSetns, here.Fd(), syscall.CLONE_NEWNET, 0); no != 0 {
		return errors.Join(done, fmt.Errorf("setns back: %w", no)) // the thread stays locked, and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return done
}

// Dial connects to an address of the host's network, a literal one.
func (d *Debian) Dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	in := d.In(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, network, addr)
		return err
	})
	return conn, in
}

// Accounts are the lines of the host's passwd and group, sorted.
func (d *Debian) Accounts() (lines []string, err error) {
	for _, name := range []string{"passwd", "group"} {
		f, err := os.Open(filepath.Join(d.Root, "etc", name))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			lines = append(lines, name+" "+s.Text())
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// Files are all paths of the host's disk, from its root on.
func (d *Debian) Files() (map[string]bool, error) {
	files := map[string]bool{}
	err := filepath.WalkDir(d.Root, func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went while we looked
		}
		files[strings.TrimPrefix(path, d.Root)] = true
		return err
	})
	return files, err
}

// Stop ends the host at once and removes all of it.
func (d *Debian) Stop() error {
	var errs []error
	if d.cmd != nil && d.cmd.Process != nil {
		if err := d.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
		_ = d.cmd.Wait() // killed
	}
	if d.cgroup != "" {
		errs = append(errs, removeCgroup(d.cgroup))
	}
	return errors.Join(append(errs, os.RemoveAll(filepath.Dir(d.Root)))...)
}

// removeCgroup removes a cgroup and those below it; all in them has ended, or is about to.
func removeCgroup(top string) error {
	return Wait(context.Background(), "the host's cgroups to be empty", 20*time.Second, func() (bool, error) {
		var dirs []string
		_ = filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
		slices.Reverse(dirs)
		for _, dir := range dirs {
			if err := os.Remove(dir); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}
