package tail

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	for i, g := range f.gens {
		last := i == len(f.gens)-1
		if err := g.read(f.buf, &b, f.once || g.fixed); err != nil {
			return b, err
		}
		if len(b.Lines) > 0 || b.Bytes > 0 {
			b.AtEnd = false
			break
		}
		b.AtEnd = last
	}
	b.AtEnd = b.AtEnd || len(f.gens) == 0
	if err := f.retire(&b); err != nil {
		return b, err
	}
	var err error
	b.Position, err = f.position()
	return b, err
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

// look compares the path with what is open: a new file, or the same one cut off.
func (f *File) look(b *Batch) error {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		if !f.missing {
			f.missing = true
			b.Events = append(b.Events, Vanished)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a directory, not a log file", f.path)
	}
	f.missing = false
	dev, ino := identity(info)
	if len(f.gens) == 0 {
		return f.next(f.floor)
	}
	g := f.gens[len(f.gens)-1]
	if err := f.wasCut(g, b); err != nil {
		return err
	}
	if g.dev == dev && g.ino == ino {
		return nil
	}
	b.Events = append(b.Events, Rotated)
	return f.next(f.since())
}

// wasCut looks whether an open file was truncated, by what it holds: it may have grown again, and may have another
// name by now.
func (f *File) wasCut(g *generation, b *Batch) error {
	if g.fixed {
		return nil
	}
	if g.offset == 0 {
		return f.before(g)
	}
	same, err := g.same()
	if err != nil || same {
		return err
	}
	b.Events = append(b.Events, Truncated)
	return f.truncated(g, b)
}

// before looks whether a file of which nothing was read was copied and truncated meanwhile.
func (f *File) before(g *generation) error {
	n := len(f.gens) - 1
	err := f.unseen(f.since(), g.changed())
	f.gens = append(append(f.gens[:n:n], f.gens[n+1:]...), g)
	return err
}

// since is the time before which no file can be one that was not seen: what was read is older.
func (f *File) since() int64 {
	ns := f.floor
	for _, g := range f.gens {
		if g.offset > 0 {
			ns = max(ns, g.began)
		}
	}
	return ns
}

// next opens what was rotated unseen since a time, and what the path names now. While these are looked for another rotation
// may happen; then it looks again.
func (f *File) next(since int64) error {
	for {
		info, err := os.Stat(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			return f.unseen(since, later) // between a rename and a create
		}
		if err != nil {
			return err
		}
		if err := f.unseen(since, later); err != nil {
			return err
		}
		g, err := openGeneration(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if dev, ino := identity(info); g.dev != dev || g.ino != ino {
			g.close()
			continue
		}
		g.fixed = false
		f.gens = append(f.gens, g)
		return nil
	}
}

// truncated reads the rest of what was cut off from its copy, and the file from its beginning.
func (f *File) truncated(g *generation, b *Batch) error {
	p, offset, began := g.print(), g.offset, g.began
	f.remember(p)
	g.head, g.tail, g.offset, g.skip, g.began = nil, nil, 0, false, g.changed()
	copied, err := f.find(p, offset, g.ino)
	if err != nil {
		return err
	}
	n := len(f.gens) - 1
	if copied != nil {
		copied.fixed = true
		f.gens = append(f.gens, copied)
	} else {
		b.Events = append(b.Events, Lost)
	}
	err = f.unseen(max(began, f.floor), g.changed())
	f.gens = append(append(f.gens[:n:n], f.gens[n+1:]...), g)
	return err
}

// restore opens what a saved position speaks of, wherever it is now.
func (f *File) restore(s saved) (events []EventKind, err error) {
	for _, old := range s.Generations {
		if old.Offset == 0 {
			continue // nothing was read of it: it is found as an unseen one
		}
		g, err := f.find(old.print, old.Offset, old.Ino)
		if err != nil {
			return nil, err
		}
		if g == nil {
			events = append(events, Lost)
			f.remember(old.print)
			continue
		}
		g.skip, g.began = old.Skip, old.Began
		f.gens = append(f.gens, g)
	}
	return events, f.rest(s)
}

// rest opens the generations after the saved ones: those that were rotated unseen, then the path itself.
func (f *File) rest(s saved) error {
	since := f.floor
	for _, old := range s.Generations {
		if old.Offset > 0 {
			since = max(since, old.Began)
		}
	}
	current, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.missing = true
		return f.unseen(since, later)
	}
	if err != nil {
		return err
	}
	dev, ino := identity(current)
	for i, g := range f.gens {
		if g.dev == dev && g.ino == ino {
			if i != len(f.gens)-1 {
				f.gens = append(slices.Delete(f.gens, i, i+1), g)
			}
			return nil
		}
	}
	return f.next(since)
}

