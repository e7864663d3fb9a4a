package tail

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

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
	err := f.unseen(f.since(), g)
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
			return f.unseen(since, nil) // between a rename and a create
		}
		if err != nil {
			return err
		}
		if err := f.unseen(since, nil); err != nil {
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
		f.gens = append(f.withoutCopies(g), g)
		return nil
	}
}

// withoutCopies closes the generations of which nothing was read and which hold just what another begins with: somebody is
// about to truncate it, and until then it holds all.
func (f *File) withoutCopies(g *generation) []*generation {
	return slices.DeleteFunc(f.gens, func(o *generation) bool {
		if o.offset > 0 {
			return false
		}
		b := make([]byte, chunkSize)
		n, err := o.readAt(b, 0)
		if err != nil || !g.startsWith(b[:n]) {
			return false
		}
		o.close()
		return true
	})
}

// truncated reads the rest of what was cut off from its copy, and the file from its beginning.
func (f *File) truncated(g *generation, b *Batch) error {
	p, offset, began := g.print(), g.offset, g.began
	f.remember(p)
	g.head, g.tail, g.offset, g.skip, g.began = nil, nil, 0, false, g.changed()
	copied, n := f.find(p, offset, g.ino), len(f.gens)-1
	if copied != nil {
		copied.fixed = true
		f.gens = append(f.gens, copied)
	} else {
		b.Events = append(b.Events, Lost)
	}
	err := f.unseen(max(began, f.floor), g)
	f.gens = append(append(f.gens[:n:n], f.gens[n+1:]...), g)
	return err
}

// restore opens what a saved position speaks of, wherever it is now.
func (f *File) restore(s saved) (events []EventKind, err error) {
	for _, old := range s.Generations {
		if old.Offset == 0 {
			continue // nothing was read of it: it is found as an unseen one
		}
		g := f.find(old.print, old.Offset, old.Ino)
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
		return f.unseen(since, nil)
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
