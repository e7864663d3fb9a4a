package milter

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	logQueue      = 4096                   // messages whose lines may wait
	logPatience   = 250 * time.Millisecond // how long the answer to the MTA waits for the disk
	logBatch      = 256 << 10              // bytes written at once
	logRetry      = time.Second
	forwardAtOnce = 1 << 20 // bytes of the spool that one round sends
	syslogPath    = "/dev/log"
	syslogMailOK  = 2<<3 | 6 // facility mail, severity informational (RFC 3164)
)

// verdictLog writes verdict lines to a file of their own, whole lines in one write each, before the MTA has
// its answer. It never holds up mail: past logPatience the lines wait in a bounded queue, and what does not
// fit there is counted as lost. The file may be renamed or truncated under it at any time.
//
// With a syslog the file is a spool: what stands there is sent on, and then cut away.
type verdictLog struct {
	path   string
	tag    string // " host postvagt-milter[pid]: "
	now    func() time.Time
	syslog *syslog // nil: the file is the log
	macKey []byte  // signs each line, for a syslog
	most   int64   // bytes after which the file is renamed to ".1", 0 for never

	queue   chan logEntry
	lost    atomic.Int64
	done    chan struct{}
	closing atomic.Bool
	fail    func(error) // told once for each change from writing to failing

	mu     sync.Mutex // held for writing
	file   *os.File
	info   os.FileInfo // of the file
	failed bool
	sent   int64 // bytes of the spool that syslog has taken
}

type logEntry struct {
	lines   []byte
	count   int64
	written chan struct{}
}

// logTarget is where verdict lines go.
type logTarget struct {
	path   string
	syslog *syslog
	macKey []byte
	most   int64
}

// heldLogMost is how much is kept of the verdicts on held messages, twice: those of some twenty thousand messages.
const heldLogMost = 16 << 20

func openVerdictLog(to logTarget, now func() time.Time, fail func(error)) (*verdictLog, error) {
	path := to.path
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	l := &verdictLog{path: path, syslog: to.syslog, macKey: to.macKey, most: to.most, tag: fmt.Sprintf(" %s postvagt-milter[%d]: ", host, os.Getpid()), now: now,
		queue: make(chan logEntry, logQueue), done: make(chan struct{}), fail: fail}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("verdict log: %w", err)
	}
	if err := l.reopen(); err != nil {
		return nil, err
	}
	go l.run()
	return l, nil
}

// lined is what a verdict log takes: a record, the answer to a self-test, or the settings in force.
type lined interface {
	Lines() []string
	SignedLines(key []byte) []string
}

// Write hands over the lines of a record and waits a little for the disk.
func (l *verdictLog) Write(r lined) {
	l.enqueue(l.entry(r))
}

// WriteNow is Write for a caller who may be held up by the disk as long as it takes: it writes itself where nobody else
// does, and nothing waits.
func (l *verdictLog) WriteNow(r lined) {
	e := l.entry(r)
	if l.syslog != nil || len(l.queue) > 0 || !l.mu.TryLock() {
		l.enqueue(e)
		return
	}
	err := l.write(e.lines)
	l.mu.Unlock()
	if err != nil {
		l.enqueue(e)
	}
}

// entry makes the lines of a record.
func (l *verdictLog) entry(r lined) logEntry {
	lines := r.Lines()
	if l.syslog != nil {
		lines = r.SignedLines(l.macKey)
	}
	e := logEntry{count: int64(len(lines))}
	const form = "2006-01-02T15:04:05.000000-07:00"
	size := 0
	for _, s := range lines {
		size += len(form) + len(l.tag) + len(s) + 1
	}
	e.lines = l.now().UTC().AppendFormat(make([]byte, 0, size), form)
	stamp := e.lines
	for i, s := range lines {
		if i > 0 {
			e.lines = append(e.lines, stamp...)
		}
		e.lines = append(append(append(e.lines, l.tag...), s...), '\n')
	}
	return e
}

