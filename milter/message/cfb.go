package message

import (
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
)

// Bounds of a compound file: its sectors are at most as many as the file has, its entries are counted.
const (
	cfbMagic   = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	cfbEntries = 20_000
)

// cfb is a compound file (MS-CFB), the container of doc, xls, msg and encrypted office documents.
type cfb struct {
	data      *io.SectionReader
	links     int   // of chains, that may still be followed
	sector    int64 // bytes
	mini      int64
	cutoff    int64 // streams below it lie in the mini stream
	fat       []uint32
	miniFAT   []uint32
	miniChain []uint32
	entries   []cfbEntry
	byPath    map[string]*cfbEntry // streams, by their path in lower case
}

// cfbEntry is a stream or a storage.
type cfbEntry struct {
	name   string
	path   string // storages and name, joined by "/"
	stream bool
	start  uint32
	size   int64
	left   uint32
	right  uint32
	child  uint32
	links  []uint32 // its sectors, once they were asked for
}

// readCFB reads the tables and the directory.
func readCFB(data *io.SectionReader) (*cfb, error) {
	var h [512]byte
	if n, _ := data.ReadAt(h[:], 0); n < 512 || string(h[:8]) != cfbMagic {
		return nil, damaged
	}
	le := binary.LittleEndian
	shift, miniShift := le.Uint16(h[30:]), le.Uint16(h[32:])
	if shift != 9 && shift != 12 || miniShift != 6 {
		return nil, damaged
	}
	c := &cfb{data: windowed(data), byPath: map[string]*cfbEntry{}, sector: 1 << shift, mini: 1 << miniShift, cutoff: int64(le.Uint32(h[56:]))}
	if err := c.readFAT(h[:]); err != nil {
		return nil, err
	}
	c.links = 4 * int(c.sectors())
	c.miniFAT = c.table(c.chain(le.Uint32(h[60:]), c.fat))
	c.links += 2 * len(c.miniFAT) // a few times what streams need that do not lie over each other
	if err := c.readDirectory(le.Uint32(h[48:])); err != nil {
		return nil, err
	}
	return c, nil
}

// sectors is how many sectors the file has.
func (c *cfb) sectors() int64 { return (c.data.Size() + c.sector - 1) / c.sector }

func (c *cfb) at(sector uint32, p []byte) bool {
	n, _ := c.data.ReadAt(p, (int64(sector)+1)*c.sector)
	return n > 0
}

// readFAT gathers the allocation table: 109 of its sectors are named in the header, others in a chain.
func (c *cfb) readFAT(h []byte) error {
	le := binary.LittleEndian
	var parts []uint32
	for i := 0; i < 109; i++ {
		if s := le.Uint32(h[76+4*i:]); s < 0xfffffffa {
			parts = append(parts, s)
		}
	}
	next := le.Uint32(h[68:])
	buf := make([]byte, c.sector)
	for left := c.sectors(); left > 0 && next < 0xfffffffa; left-- {
		if !c.at(next, buf) {
			break
		}
		k := int(c.sector/4) - 1
		for i := 0; i < k; i++ {
			if s := le.Uint32(buf[4*i:]); s < 0xfffffffa {
				parts = append(parts, s)
			}
		}
		next = le.Uint32(buf[4*k:])
	}
	if int64(len(parts)) > c.sectors() {
		parts = parts[:c.sectors()]
	}
	c.fat = c.table(parts)
	if len(c.fat) == 0 {
		return damaged
	}
	return nil
}

// table reads sectors of 32-bit numbers, as many as the file can have sectors.
func (c *cfb) table(parts []uint32) []uint32 {
	buf := make([]byte, c.sector)
	var out []uint32
	bound := c.sectors() * max(1, c.sector/c.mini)
	for _, s := range parts {
		clear(buf)
		if int64(len(out)) > bound || !c.at(s, buf) {
			break
		}
		for i := 0; i < len(buf); i += 4 {
			out = append(out, binary.LittleEndian.Uint32(buf[i:]))
		}
	}
	return out
}

