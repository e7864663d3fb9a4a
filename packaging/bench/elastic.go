package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postvagt/packaging/e2e/kit"
)

// leastShare is what the agent must reach of a bare BulkIndexer.
const leastShare = 0.9

// agentMemory is what the agent keeps below, in bytes, however many rows wait.
const agentMemory = 200 << 20

// benchElastic ships to a real Elasticsearch: first beside a bare BulkIndexer, then what an agent had to keep while the
// node was away, with a look at the agent's memory.
func benchElastic(ctx context.Context, dir string, documents int, waiting string) error {
	if documents > 0 {
		if err := benchShip(ctx, documents); err != nil {
			return err
		}
	}
	var peaks []int64
	for text := range strings.SplitSeq(waiting, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("waiting: %w", err)
		}
		peak, err := benchBacklog(ctx, filepath.Join(dir, strconv.Itoa(n)), filepath.Join(dir, "postvagt-agent"), n)
		if err != nil {
			return err
		}
		peaks = append(peaks, peak)
	}
	fmt.Printf("the longest backlog takes %.2f x the memory of the shortest; wanted about 1 and at most %d MB. Of fewer than 100,000 rows the agent's caches are not full\n",
		float64(peaks[len(peaks)-1])/float64(max(peaks[0], 1)), agentMemory>>20)
	return nil
}

var shipped = regexp.MustCompile(`(?m)^BenchmarkShip\S*\s.*?([0-9.]+) agent-docs/s\s+([0-9.]+) bare-docs/s\s+([0-9.]+) ratio`)

// benchShip runs the benchmark of the room that ships.
func benchShip(ctx context.Context, documents int) error {
	root, err := kit.Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkShip$", "-benchtime", "1x", "-timeout", "60m", "./agent/elastic")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "POSTVAGT_TRANSMISSIONS="+strconv.Itoa(documents))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	m := shipped.FindStringSubmatch(string(out))
	if m == nil {
		return fmt.Errorf("no rate in %q", out)
	}
	fmt.Printf("%d documents a round: agent %s/s, bare BulkIndexer %s/s: %s x; wanted %.1f x\n", documents, m[1], m[2], m[3], leastShare)
	return nil
}

// benchBacklog lets an agent follow a mail log whose transmissions cannot be shipped, since no node answers, then starts the
// node. It says how fast the backlog goes, and returns the most memory that the agent had, in bytes.
func benchBacklog(ctx context.Context, dir, agent string, transmissions int) (peak int64, err error) {
	if err := os.MkdirAll(filepath.Join(dir, "es"), 0o755); err != nil {
		return 0, err
	}
	log := filepath.Join(dir, "mail.log")
	if _, err := grow(log, transmissions*linesEach); err != nil {
		return 0, err
	}
	node, err := kit.StartElasticsearch(ctx, filepath.Join(dir, "es"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	if err := node.Kill(); err != nil {
		return 0, err
	}
	config, err := elasticConfig(dir, node)
	if err != nil {
		return 0, err
	}
	if out, err := exec.CommandContext(ctx, agent, "import", "--quiet", "--config", config, log).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("import: %w: %s", err, out)
	}
	rows, err := rowsOf(ctx, agent, config)
	if err != nil {
		return 0, err
	}
	p, err := kit.StartProgram(filepath.Join(dir, "agent.log"), agent, "run", "--config", config)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if err := p.Ready(ctx, "the agent to find no node", 5*time.Minute, func() (bool, error) {
		said, err := os.ReadFile(p.Log)
		return strings.Contains(string(said), "takes nothing"), err
	}); err != nil {
		return 0, err
	}
	before := residentPeak(p.Pid())
	if err := node.Start(ctx); err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := p.Ready(ctx, "the backlog to be shipped", 2*time.Hour, func() (bool, error) {
		n, err := there(ctx, node)
		return n == rows, err
	}); err != nil {
		return 0, err
	}
	peak = residentPeak(p.Pid())
	fmt.Printf("%9d rows waited: agent %d MB at most before the node came, %d MB at the end; shipped at %.0f/s, the start and pauses included\n",
		rows, before>>20, peak>>20, float64(rows)/time.Since(begun).Seconds())
	return peak, nil
}

// linesEach is about how many lines of the log a transmission has.
const linesEach = 5

func elasticConfig(dir string, node *kit.Elasticsearch) (path string, err error) {
	path = filepath.Join(dir, "agent.toml")
	ca, password, log := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "password"), filepath.Join(dir, "empty.log")
	port, err := kit.FreePort("127.0.0.1")
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf(`[organisation]
name = "Bench"
domains = ["example.test"]
[log]
files = [%q]
verdicts = []
[store]
path = %q
[agent]
departments = ""
secure_mailboxes = ""
mask_key = ""
pseudonym_key = %q
[dashboard]
listen = "127.0.0.1:%d"
[elasticsearch]
urls = [%q]
username = %q
password_file = %q
ca_file = %q
`, log, filepath.Join(dir, "store", "agent.db"), filepath.Join(dir, "pseudonym.key"), port, node.URL, kit.ElasticUser, password, ca)
	return path, errors.Join(os.WriteFile(ca, node.Authority.PEM, 0o644), os.WriteFile(password, []byte(kit.ElasticPassword), 0o600),
		os.WriteFile(log, nil, 0o644), os.WriteFile(path, []byte(text), 0o644))
}

// rowsOf counts the transmissions in the agent's database.
func rowsOf(ctx context.Context, agent, config string) (n int64, err error) {
	out, err := exec.CommandContext(ctx, agent, "count", "--json", "--config", config, "--by", "postvagt.schema").Output()
	if err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	var row struct {
		Count int64 `json:"count"`
	}
	return row.Count, json.Unmarshal(out, &row)
}

// there counts the documents that the node holds.
func there(ctx context.Context, node *kit.Elasticsearch) (int64, error) {
	if res, err := node.Do(ctx, http.MethodPost, "/postvagt-transmissions-*/_refresh", nil); err == nil {
		res.Body.Close()
	}
	res, err := node.Do(ctx, http.MethodGet, "/postvagt-transmissions-*/_count", nil)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	var said struct {
		Count int64 `json:"count"`
	}
	return said.Count, json.NewDecoder(res.Body).Decode(&said)
}
