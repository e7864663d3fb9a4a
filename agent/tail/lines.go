package tail

import (
	"strings"
)

// MaxLine is the length in bytes at which a line is cut; the rest of it is skipped.
const MaxLine = 64 << 10

// Line is one line without its line end.
type Line struct {
	Pos   int64 // of its first byte, in the file as it was when it was written; of the journal, a running number
	Text  string
	Entry *Entry // of the journal: the head, which came apart
}

// EventKind says what happened to a source.
type EventKind string

// Kinds of events.
const (
	Rotated   EventKind = "rotated"
	Truncated EventKind = "truncated"
	Vanished  EventKind = "vanished" // the path names nothing
	Lost      EventKind = "lost"     // a generation is gone before it was read to its end
	Cut       EventKind = "cut"      // a line over MaxLine
)

// Batch is a run of lines of one source. Position is to be stored together with what was made of the lines.
type Batch struct {
	Source   string
	Lines    []Line
	Position []byte
	AtEnd    bool
	Events   []EventKind
	Bytes    int64 // read for these lines
}

// splitLines cuts complete lines off chunk, which begins at pos. It returns how many bytes they took. With final
// a last line without a line end counts as complete.
func splitLines(lines []Line, chunk string, pos int64, final bool) (_ []Line, used int64) {
	for used < int64(len(chunk)) {
		rest := chunk[used:]
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			if !final {
				return lines, used
			}
			return append(lines, Line{Pos: pos + used, Text: strings.TrimSuffix(rest, "\r")}), int64(len(chunk))
		}
		text := rest[:end]
		if len(text) > MaxLine {
			text = text[:MaxLine]
		}
		lines = append(lines, Line{Pos: pos + used, Text: text})
		used += int64(end) + 1
	}
	return lines, used
}
