package held

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// States of a decision.
const (
	StateAsked   = "asked"
	StateBegun   = "begun"
	StateDone    = "done"
	StateFailed  = "failed"
	StateRefused = "refused"
	StateDue     = "due"
)

// opEscalate is what the helper writes when nobody decided in time.
const opEscalate = "escalate"

// Decision is one line of the file of decisions; the package comment says what stands in it.
type Decision struct {
	At         time.Time `json:"at"`
	Decision   string    `json:"decision"`
	State      string    `json:"state"`
	Op         string    `json:"op"`
	ID         string    `json:"id"`
	Arrival    time.Time `json:"arrival"`
	Verdict    string    `json:"verdict"`
	Department string    `json:"department"`
	Actor      string    `json:"actor"`
	UID        uint32    `json:"uid"`
	Reason     string    `json:"reason,omitempty"`
	Note       string    `json:"note,omitempty"`
	First      string    `json:"first,omitempty"`
	Code       Code      `json:"code,omitempty"`
	Error      string    `json:"error,omitempty"`
}

func (d *Decision) key() key { return key{d.ID, d.Arrival.Unix()} }

// Decisions is the file of decisions, and what of it still matters: who asked first, and what was escalated.
type Decisions struct {
	mu    sync.Mutex
	file  *os.File
	asked map[key]Decision
	due   map[key]bool
}

// OpenDecisions reads the file and leaves it open for what comes. A last line that was written in part is ended, and counts
// for nothing.
func OpenDecisions(path string, gid int) (*Decisions, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("decisions: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("decisions: %w", err)
	}
	d := &Decisions{file: f, asked: map[key]Decision{}, due: map[key]bool{}}
	if err := errors.Join(d.load(), share(f, gid)); err != nil {
		f.Close()
		return nil, fmt.Errorf("decisions: %s: %w", path, err)
	}
	return d, nil
}

// share lets a group read the file; -1 leaves it as it is.
func share(f *os.File, gid int) error {
	if gid < 0 {
		return nil
	}
	if err := os.Chown(filepath.Dir(f.Name()), -1, gid); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return f.Chown(-1, gid)
}

func (d *Decisions) load() error {
	r := bufio.NewReader(d.file)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			if len(line) > 0 {
				_, err := d.file.Write([]byte("\n"))
				return err
			}
			return nil
		}
		if err != nil {
			return err
		}
		var x Decision
		if len(bytes.TrimSpace(line)) == 0 || json.Unmarshal(line, &x) != nil {
			continue // written in part before a power cut
		}
		d.learn(&x)
	}
}

func (d *Decisions) learn(x *Decision) {
	switch {
	case x.State == StateAsked:
		d.asked[x.key()] = *x
	case x.State == StateDue:
		d.due[x.key()] = true
	case x.State == StateDone && x.Op != OpShow:
		delete(d.asked, x.key())
		delete(d.due, x.key())
	}
}

// Write appends a line and sees to it that it is on the disk.
func (d *Decisions) Write(x Decision) error {
	line, err := json.Marshal(x)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("decisions: %w", err)
	}
	if err := d.file.Sync(); err != nil {
		return fmt.Errorf("decisions: %w", err)
	}
	d.learn(&x)
	return nil
}

// Asked is what the first of two persons asked for.
func (d *Decisions) Asked(m Message) (Decision, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, ok := d.asked[keyOf(m)]
	return x, ok
}

// Escalated says whether a message was escalated.
func (d *Decisions) Escalated(m Message) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.due[keyOf(m)]
}

// Close ends writing.
func (d *Decisions) Close() error { return d.file.Close() }
