package kit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The administrator of a private Elasticsearch.
const (
	ElasticUser     = "kit"
	ElasticPassword = "postvagt-kit"
	elasticHash     = "$2y$10$N9qo8uLOickgx2ZMRZoMyeOYQ8aaQEFNVXdjYZXYpzV4j6UJRcoNC" // of ElasticPassword
)

const elasticVersion = "8.19.13"

// elasticStart is how long a start may take on a busy machine.
const elasticStart = 10 * time.Minute

// Elasticsearch is a real one-node Elasticsearch 8.19 with security on and TLS by a certificate of Authority.
type Elasticsearch struct {
	URL       string
	Authority *Authority
	Leaf      *x509.Certificate // what the server shows
	Client    *http.Client      // trusts Authority

	dir      string
	home     string
	java     string
	settings string // of the kit
	cmd      *exec.Cmd
	done     chan error
}

// AttachElasticsearch uses a node that StartElasticsearch started elsewhere, to save the time of its start: dir holds
// its address (url) and authority (ca.pem). It cannot be killed from here.
func AttachElasticsearch(dir string) (*Elasticsearch, error) {
	url, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return nil, err
	}
	e := &Elasticsearch{URL: string(url), Authority: &Authority{PEM: ca}}
	e.Client = clientOf(ca)
	return e, nil
}

func clientOf(ca []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

// StartElasticsearch starts the server that packaging/install-deps.sh brought, with its data in dir. It refuses to
// run as root, so root hands dir to nobody (65534).
func StartElasticsearch(ctx context.Context, dir string) (*Elasticsearch, error) {
	base := os.Getenv("POSTVAGT_ELASTICSEARCH")
	if base == "" {
		base = "/var/tmp/postvagt-elasticsearch"
	}
	e := &Elasticsearch{dir: dir, home: filepath.Join(base, "elasticsearch-"+elasticVersion)}
	if _, err := os.Stat(filepath.Join(e.home, ".ready")); err != nil {
		return nil, fmt.Errorf("no Elasticsearch in %s: run packaging/install-deps.sh test", e.home)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("%w: run packaging/install-deps.sh test", err)
	}
	if e.java, err = filepath.EvalSymlinks(java); err != nil {
		return nil, err
	}
	if err := e.certificate(); err != nil {
		return nil, err
	}
	if err := e.configure(); err != nil {
		return nil, err
	}
	return e, e.Start(ctx)
}

func (e *Elasticsearch) config() string { return filepath.Join(e.dir, "config") }

func (e *Elasticsearch) certificate() error {
	var err error
	if e.Authority, err = NewAuthority(time.Now()); err != nil {
		return err
	}
	cert, err := e.Authority.Issue("localhost")
	if err != nil {
		return err
	}
	block, _ := pem.Decode(cert.Chain)
	if e.Leaf, err = x509.ParseCertificate(block.Bytes); err != nil {
		return err
	}
	e.Client = clientOf(e.Authority.PEM)
	if err := os.CopyFS(e.config(), os.DirFS(filepath.Join(e.home, "config"))); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(e.config(), "http.pem"), append(cert.Chain, e.Authority.PEM...), 0o644),
		os.WriteFile(filepath.Join(e.config(), "http.key"), cert.Key, 0o600))
}

