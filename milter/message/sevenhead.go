package message

import (
	"encoding/binary"
	"unicode/utf16"
)

func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }

// number reads the variable-length number: the leading ones of the first byte count the bytes that follow.
func (r *byteReader) number() int64 {
	first := r.byte()
	mask := byte(0x80)
	var v uint64
	for i := 0; i < 8; i++ {
		if first&mask == 0 {
			v |= uint64(first&(mask-1)) << (8 * i)
			break
		}
		v |= uint64(r.byte()) << (8 * i)
		mask >>= 1
	}
	if v > 1<<62 {
		r.fail()
		return 0
	}
	return int64(v)
}

// count reads a number of things of which each takes at least a bit.
func (r *byteReader) count(most int64) int {
	n := r.number()
	if n > most {
		r.fail()
		return 0
	}
	return int(n)
}

// bits reads a vector of bits.
func (r *byteReader) bits(n int) []bool {
	out := make([]bool, n)
	var b, mask byte
	for i := range out {
		if mask == 0 {
			b, mask = r.byte(), 0x80
		}
		out[i] = b&mask != 0
		mask >>= 1
	}
	return out
}

// digests reads checksums that may be missing.
func (r *byteReader) digests(n int) (crc []uint32, has []bool) {
	has = make([]bool, n)
	if r.byte() == 0 {
		has = r.bits(n)
	} else {
		for i := range has {
			has[i] = true
		}
	}
	crc = make([]uint32, n)
	for i := range crc {
		if has[i] {
			if p := r.take(4); len(p) == 4 {
				crc[i] = binary.LittleEndian.Uint32(p)
			}
		}
	}
	return crc, has
}

// streams reads a StreamsInfo: where the packed bytes lie, how folders unpack them, which files they hold.
func (r *byteReader) streams() []*sevenFolder {
	var pos int64
	var sizes []int64
	var folders []*sevenFolder
	for !r.bad {
		switch r.byte() {
		case 0x00:
			place(folders, pos, sizes, r)
			return folders
		case 0x06:
			pos, sizes = r.packInfo()
		case 0x07:
			folders = r.unpackInfo()
		case 0x08:
			r.subStreams(folders)
		default:
			r.fail()
		}
	}
	return nil
}

// place tells each folder where its packed bytes lie, and gives one file to those that name none.
func place(folders []*sevenFolder, pos int64, sizes []int64, r *byteReader) {
	k := 0
	for _, f := range folders {
		f.packPos = pos
		for range f.packed {
			if k >= len(sizes) {
				r.fail()
				return
			}
			f.packSize += sizes[k]
			pos += sizes[k]
			k++
		}
		if f.subs == nil {
			f.subs = []sevenSub{{f.size(), f.crc, f.hasCRC}}
		}
	}
}

func (r *byteReader) packInfo() (pos int64, sizes []int64) {
	pos = r.number()
	n := r.count(sevenFiles)
	for !r.bad {
		switch r.byte() {
		case 0x00:
			return pos, sizes
		case 0x09:
			for i := 0; i < n; i++ {
				sizes = append(sizes, r.number())
			}
		case 0x0a:
			r.digests(n)
		default:
			r.fail()
		}
	}
	return 0, nil
}

func (r *byteReader) unpackInfo() []*sevenFolder {
	if r.byte() != 0x0b {
		r.fail()
		return nil
	}
	n := r.count(sevenFiles)
	if r.byte() != 0 { // the folders stand elsewhere: nobody writes that
		r.fail()
	}
	var folders []*sevenFolder
	for i := 0; i < n && !r.bad; i++ {
		folders = append(folders, r.folder())
	}
	for !r.bad {
		switch r.byte() {
		case 0x00:
			return folders
		case 0x0c:
			for _, f := range folders {
				for i := range f.sizes {
					f.sizes[i] = r.number()
				}
			}
		case 0x0a:
			crc, has := r.digests(n)
			for i, f := range folders {
				f.crc, f.hasCRC = crc[i], has[i]
			}
		default:
			r.fail()
		}
	}
	return nil
}

func (r *byteReader) folder() *sevenFolder {
	f := &sevenFolder{}
	ins, outs := 0, 0
	for n := r.count(32); n > 0 && !r.bad; n-- {
		flag := r.byte()
		c := sevenCoder{id: string(r.take(int64(flag & 15))), in: 1, out: 1}
		if flag&0x10 != 0 {
			c.in, c.out = r.count(32), r.count(32)
		}
		if flag&0x20 != 0 {
			c.props = r.take(r.number())
		}
		ins, outs = ins+c.in, outs+c.out
		f.coders = append(f.coders, c)
	}
	if outs == 0 || ins < outs-1 {
		r.fail()
		return f
	}
	bound := map[int]bool{}
	for i := 0; i < outs-1; i++ {
		b := [2]int{r.count(1024), r.count(1024)}
		f.binds = append(f.binds, b)
		bound[b[0]] = true
	}
	if packed := ins - (outs - 1); packed > 1 {
		for i := 0; i < packed; i++ {
			f.packed = append(f.packed, r.count(1024))
		}
	} else {
		for i := 0; i < ins; i++ {
			if !bound[i] {
				f.packed = append(f.packed, i)
				break
			}
		}
	}
	f.sizes = make([]int64, outs)
	return f
}

// size is what the folder unpacks to: the output that no other coder takes.
func (f *sevenFolder) size() int64 {
	for i := range f.sizes {
		if f.follow(i) < 0 {
			return f.sizes[i]
		}
	}
	return 0
}

func (r *byteReader) subStreams(folders []*sevenFolder) {
	for _, f := range folders {
		f.subs = make([]sevenSub, 1)
	}
	typ := r.byte()
	if typ == 0x0d {
		total := 0
		for _, f := range folders {
			n := r.count(sevenFiles)
			if total += n; total > sevenFiles {
				r.fail()
				return
			}
			f.subs = make([]sevenSub, n)
		}
		typ = r.byte()
	}
	for _, f := range folders {
		left := f.size()
		for i := range f.subs {
			if i < len(f.subs)-1 && typ == 0x09 {
				f.subs[i].size = r.number()
				left -= f.subs[i].size
			} else {
				f.subs[i].size = left
			}
			if left < 0 {
				r.fail()
				return
			}
		}
	}
	if typ == 0x09 {
		typ = r.byte()
	}
	if typ == 0x0a {
		r.subDigests(folders)
		typ = r.byte()
	}
	if typ != 0 {
		r.fail()
	}
}

// subDigests reads the checksums of files; a folder with one file may carry it itself.
func (r *byteReader) subDigests(folders []*sevenFolder) {
	var want []*sevenSub
	for _, f := range folders {
		if len(f.subs) == 1 && f.hasCRC {
			f.subs[0].crc, f.subs[0].hasCRC = f.crc, true
			continue
		}
		for i := range f.subs {
			want = append(want, &f.subs[i])
		}
	}
	crc, has := r.digests(len(want))
	for i, s := range want {
		s.crc, s.hasCRC = crc[i], has[i]
	}
}
