package tail

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

const later = 1<<63 - 1 // no bound of time

const (
	keepOpen  = 3  // generations that are followed at the same time
	keepKnown = 64 // generations that were read to their end and are not taken for new ones
)

// File follows one path.
type File struct {
	path    string
	gens    []*generation    // oldest first; the last one is, or was, what the path names
	known   []print          // of generations that are done
	floor   int64            // ns: what was last written before is done, or history
	decided map[uint64]int64 // inode -> mtime of siblings that hold nothing new
	once    bool
	missing bool
	buf     []byte
}

// saved is the position of a stream.
type saved struct {
	Generations []savedGeneration `json:"g"`
	Known       []print           `json:"k,omitempty"`
	Floor       int64             `json:"f,omitempty"`
}

type savedGeneration struct {
	Dev    uint64 `json:"d"`
	Ino    uint64 `json:"i"`
	Began  int64  `json:"m"`
	Offset int64  `json:"o"`
	Skip   bool   `json:"s,omitempty"`
	print
}

// Follow opens a path, which may not exist yet, at a position that a Batch gave, or at its beginning.
func Follow(path string, position []byte) (*File, []EventKind, error) {
	f := &File{path: path, buf: make([]byte, chunkSize), decided: map[uint64]int64{}}
	if len(position) == 0 {
		return f, nil, f.first()
	}
	var s saved
	if err := json.Unmarshal(position, &s); err != nil {
		return nil, nil, fmt.Errorf("position of %s: %w", path, err)
	}
	f.known, f.floor = s.Known, s.Floor
	events, err := f.restore(s)
	return f, events, err
}

// Once opens a file or an archive to be read to its end, and no further.
func Once(path string, position []byte) (*File, error) {
	g, err := openGeneration(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, once: true, gens: []*generation{g}, buf: make([]byte, chunkSize), decided: map[uint64]int64{}}
	if len(position) == 0 {
		return f, nil
	}
	var s saved
	if err := json.Unmarshal(position, &s); err != nil || len(s.Generations) != 1 {
		return nil, fmt.Errorf("position of %s is not readable", path)
	}
	old := s.Generations[0]
	if _, err := g.adopt(old.print, old.Offset); err != nil { // other content: read from its beginning
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	g.skip = old.Skip && g.offset == old.Offset
	return f, nil
}

// Close closes all that is open.
func (f *File) Close() {
	for _, g := range f.gens {
		g.close()
	}
	f.gens = nil
}

// first opens the path where nothing was read before. What was rotated away by then is history, for an import.
func (f *File) first() error {
	g, err := openGeneration(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.missing = true
	} else if err != nil {
		return err
	}
	for _, s := range f.siblings() {
		if p, ok := headOf(s.path); ok {
			f.remember(p)
		}
		f.floor = max(f.floor, s.mtime)
	}
	if g != nil {
		f.gens = append(f.gens, g)
	}
	return nil
}

// Read returns the next lines of the stream.
func (f *File) Read() (Batch, error) {
	b := Batch{Source: f.path}
	if !f.once {
		if err := f.look(&b); err != nil {
			return b, err
		}
	}
	if err := f.take(&b); err != nil {
		return b, err
	}
	if err := f.retire(&b); err != nil {
		return b, err
	}
	var err error
	b.Position, err = f.position()
	return b, err
}

// take reads on in the oldest generation that has something.
func (f *File) take(b *Batch) error {
	for i := 0; i < len(f.gens); i++ {
		g := f.gens[i]
		last, fresh := i == len(f.gens)-1, g.offset == 0
		events := len(b.Events)
		if err := g.read(f.buf, b, f.once || g.fixed); err != nil {
			return err
		}
		b.AtEnd = last
		if len(b.Lines) == 0 && b.Bytes == 0 {
			continue
		}
		if last && fresh && !f.once {
			overtaken, err := f.overtaken(g)
			if err != nil {
				return err
			}
			if overtaken { // their turn is first
				b.Lines, b.Bytes, b.Events = b.Lines[:0], 0, b.Events[:events]
				i--
				continue
			}
		}
		b.AtEnd = false
		return nil
	}
	b.AtEnd = b.AtEnd || len(f.gens) == 0
	return nil
}

// overtaken says whether the file that was just begun had been copied and truncated since the look at it: then the copy holds
// what was written before, and nothing of the file counts as read.
func (f *File) overtaken(g *generation) (bool, error) {
	head, tail, offset, skip, n := g.head, g.tail, g.offset, g.skip, len(f.gens)
	g.head, g.tail, g.offset, g.skip = nil, nil, 0, false
	err := f.before(g)
	if err != nil || len(f.gens) > n {
		return true, err
	}
	g.head, g.tail, g.offset, g.skip = head, tail, offset, skip
	return false, nil
}

// retire lets go of old generations that are read to their end. A last line without an end is a line then.
func (f *File) retire(b *Batch) error {
	for len(f.gens) > 1 {
		g := f.gens[0]
		if !g.drained || len(f.gens) <= keepOpen && !g.fixed {
			return nil
		}
		before := g.offset
		if err := g.read(f.buf, b, true); err != nil {
			return err
		}
		if g.offset != before {
			b.AtEnd = false
			return nil // once more
		}
		f.remember(g.print())
		if g.stream == nil { // not every program that compresses keeps the time
			f.floor = max(f.floor, g.changed())
		}
		g.close()
		f.gens = f.gens[1:]
	}
	return nil
}

func (f *File) remember(p print) {
	if p.HeadLen == 0 {
		return
	}
	p.Tail, p.TailLen = "", 0
	if !slices.Contains(f.known, p) {
		f.known = append(f.known, p)
	}
	f.known = f.known[max(0, len(f.known)-keepKnown):]
}

func (f *File) position() ([]byte, error) {
	s := saved{Known: f.known, Floor: f.floor}
	for _, g := range f.gens {
		s.Generations = append(s.Generations, savedGeneration{g.dev, g.ino, g.began, g.offset, g.skip, g.print()})
	}
	return json.Marshal(s)
}

// Lag is how many bytes of the newest generation are still to be read.
func (f *File) Lag() int64 {
	if len(f.gens) == 0 {
		return 0
	}
	g := f.gens[len(f.gens)-1]
	info, err := os.Stat(g.name)
	if err != nil {
		return 0
	}
	return max(0, info.Size()-g.offset)
}
