package tail

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// JournalSource is the name of the journal as a source.
const JournalSource = "journal"

// Entry is the head of a journal entry. UID and Unit are written by journald and cannot be forged.
type Entry struct {
	Time    time.Time
	Host    string
	Program string
	PID     int
	UID     int    // -1 where journald does not say
	Unit    string // of systemd
}

// Journal follows the systemd journal by a child journalctl.
type Journal struct {
	args   []string
	wake   func()
	cursor string
	cmd    *exec.Cmd
	stderr bytes.Buffer

	mu    sync.Mutex
	ready []entryLine
	err   error
	space *sync.Cond
	gone  chan struct{}
}

type entryLine struct {
	line   Line
	cursor string
	size   int
}

const (
	journalBatch = 1000
	journalAhead = 4 * journalBatch
)

// FollowJournal reads the entries that match (journalctl's FIELD=value, "+" for or) after a position. More arguments,
// such as --file, stand before the matches. wake is called when something may be read.
func FollowJournal(args, match []string, position []byte, wake func()) (*Journal, error) {
	j := &Journal{wake: wake}
	if len(position) > 0 {
		if err := json.Unmarshal(position, &j.cursor); err != nil {
			return nil, fmt.Errorf("position of the journal: %w", err)
		}
	}
	j.space = sync.NewCond(&j.mu)
	j.args = append([]string{"-o", "json", "-f", "--no-tail", "--no-pager", "-q",
		"--merge", // without it -f shows nothing of earlier boots
		"--output-fields=MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_UID,_SYSTEMD_UNIT,_HOSTNAME"}, args...)
	j.args = append(j.args, "--") // set before the matches by start, behind the cursor
	j.args = append(j.args, match...)
	return j, j.start()
}

func (j *Journal) start() error {
	args := make([]string, 0, len(j.args)+1)
	for _, a := range j.args {
		if a == "--" {
			if j.cursor != "" {
				args = append(args, "--after-cursor="+j.cursor)
			}
			continue
		}
		args = append(args, a)
	}
	j.cmd = exec.Command("journalctl", args...)
	j.stderr.Reset()
	j.cmd.Stderr = &j.stderr
	out, err := j.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := j.cmd.Start(); err != nil {
		return fmt.Errorf("journalctl: %w", err)
	}
	j.gone = make(chan struct{})
	go j.pump(out)
	return nil
}

// pump moves entries from the child, and stops reading while nobody takes them.
func (j *Journal) pump(out io.Reader) {
	defer close(j.gone)
	r := bufio.NewReaderSize(out, 1<<16)
	for {
		raw, err := r.ReadBytes('\n')
		if err == nil {
			if e, ok := parseEntry(raw); ok {
				j.put(e)
			}
			continue
		}
		werr := j.cmd.Wait()
		j.mu.Lock()
		j.err = fmt.Errorf("journalctl ended: %w: %s", errors.Join(werr, err), strings.TrimSpace(j.stderr.String()))
		j.mu.Unlock()
		j.wake()
		return
	}
}

func (j *Journal) put(e entryLine) {
	j.mu.Lock()
	for len(j.ready) >= journalAhead && j.err == nil {
		j.space.Wait()
	}
	j.ready = append(j.ready, e)
	j.mu.Unlock()
	j.wake()
}

// Read returns the entries that are there.
func (j *Journal) Read() (Batch, error) {
	b := Batch{Source: JournalSource}
	j.mu.Lock()
	n := min(len(j.ready), journalBatch)
	for _, e := range j.ready[:n] {
		b.Lines = append(b.Lines, e.line)
		b.Bytes += int64(e.size)
		j.cursor = e.cursor
	}
	j.ready = append(j.ready[:0], j.ready[n:]...)
	b.AtEnd = n == 0
	err := j.err
	j.space.Broadcast()
	j.mu.Unlock()
	if n == 0 && err != nil {
		j.err = nil
		return b, errors.Join(err, j.start())
	}
	if j.cursor == "" {
		return b, nil
	}
	position, err := json.Marshal(j.cursor)
	b.Position = position
	return b, err
}

// Lag is not known in bytes.
func (j *Journal) Lag() int64 { return 0 }

// Close ends the child.
func (j *Journal) Close() {
	j.mu.Lock()
	j.err = errors.New("closed")
	j.space.Broadcast()
	j.mu.Unlock()
	_ = j.cmd.Process.Kill() // it ends by no other means
	<-j.gone
}

func parseEntry(raw []byte) (entryLine, bool) {
	var f map[string]json.RawMessage
	if json.Unmarshal(raw, &f) != nil {
		return entryLine{}, false
	}
	cursor := field(f["__CURSOR"])
	us, err := strconv.ParseInt(field(f["__REALTIME_TIMESTAMP"]), 10, 64)
	if cursor == "" || err != nil {
		return entryLine{}, false
	}
	pid := field(f["SYSLOG_PID"])
	if pid == "" {
		pid = field(f["_PID"])
	}
	text := strings.NewReplacer("\r", " ", "\n", " ").Replace(field(f["MESSAGE"]))
	if len(text) > MaxLine {
		text = text[:MaxLine]
	}
	e := &Entry{Time: time.UnixMicro(us).UTC(), Host: field(f["_HOSTNAME"]), Program: field(f["SYSLOG_IDENTIFIER"]),
		PID: number(pid), UID: number(field(f["_UID"])), Unit: field(f["_SYSTEMD_UNIT"])}
	return entryLine{Line{Pos: sequence(cursor), Text: text, Entry: e}, cursor, len(raw)}, true
}

// field reads a value: a string, or, with bytes that are not text, an array of numbers.
func field(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var numbers []int
	if json.Unmarshal(raw, &numbers) != nil {
		return ""
	}
	b := make([]byte, len(numbers))
	for i, n := range numbers {
		b[i] = byte(n)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// sequence is the entry's number in its journal, "i=" of the cursor.
func sequence(cursor string) int64 {
	for _, part := range strings.Split(cursor, ";") {
		if hex, ok := strings.CutPrefix(part, "i="); ok {
			n, err := strconv.ParseInt(hex, 16, 64)
			if err == nil {
				return n
			}
		}
	}
	return 0
}
