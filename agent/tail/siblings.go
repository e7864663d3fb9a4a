package tail

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sibling is a file that may have been the path's.
type sibling struct {
	path  string
	mtime int64
	size  int64
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
		all = append(all, sibling{filepath.Join(dir, name), info.ModTime().UnixNano(), info.Size(), dev, ino})
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

// find looks for the file that holds the bytes of a print: the path itself, or a sibling, by inode first. While it looks a
// rotation may move them; then it looks again.
func (f *File) find(p print, offset int64, ino uint64) *generation {
	for {
		siblings := f.siblings()
		if g := f.findAmong(siblings, p, offset, ino); g != nil {
			return g
		}
		if slices.Equal(siblings, f.siblings()) {
			return nil
		}
	}
}

func (f *File) findAmong(siblings []sibling, p print, offset int64, ino uint64) *generation {
	var candidates []string
	if info, err := os.Stat(f.path); err == nil {
		if _, i := identity(info); i == ino {
			candidates = append(candidates, f.path)
		}
	}
	siblings = slices.Clone(siblings)
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
			return g
		}
		g.close()
	}
	return nil
}

// unseen opens the siblings that were last written to since a time, and are neither open nor done; of the path's content that
// is older than what next holds, if that is given.
func (f *File) unseen(since int64, next *generation) error {
	for _, s := range olderThan(next, f.siblings()) {
		if s.mtime < since || f.isOpen(s) || f.decided[s.ino] == s.mtime {
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

// olderThan gives the siblings before a generation. Times of files are coarse, so one that was renamed has its place by its
// new name among those of the same time; what lies at the path is younger than all.
func olderThan(g *generation, all []sibling) []sibling {
	if g == nil {
		return all
	}
	if i := slices.IndexFunc(all, func(s sibling) bool { return s.dev == g.dev && s.ino == g.ino }); i >= 0 {
		return all[:i]
	}
	changed := g.changed()
	i := slices.IndexFunc(all, func(s sibling) bool { return s.mtime > changed })
	if i < 0 {
		return all
	}
	return all[:i]
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
		b := make([]byte, min(p.HeadLen+1, headSize)) // what was shorter than a head must be all of it: lines are alike
		if n, err := g.readAt(b, 0); err == nil && n == p.HeadLen && sum(b[:n]) == p.Head {
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