func (l *verdictLog) enqueue(e logEntry) {
	e.written = make(chan struct{})
	select {
	case l.queue <- e:
	default:
		l.lost.Add(e.count)
		return
	}
	patience := time.NewTimer(logPatience)
	defer patience.Stop()
	select {
	case <-e.written:
	case <-patience.C:
	}
}

// Close writes what waits, and tries once more where writing failed. Nobody may call Write any more.
func (l *verdictLog) Close() {
	l.closing.Store(true)
	close(l.queue)
	<-l.done
}

func (l *verdictLog) run() {
	defer close(l.done)
	l.forward() // what a daemon before us left
	again := time.NewTicker(logRetry)
	defer again.Stop()
	for open := true; open; {
		var e logEntry
		select {
		case e, open = <-l.queue:
		case <-again.C:
		}
		l.mu.Lock()
		if len(e.lines) > 0 {
			l.writeBatch(l.gather(e))
		}
		l.forward()
		if !open {
			l.file.Close()
		}
		l.mu.Unlock()
	}
}

func (l *verdictLog) writeBatch(batch []logEntry) {
	var all bytes.Buffer
	var count int64
	for _, e := range batch {
		all.Write(e.lines)
		count += e.count
	}
	if !l.writeUntilDone(all.Bytes()) {
		l.lost.Add(count)
	}
	for _, e := range batch {
		close(e.written)
	}
}

// forward sends what stands in the spool to syslog, and cuts the spool when all of it is there. What was
// sent twice, since the daemon was killed between the two, is the same verdict.
func (l *verdictLog) forward() {
	if l.syslog == nil || l.file == nil {
		return
	}
	f, err := os.Open(l.path)
	if err != nil {
		return
	}
	defer f.Close()
	b := make([]byte, forwardAtOnce)
	n, err := f.ReadAt(b, l.sent)
	if n == 0 {
		return
	}
	for line := range bytes.Lines(b[:n]) {
		_, text, ok := bytes.Cut(line, []byte("]: "))
		if !bytes.HasSuffix(line, []byte("\n")) || ok && !l.syslog.send(string(bytes.TrimSuffix(text, []byte("\n")))) {
			return // the next round goes on here
		}
		l.sent += int64(len(line))
	}
	if err == io.EOF && l.file.Truncate(0) == nil {
		l.sent = 0
	}
}

// gather takes what waits, up to a batch.
func (l *verdictLog) gather(e logEntry) []logEntry {
	batch, size := []logEntry{e}, len(e.lines)
	for size < logBatch {
		select {
		case e, ok := <-l.queue:
			if !ok {
				return batch
			}
			batch = append(batch, e)
			size += len(e.lines)
		default:
			return batch
		}
	}
	return batch
}

// writeUntilDone tries again while the queue has room: a full disk is waited for, not written off.
func (l *verdictLog) writeUntilDone(b []byte) bool {
	for {
		err := l.write(b)
		if err == nil {
			l.failed = false
			return true
		}
		if !l.failed {
			l.failed = true
			l.fail(err)
		}
		if len(l.queue) == cap(l.queue) || l.closing.Load() {
			return false
		}
		time.Sleep(logRetry)
	}
}

// write appends b to the file that bears the name now.
func (l *verdictLog) write(b []byte) error {
	if err := l.reopen(); err != nil {
		return err
	}
	if _, err := l.file.Write(b); err != nil {
		return fmt.Errorf("verdict log: %w", err)
	}
	if l.most > 0 {
		if info, err := l.file.Stat(); err == nil && info.Size() > l.most {
			os.Rename(l.path, l.path+".1") // else it grows on
		}
	}
	return nil
}

// reopen opens the file unless it is the one that is open already.
func (l *verdictLog) reopen() error {
	if l.file != nil {
		if there, err := os.Stat(l.path); err == nil && os.SameFile(l.info, there) {
			return nil
		}
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("verdict log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return fmt.Errorf("verdict log: %w", err)
	}
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.info = f, info
	return nil
}
