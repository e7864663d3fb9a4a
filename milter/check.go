package milter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/milter/message"
	"postvagt/milter/verdict"
)

// Check judges messages from files as the daemon would, and changes nothing.
type Check struct {
	Filter *Filter
	JSON   bool
	Jobs   int
	From   string   // envelope sender; "" takes the header's
	To     []string // envelope recipients; none takes the header's
	Out    io.Writer
	Stdin  io.Reader
}

// checked is what check --json prints of a message; the keys are fixed.
type checked struct {
	File       string            `json:"file"`
	N          int               `json:"n,omitempty"` // 2, 3, … for further messages of an mbox
	Direction  string            `json:"direction"`
	Level      string            `json:"level"`
	Kinds      []string          `json:"kinds"`
	Persons    int               `json:"persons"`
	Protection checkedProtection `json:"protection"`
	Action     string            `json:"action"` // what the policy asks, whatever the mode
	Why        string            `json:"why"`
	Lang       string            `json:"lang"`
	Rules      []checkedRule     `json:"rules"`
	Unopened   []checkedPart     `json:"unopened"`
}

type checkedProtection struct {
	Content   string `json:"content"`
	Algorithm string `json:"algorithm"`
	Strong    bool   `json:"strong"`
	Signed    bool   `json:"signed"`
	Channel   string `json:"channel"`
}

type checkedRule struct {
	ID    string `json:"id"`
	Count int    `json:"count"`
	Part  string `json:"part"`
}

type checkedPart struct {
	Part   string `json:"part"`
	Reason string `json:"reason"`
}

// job is one message on its way through Run; done receives its result.
type job struct {
	file string
	n    int
	data []byte
	done chan checked
}

// Run judges all messages of paths, in their order, and says whether one would be stopped.
func (c *Check) Run(ctx context.Context, paths []string) (stopped bool, err error) {
	work, order := make(chan job), make(chan job, 4*c.Jobs)
	readErr := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range max(1, c.Jobs) {
		go func() {
			for j := range work {
				j.done <- c.judge(ctx, j)
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(work)
		readErr <- c.read(paths, func(j job) error {
			j.done = make(chan checked, 1)
			for _, to := range []chan job{order, work} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}()
	out := bufio.NewWriter(c.Out)
	for j := range order {
		r := <-j.done
		stopped = stopped || verdict.Stricter(r.Action, verdict.Tag) != verdict.Tag
		if err := c.print(out, &r); err != nil {
			return stopped, fmt.Errorf("output: %w", err)
		}
	}
	return stopped, errors.Join(<-readErr, out.Flush())
}

func (c *Check) print(out *bufio.Writer, r *checked) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(r)
	}
	name := r.File
	if r.N > 1 {
		name = fmt.Sprintf("%s (message %d)", name, r.N)
	}
	_, err := fmt.Fprintf(out, "%-6s %-12s %-9s %s  %s", r.Action, r.Level, r.Direction, name, r.Why)
	if len(r.Kinds) > 0 {
		fmt.Fprintf(out, "  %s", strings.Join(r.Kinds, ","))
	}
	if len(r.Unopened) > 0 {
		fmt.Fprintf(out, "  %d parts unopened", len(r.Unopened))
	}
	fmt.Fprintln(out)
	return err
}

// judge walks the way of a message for one that lies in memory.
func (c *Check) judge(ctx context.Context, j job) checked {
	res := c.Filter.Judge(ctx, c.transaction(j.data), func() {})
	out := checked{
		File: j.file, N: j.n, Direction: res.Direction, Level: res.Level, Kinds: orEmpty(res.Kinds), Persons: res.Persons,
		Protection: checkedProtection(res.Protection), Action: verdict.Pass, Why: res.Why, Lang: res.Lang,
		Rules: []checkedRule{}, Unopened: []checkedPart{},
	}
	for _, p := range res.Recipients {
		out.Action = verdict.Stricter(out.Action, p.Wanted)
	}
	for _, f := range res.Findings {
		out.Rules = append(out.Rules, checkedRule{f.Rule, f.Count, f.Part})
	}
	for _, u := range res.Unopened {
		out.Unopened = append(out.Unopened, checkedPart(u))
	}
	return out
}

func (c *Check) transaction(data []byte) *Transaction {
	head := headLength(data)
	t := &Transaction{Message: bytes.NewReader(data), Bytes: int64(len(data)), Size: int64(len(data)), HeadBytes: head}
	c.envelope(t, data[:head])
	return t
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// envelope takes sender and recipients from the options, else from the header. A sender of the
// organisation's own stands for a client that may send.
func (c *Check) envelope(t *Transaction, head []byte) {
	mail, err := c.Filter.reader.Read(bytes.NewReader(head), int64(len(head)), func(message.Text) {})
	if err != nil {
		mail = &message.Mail{}
	}
	t.Sender = c.From
	for _, list := range [][]message.Address{mail.From, mail.Sender} {
		if t.Sender == "" && len(list) > 0 {
			t.Sender = list[0].Addr
		}
	}
	for _, to := range c.To {
		t.Rcpts = append(t.Rcpts, Rcpt{Addr: to})
	}
	if len(c.To) == 0 {
		seen := map[string]bool{}
		for _, a := range slices.Concat(mail.To, mail.Cc, mail.Bcc) {
			if key := strings.ToLower(a.Addr); key != "" && !seen[key] {
				seen[key] = true
				t.Rcpts = append(t.Rcpts, Rcpt{Addr: a.Addr})
			}
		}
	}
	if len(t.Rcpts) == 0 { // "undisclosed-recipients:;": anybody may be among them
		t.Rcpts = []Rcpt{{Addr: "undisclosed@invalid"}}
	}
	t.Trusted = underAny(c.Filter.cfg.Organisation.Domains, domainOf(t.Sender))
}

// headLength gives the length of the header section, its empty line included.
func headLength(b []byte) int64 {
	for i := 0; ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return int64(len(b))
		}
		line := bytes.TrimSuffix(b[i:i+n], []byte("\r"))
		i += n + 1
		if len(line) == 0 {
			return int64(i)
		}
	}
}

// read finds the messages of paths.
func (c *Check) read(paths []string, each func(job) error) error {
	for _, p := range paths {
		if p == "-" {
			data, err := io.ReadAll(c.Stdin)
			if err != nil {
				return fmt.Errorf("standard input: %w", err)
			}
			if err := split(p, data, each); err != nil {
				return err
			}
			continue
		}
		if _, err := os.Stat(p); err != nil {
			return err
		}
		err := filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != p && (d.Name() == "tmp" && isMaildir(filepath.Dir(path)) || strings.HasPrefix(d.Name(), ".git")):
				return fs.SkipDir
			case d.IsDir(), path != p && !isMessage(path):
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return split(path, data, each)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new", "tmp"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// isMessage says whether a file met in a folder is mail: by its name, by its place in a Maildir, or, where the name
// says nothing, by how it begins.
func isMessage(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".eml", ".mbox", ".mbx", ".msg", ".mail", ".email":
		return true
	}
	if filepath.Ext(path) == "" && looksLikeMail(path) {
		return true
	}
	dir := filepath.Dir(path)
	return (filepath.Base(dir) == "cur" || filepath.Base(dir) == "new") && isMaildir(filepath.Dir(dir))
}

// looksLikeMail says whether a file begins with a field that mail has.
func looksLikeMail(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, 4096)
	n, _ := io.ReadFull(f, begin)
	for line := range bytes.Lines(begin[:n]) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || bytes.ContainsAny(name, " \t") {
			return bytes.HasPrefix(line, []byte("From ")) && isFromLine(strings.TrimRight(string(line), "\r\n"))
		}
		switch strings.ToLower(string(name)) {
		case "from", "received", "return-path", "subject", "date", "message-id", "mime-version", "to", "delivered-to":
			return true
		}
	}
	return false
}

