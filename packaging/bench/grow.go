package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// realLog is the log of a private Postfix 3.7: TLS in and out, several recipients, bounces, deferrals, expiry, refusals without a
// message, a milter that holds, refuses and is down, lost connections.
//
//go:embed postfix-3.7.log.gz
var realLog []byte

// own is what is another in each copy: queue ids, and the number put before each message-id.
var own = regexp.MustCompile(`\b[0-9A-F]{10,12}\b|message-id=<`)

const (
	stampLength = len("Nov 23 03:08:40")
	linesADay   = 2_000_000 / 7 // as a gateway of some thousand mailboxes writes
)

// truth is what a grown log holds, counted while it is written.
type truth struct {
	lines   int
	bytes   int64
	holds   int // lines of milter-hold: a message each
	rejects int // lines of milter-reject
	refused int // of these, about a message; the others refuse a session or a recipient before there is one
}

// template is a line of the real log, cut where copies differ: before each piece but the first stands a queue id by its number, or
// the number of the copy.
type template struct {
	pieces  []string
	numbers []int // -1 for that of the copy
}

// grow writes a log of n lines: the real one again and again. In each copy every queue id and message-id is another one, the same
// for the same, and the stamps run on evenly.
func grow(path string, n int) (t truth, err error) {
	templates, ids, err := realLines()
	if err != nil {
		return t, err
	}
	f, err := os.Create(path)
	if err != nil {
		return t, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	start := time.Now().UTC().AddDate(0, 0, -2-n/linesADay).Truncate(24 * time.Hour)
	var line []byte
	for ; t.lines < n; t.lines++ {
		copied, at := t.lines/len(templates), start.Add(time.Duration(t.lines)*(24*time.Hour/linesADay))
		line = append(templates[t.lines%len(templates)].told(at.AppendFormat(line[:0], time.Stamp), copied, ids), '\n')
		t.count(line)
		if _, err := w.Write(line); err != nil {
			return t, err
		}
	}
	return t, w.Flush()
}

// told appends the line as it stands in a copy.
func (l *template) told(b []byte, copied, ids int) []byte {
	b = append(b, l.pieces[0]...)
	for i, n := range l.numbers {
		if n < 0 {
			b = append(strconv.AppendInt(b, int64(copied), 10), '.')
		} else {
			b = fmt.Appendf(b, "%011X", 0x10000000000+copied*ids+n)
		}
		b = append(b, l.pieces[i+1]...)
	}
	return b
}

func (t *truth) count(line []byte) {
	t.bytes += int64(len(line))
	switch {
	case bytes.Contains(line, []byte(": milter-hold: ")):
		t.holds++
	case bytes.Contains(line, []byte(": milter-reject: ")):
		t.rejects++
		if !bytes.Contains(line, []byte(": NOQUEUE: ")) {
			t.refused++
		}
	}
}

// realLines cuts the real log, whose queue ids are numbered, into templates.
func realLines() (all []template, ids int, err error) {
	z, err := gzip.NewReader(bytes.NewReader(realLog))
	if err != nil {
		return nil, 0, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, 0, err
	}
	serial := map[string]int{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")[stampLength:]
		var l template
		done := 0
		for _, at := range own.FindAllStringIndex(line, -1) {
			found, number := line[at[0]:at[1]], -1
			if end := at[0]; found[0] != 'm' {
				if _, ok := serial[found]; !ok {
					serial[found] = len(serial)
				}
				number = serial[found]
				l.pieces = append(l.pieces, line[done:end])
			} else {
				l.pieces = append(l.pieces, line[done:at[1]])
			}
			l.numbers, done = append(l.numbers, number), at[1]
		}
		l.pieces = append(l.pieces, line[done:])
		all = append(all, l)
	}
	return all, len(serial), z.Close()
}