// sibling is a file that may have been the path's.
type sibling struct {
	path  string
	mtime int64
	dev   uint64
	ino   uint64
}

// siblings are the files beside the path that rotation may have made of it, oldest first.
func (f *File) siblings() []sibling {
	dir, base := filepath.Dir(f.path), filepath.Base(f.path)
	ext := filepath.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var all []sibling
	for _, e := range entries {
		name := e.Name()
		dated := ext != "" && strings.HasPrefix(name, stem+"-") && strings.Contains(name[len(stem):], ext) // logrotate's extension
		if name == base || !(strings.HasPrefix(name, base+".") || strings.HasPrefix(name, base+"-") || dated) {
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		dev, ino := identity(info)
		all = append(all, sibling{filepath.Join(dir, name), info.ModTime().UnixNano(), dev, ino})
	}
	slices.SortFunc(all, func(a, b sibling) int {
		if a.mtime != b.mtime {
			if a.mtime < b.mtime {
				return -1
			}
			return 1
		}
		return byName(a.path, b.path)
	})
	return all
}

// byName orders files of the same time: mail.log-20261122 is older than mail.log-20261123, but mail.log.2 than mail.log.1.
func byName(a, b string) int {
	if strings.Contains(filepath.Base(a), "-") {
		return strings.Compare(a, b)
	}
	if len(a) != len(b) {
		return len(b) - len(a)
	}
	return strings.Compare(b, a)
}

// find looks for the file that holds the bytes of a print: the path itself, or a sibling, by inode first.
func (f *File) find(p print, offset int64, ino uint64) (*generation, error) {
	var candidates []string
	if info, err := os.Stat(f.path); err == nil {
		if _, i := identity(info); i == ino {
			candidates = append(candidates, f.path)
		}
	}
	siblings := f.siblings()
	slices.Reverse(siblings)
	for _, s := range siblings {
		if s.ino == ino {
			candidates = append(candidates, s.path)
		}
	}
	for _, s := range siblings {
		if s.ino != ino {
			candidates = append(candidates, s.path)
		}
	}
	candidates = append(candidates, f.path)
	for _, path := range candidates {
		g, err := openGeneration(path)
		if err != nil {
			continue // gone, or not ours to read: another one may hold it
		}
		if ok, err := g.adopt(p, offset); ok && err == nil {
			return g, nil
		}
		g.close()
	}
	return nil, nil
}

// unseen opens the siblings that were last written to in a span of time and are neither open nor done.
func (f *File) unseen(since, until int64) error {
	for _, s := range f.siblings() {
		if s.mtime < since || s.mtime > until || f.isOpen(s) || f.decided[s.ino] == s.mtime {
			continue
		}
		p, ok := headOf(s.path)
		if !ok || p.HeadLen == 0 {
			continue
		}
		known, done := f.isKnown(s.path)
		if done {
			f.decided[s.ino] = s.mtime
		}
		if known {
			continue
		}
		g, err := openGeneration(s.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		f.gens = append(f.gens, g)
	}
	return nil
}

func (f *File) isOpen(s sibling) bool {
	for _, g := range f.gens {
		if g.dev == s.dev && g.ino == s.ino {
			return true
		}
	}
	return false
}

// isKnown says whether a file is a generation that is open under another name, or done: a copy, or compressed. A copy
// of an open one may yet become the only place of what was not read when the other is cut off.
func (f *File) isKnown(path string) (known, done bool) {
	g, err := openGeneration(path)
	if err != nil {
		return true, false
	}
	defer g.close()
	for _, p := range f.known {
		b := make([]byte, p.HeadLen)
		if n, err := g.readAt(b, 0); err == nil && n == p.HeadLen && sum(b) == p.Head {
			return true, true
		}
	}
	for _, o := range f.gens {
		b := make([]byte, headSize)
		if n, err := o.readAt(b, 0); err == nil && g.startsWith(b[:n]) {
			return true, false
		}
	}
	return false, false
}

// headOf is the print of a file's first bytes.
func headOf(path string) (print, bool) {
	g, err := openGeneration(path)
	if err != nil {
		return print{}, false
	}
	defer g.close()
	b := make([]byte, headSize)
	n, err := g.readAt(b, 0)
	if err != nil {
		return print{}, false
	}
	return print{HeadLen: n, Head: sum(b[:n])}, true
}