// split hands over the messages of a file: one, or those of an mbox (RFC 4155).
func split(path string, data []byte, each func(job) error) error {
	if !bytes.HasPrefix(data, []byte("From ")) {
		return each(job{file: path, data: data})
	}
	single := strings.EqualFold(filepath.Ext(path), ".eml")
	for n := 1; len(data) > 0; n++ {
		_, rest, _ := bytes.Cut(data, []byte("\n"))
		end := len(rest)
		if !single {
			end = nextFromLine(rest)
		}
		j := job{file: path, data: unquoteFrom(rest[:end])}
		if n > 1 {
			j.n = n
		}
		if err := each(j); err != nil {
			return err
		}
		data = rest[end:]
	}
	return nil
}

// nextFromLine finds the next separator: "From ", an address and a date, after an empty line.
func nextFromLine(b []byte) int {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("\nFrom "))
		if i < 0 {
			return len(b)
		}
		at += i + 1
		line, _, _ := bytes.Cut(b[at:], []byte("\n"))
		afterEmpty := at < 2 || b[at-2] == '\n' || at > 2 && b[at-2] == '\r' && b[at-3] == '\n'
		if afterEmpty && isFromLine(string(bytes.TrimRight(line, "\r"))) {
			return at
		}
	}
}

func isFromLine(line string) bool {
	fields := strings.Fields(line)
	if len(fields) < 6 {
		return false
	}
	for i := 2; i+5 <= len(fields); i++ {
		if _, err := time.Parse("Mon Jan 2 15:04:05 2006", strings.Join(fields[i:i+5], " ")); err == nil {
			return true
		}
	}
	return len(fields) >= 7 && strings.Count(line, ":") >= 2 && strings.ContainsAny(fields[len(fields)-1]+fields[len(fields)-2], "12")
}

// unquoteFrom undoes the ">From " of mbox.
func unquoteFrom(b []byte) []byte {
	if !bytes.Contains(b, []byte("\n>From ")) {
		return b
	}
	return bytes.ReplaceAll(b, []byte("\n>From "), []byte("\nFrom "))
}

// Explain judges one message with the envelope of its header, and keeps why each thing was found.
func (f *Filter) Explain(data []byte) Judgement {
	c := &Check{Filter: f}
	t := c.transaction(data)
	t.explain = true
	return f.Judge(context.Background(), t, func() {})
}

// Mode is the mode in force.
func (f *Filter) Mode() string { return f.cfg.Policy.Mode }