// chain follows a chain of sectors; it ends where it would come back or leave the table. Streams that
// lie over each other would be bytes without end, so that all chains together have a bound.
func (c *cfb) chain(start uint32, table []uint32) []uint32 {
	var out []uint32
	for s := start; int64(s) < int64(len(table)) && len(out) < len(table) && c.links > 0; s = table[s] {
		out = append(out, s)
		c.links--
	}
	return out
}

func (c *cfb) readDirectory(start uint32) error {
	le := binary.LittleEndian
	buf := make([]byte, c.sector)
	for _, s := range c.chain(start, c.fat) {
		clear(buf)
		if !c.at(s, buf) || len(c.entries) > cfbEntries {
			break
		}
		for i := 0; i+128 <= len(buf); i += 128 {
			e := buf[i : i+128]
			n := min(int(le.Uint16(e[64:])), 64) / 2
			wide := make([]uint16, 0, 32)
			for k := 0; k < n-1; k++ {
				wide = append(wide, le.Uint16(e[2*k:]))
			}
			c.entries = append(c.entries, cfbEntry{
				name: string(utf16.Decode(wide)), stream: e[66] == 2, left: le.Uint32(e[68:]), right: le.Uint32(e[72:]),
				child: le.Uint32(e[76:]), start: le.Uint32(e[116:]), size: int64(le.Uint32(e[120:])),
			})
		}
	}
	if len(c.entries) == 0 {
		return damaged
	}
	root := c.entries[0]
	c.miniChain = c.chain(root.start, c.fat)
	seen := make([]bool, len(c.entries))
	c.name(root.child, "", seen)
	return nil
}

// name gives each entry its path. It goes over siblings with a stack of its own, since they form a tree.
func (c *cfb) name(first uint32, prefix string, seen []bool) {
	type item struct {
		id     uint32
		prefix string
	}
	todo := []item{{first, prefix}}
	for len(todo) > 0 {
		it := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int64(it.id) >= int64(len(c.entries)) || seen[it.id] || len(it.prefix) > 500 {
			continue
		}
		seen[it.id] = true
		e := &c.entries[it.id]
		e.path = it.prefix + e.name
		todo = append(todo, item{e.right, it.prefix}, item{e.child, e.path + "/"}, item{e.left, it.prefix})
		switch key := strings.ToLower(e.path); {
		case !e.stream:
		case c.byPath[key] != nil:
			e.path = "" // a second one of that name is no part of the file
		default:
			c.byPath[key] = e
		}
	}
}

// find gives the stream of that path, case-insensitively.
func (c *cfb) find(path string) *cfbEntry { return c.byPath[strings.ToLower(path)] }

// open gives the bytes of a stream.
func (c *cfb) open(e *cfbEntry) *io.SectionReader {
	s := &cfbStream{c: c, small: e.size < c.cutoff}
	table, unit := c.fat, c.sector
	if s.small {
		table, unit = c.miniFAT, c.mini
	}
	if e.links == nil {
		e.links = c.chain(e.start, table)
	}
	s.links = e.links
	return io.NewSectionReader(s, 0, min(e.size, int64(len(e.links))*unit))
}

type cfbStream struct {
	c     *cfb
	small bool // its sectors lie in the mini stream
	links []uint32
}

// ReadAt implements io.ReaderAt.
func (s *cfbStream) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at, room, ok := s.place(off + int64(n))
		if !ok {
			return n, io.EOF
		}
		k, err := s.c.data.ReadAt(p[n:n+int(min(room, int64(len(p)-n)))], at)
		n += k
		if err != nil && k == 0 {
			return n, io.EOF
		}
	}
	return n, nil
}

// place says where in the file a byte of the stream lies and how many follow it there.
func (s *cfbStream) place(off int64) (at, room int64, ok bool) {
	c := s.c
	if !s.small {
		i := off / c.sector
		if i >= int64(len(s.links)) {
			return 0, 0, false
		}
		in := off % c.sector
		return (int64(s.links[i])+1)*c.sector + in, c.sector - in, true
	}
	i := off / c.mini
	if i >= int64(len(s.links)) {
		return 0, 0, false
	}
	in := off % c.mini
	pos := int64(s.links[i])*c.mini + in
	k := pos / c.sector
	if k >= int64(len(c.miniChain)) {
		return 0, 0, false
	}
	return (int64(c.miniChain[k])+1)*c.sector + pos%c.sector, c.mini - in, true
}
