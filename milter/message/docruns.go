package message

import (
	"encoding/binary"
	"io"
	"sort"
)

// docPages bounds the pages of formats that are looked at; each holds those of some thousand characters.
const docPages = 8000

// Single property modifiers (MS-DOC 2.6) that matter to a reader.
const (
	sprmDeleted   = 0x0800
	sprmHidden    = 0x083c
	sprmRowEnd    = 0x2417
	sprmInnerEnd  = 0x244c
	sprmTabs      = 0xc615
	sprmDefTable  = 0xd608
	sprmDefTable6 = 0xd606
)

// docRange is a range of bytes of the main stream.
type docRange struct{ from, to uint32 }

// docRanges answers whether a byte lies in one of the ranges; bytes are asked for mostly in order.
type docRanges struct {
	list     []docRange
	from, to int64 // the last answer holds from here to there
	in       bool
}

// known says whether there are any.
func (r *docRanges) known() bool { return r != nil && len(r.list) > 0 }

func (r *docRanges) holds(off int64) bool {
	if !r.known() {
		return false
	}
	if off >= r.from && off < r.to {
		return r.in
	}
	i := sort.Search(len(r.list), func(i int) bool { return int64(r.list[i].to) > off })
	r.from, r.to, r.in = off, 1<<40, false
	switch {
	case i == len(r.list):
	case int64(r.list[i].from) <= off:
		r.to, r.in = int64(r.list[i].to), true
	default:
		r.to = int64(r.list[i].from)
	}
	return r.in
}

// docRuns gives the ranges whose formatting has a property. Where says where the table of pages lies in
// the table stream: offset and size.
func (o *opener) docRuns(s, table *io.SectionReader, where []byte, has func(page []byte, run, runs int) bool) (out []docRange) {
	le := binary.LittleEndian
	off, size := int64(le.Uint32(where)), int64(le.Uint32(where[4:]))
	if size < 12 || size > 1<<20 || off+size > table.Size() {
		return nil
	}
	plc := readFull(table, make([]byte, size), off)
	n := (len(plc) - 4) / 8
	page := make([]byte, 512)
	for i := 0; i < min(n, docPages) && o.budget.takeStep(); i++ {
		at := int64(le.Uint32(plc[4*(n+1)+4*i:])&0x3fffff) * 512
		if len(readFull(s, page, at)) < 512 {
			continue
		}
		runs := int(page[511])
		if 4*(runs+1) > 511 {
			continue
		}
		for k := 0; k < runs; k++ {
			if r := (docRange{le.Uint32(page[4*k:]), le.Uint32(page[4*k+4:])}); r.from < r.to && has(page, k, runs) {
				out = append(out, r)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].from < out[j].from })
	return joinRanges(out)
}

// joinRanges makes sorted ranges disjoint.
func joinRanges(in []docRange) []docRange {
	var out []docRange
	for _, r := range in {
		if k := len(out) - 1; k >= 0 && r.from <= out[k].to {
			out[k].to = max(out[k].to, r.to)
			continue
		}
		out = append(out, r)
	}
	return out
}

// chpxHides says whether a run of characters is hidden or deleted.
func chpxHides(page []byte, run, runs int) bool {
	at := 4*(runs+1) + run
	if at >= 511 || page[at] == 0 {
		return false
	}
	off := 2 * int(page[at])
	n := int(page[off])
	hides := false
	sprms(page[off+1:min(off+1+n, 511)], func(id uint16, v byte) {
		if id == sprmHidden || id == sprmDeleted {
			hides = v&1 != 0
		}
	})
	return hides
}

// papxEndsRow says whether a paragraph is the mark that ends a row of a table.
func papxEndsRow(page []byte, run, runs int) bool {
	at := 4*(runs+1) + 13*run
	if at >= 511 || page[at] == 0 {
		return false
	}
	off := 2 * int(page[at])
	n := 2*int(page[off]) - 1
	if page[off] == 0 {
		if off++; off >= 511 {
			return false
		}
		n = 2 * int(page[off])
	}
	from, to := off+3, min(off+1+n, 511) // a style comes first
	if from >= to {
		return false
	}
	ends := false
	sprms(page[from:to], func(id uint16, v byte) {
		if id == sprmRowEnd || id == sprmInnerEnd {
			ends = v != 0
		}
	})
	return ends
}

// sprms walks a list of property modifiers, giving each with the first byte of its operand.
func sprms(p []byte, each func(id uint16, v byte)) {
	for len(p) >= 3 {
		id := binary.LittleEndian.Uint16(p)
		n := []int{1, 1, 2, 4, 2, 2, 0, 3}[id>>13]
		if n == 0 {
			n = 1 + int(p[2])
			if id == sprmDefTable || id == sprmDefTable6 {
				if len(p) < 4 {
					return
				}
				n = 1 + int(binary.LittleEndian.Uint16(p[2:]))
			}
			if id == sprmTabs && p[2] == 255 {
				return
			}
		}
		each(id, p[2])
		if 2+n > len(p) {
			return
		}
		p = p[2+n:]
	}
}
