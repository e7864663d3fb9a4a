package milter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"postvagt/milter/message"
	"postvagt/milter/verdict"
)

// Check judges messages from files as the daemon would, and changes nothing.
type Check struct {
	Filter  *Filter
	Against *Filter // of a changed configuration; nil for none
	JSON    bool
	Jobs    int
	From    string   // envelope sender; "" takes the header's
	To      []string // envelope recipients; none takes the header's
	Out     io.Writer
	Stdin   io.Reader
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
	Against    *checkedChange    `json:"against,omitempty"`
}

// checkedChange is what a changed configuration asks of a message.
type checkedChange struct {
	Action  string `json:"action"`
	Why     string `json:"why"`
	Changed bool   `json:"changed"` // another action
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

// Run judges all messages of paths, in their order, and says whether one would be stopped; with Against, whether the
// changed configuration would do anything else.
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
	sums := changes{}
	for j := range order {
		r := <-j.done
		if c.Against == nil {
			stopped = stopped || verdict.Stricter(r.Action, verdict.Tag) != verdict.Tag
		} else {
			stopped = stopped || r.Against.Changed
			sums.add(&r)
		}
		if err := c.print(out, &r); err != nil {
			return stopped, fmt.Errorf("output: %w", err)
		}
	}
	if c.Against != nil && !c.JSON {
		sums.print(out)
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
	if c.Against != nil {
		return printChange(out, name, r)
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
		Protection: checkedProtection(res.Protection), Action: wanted(&res), Why: res.Why, Lang: res.Lang,
		Rules: []checkedRule{}, Unopened: []checkedPart{},
	}
	if c.Against != nil {
		other := c.Against.Judge(ctx, c.transaction(j.data), func() {})
		out.Against = &checkedChange{Action: wanted(&other), Why: other.Why}
		out.Against.Changed = out.Against.Action != out.Action
	}
	for _, f := range res.Findings {
		out.Rules = append(out.Rules, checkedRule{f.Rule, f.Count, f.Part})
	}
	for _, u := range res.Unopened {
		out.Unopened = append(out.Unopened, checkedPart(u))
	}
	return out
}

// wanted is what the policy asks of a message, whatever the mode.
func wanted(j *Judgement) string {
	action := verdict.Pass
	for _, p := range j.Recipients {
		action = verdict.Stricter(action, p.Wanted)
	}
	return action
}

func (c *Check) transaction(data []byte) *Transaction {
	t := &Transaction{Message: bytes.NewReader(data), Bytes: int64(len(data)), Size: int64(len(data))}
	c.envelope(t, data[:headLength(data)])
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

// Explain judges one message with the envelope of its header, and keeps why each thing was found.
func (f *Filter) Explain(data []byte) Judgement {
	c := &Check{Filter: f}
	t := c.transaction(data)
	t.explain = true
	return f.Judge(context.Background(), t, func() {})
}

// Mode is the mode in force.
func (f *Filter) Mode() string { return f.cfg.Policy.Mode }