func (e *Elasticsearch) configure() error {
	port, err := FreePort("127.0.0.1")
	if err != nil {
		return err
	}
	transport, err := FreePort("127.0.0.1")
	if err != nil {
		return err
	}
	e.URL = "https://localhost:" + strconv.Itoa(port)
	e.settings = fmt.Sprintf(`cluster.name: kit
node.name: kit
path.data: %[1]s/data
path.logs: %[1]s/logs
http.host: 127.0.0.1
http.port: %[2]d
transport.host: 127.0.0.1
transport.port: %[3]d
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: true
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.certificate: http.pem
xpack.security.http.ssl.key: http.key
`, e.dir, port, transport)
	for name, text := range map[string]string{
		"elasticsearch.yml":         e.settings,
		"users":                     ElasticUser + ":" + elasticHash + "\n",
		"users_roles":               "superuser:" + ElasticUser + "\n",
		"jvm.options.d/kit.options": "-Xms512m\n-Xmx512m\n",
		"../data/.keep":             "",
		"../logs/.keep":             "",
		"../tmp/.keep":              "",
	} {
		file := filepath.Join(e.config(), name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Start starts the node, again after Kill or Stop, and waits until it answers.
func (e *Elasticsearch) Start(ctx context.Context) error {
	lib := func(name string) string { return filepath.Join(e.home, "lib", name) }
	e.cmd = exec.Command(e.java, "-Xms4m", "-Xmx64m", "-XX:+UseSerialGC", "-Dcli.name=server", "-Dcli.script="+filepath.Join(e.home, "bin/elasticsearch"),
		"-Dcli.libs=lib/tools/server-cli", "-Des.path.home="+e.home, "-Des.path.conf="+e.config(), "-Des.distribution.type=zip",
		"-cp", lib("*")+":"+lib("cli-launcher/*"), "org.elasticsearch.launcher.CliToolLauncher")
	e.cmd.Dir = e.home
	e.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(e.dir, "tmp"), "LANG=C.UTF-8", "ES_TMPDIR=" + filepath.Join(e.dir, "tmp"),
		"ES_PATH_CONF=" + e.config(), "ES_JAVA_HOME=" + filepath.Dir(filepath.Dir(e.java))}
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		if err := run(exec.CommandContext(ctx, "chown", "-R", "65534:65534", e.dir)); err != nil {
			return err
		}
		e.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	out, err := os.OpenFile(filepath.Join(e.dir, "console"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	e.cmd.Stdout, e.cmd.Stderr = out, out
	if err := e.cmd.Start(); err != nil {
		return err
	}
	e.done = make(chan error, 1)
	go func(cmd *exec.Cmd, done chan<- error) { done <- cmd.Wait() }(e.cmd, e.done)
	return e.ready(ctx)
}

func (e *Elasticsearch) ready(ctx context.Context) error {
	var ended error
	err := Wait(ctx, "Elasticsearch", elasticStart, func() (bool, error) {
		select {
		case how := <-e.done:
			said, _ := os.ReadFile(filepath.Join(e.dir, "console"))
			ended = fmt.Errorf("Elasticsearch ended at its start: %v\n%s", how, said[max(0, len(said)-3000):])
			e.done <- how
			return true, nil
		default:
		}
		res, err := e.Do(ctx, http.MethodGet, "/_cluster/health?wait_for_status=yellow&timeout=2s", nil)
		if err != nil {
			return false, err
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK, nil
	})
	return errors.Join(err, ended)
}

// Kill ends the node at once, as a power cut of the machine does.
func (e *Elasticsearch) Kill() error {
	err := syscall.Kill(-e.cmd.Process.Pid, syscall.SIGKILL)
	how := <-e.done
	e.done <- how
	return e.released(err)
}

// released waits until the port is free: the node is a child of the process that was waited for.
func (e *Elasticsearch) released(err error) error {
	addr := e.URL[len("https://"):]
	return errors.Join(err, Wait(context.Background(), "the port to be free", time.Minute, func() (bool, error) {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			c.Close()
		}
		return err != nil, nil
	}))
}

// Stop ends the node for good; one that was attached to goes on.
func (e *Elasticsearch) Stop() error {
	if e.Attached() {
		return nil
	}
	return e.Kill()
}

// Configure sets the lines that stand beside the kit's own settings; the next Start reads them.
func (e *Elasticsearch) Configure(lines ...string) error {
	return os.WriteFile(filepath.Join(e.config(), "elasticsearch.yml"), []byte(e.settings+strings.Join(lines, "\n")+"\n"), 0o644)
}

// Attached says that the node was started elsewhere, so that it cannot be killed from here.
func (e *Elasticsearch) Attached() bool { return e.cmd == nil }

// Do sends a request as the administrator. The caller closes the body.
func (e *Elasticsearch) Do(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.URL+path, body)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(ElasticUser, ElasticPassword)
	req.Header.Set("Content-Type", "application/json")
	return e.Client.Do(req)
}
