package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Evidence is a row's longest column, and it is written for each row: "source:position:hash" for each line. It is stored
// as a blob that needs nothing else to be read:
//
//	the number of sources, then the length and the bytes of each name
//	for each line: the number of its source; the position less that of the line before it (signed); the 8 bytes of the hash
//
// Numbers are varints. What is no such text is a source of its own, with the bit of plainText. Rows of older versions
// hold a JSON array.
const (
	hashSize  = 8
	plainText = 1 // lowest bit of a line's source number
)

var errEvidence = errors.New("evidence cannot be read")

func packEvidence(lines []string) []byte {
	sources := make([]string, 0, 4)
	var room [512]byte
	body, last := room[:0], int64(0)
	number := func(source string) uint64 {
		i := slices.Index(sources, source)
		if i < 0 {
			i, sources = len(sources), append(sources, source)
		}
		return uint64(i) << 1
	}
	for _, line := range lines {
		source, position, hash, ok := splitEvidence(line)
		if !ok {
			body = binary.AppendUvarint(body, number(line)|plainText)
			continue
		}
		body = binary.AppendUvarint(body, number(source))
		body = binary.AppendVarint(body, position-last)
		body, last = append(body, hash[:]...), position
	}
	size := len(body) + binary.MaxVarintLen32
	for _, s := range sources {
		size += len(s) + binary.MaxVarintLen32
	}
	b := binary.AppendUvarint(make([]byte, 0, size), uint64(len(sources)))
	for _, s := range sources {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return append(b, body...)
}

// splitEvidence reads "source:position:hash" where it would be written again with the same letters.
func splitEvidence(line string) (source string, position int64, hash [hashSize]byte, ok bool) {
	h := len(line) - 2*hashSize
	if h < 3 || line[h-1] != ':' || strings.ToLower(line[h:]) != line[h:] {
		return "", 0, hash, false
	}
	if _, err := hex.Decode(hash[:], []byte(line[h:])); err != nil {
		return "", 0, hash, false
	}
	p := strings.LastIndexByte(line[:h-1], ':')
	if p < 0 {
		return "", 0, hash, false
	}
	number := line[p+1 : h-1]
	position, err := strconv.ParseInt(number, 10, 64)
	if err != nil || number[0] == '+' || number[0] == '0' && len(number) > 1 || strings.HasPrefix(number, "-0") {
		return "", 0, hash, false
	}
	return line[:p], position, hash, true
}

func unpackEvidence(b []byte) (lines []string, err error) {
	r := evidenceReader{b: b}
	sources := make([]string, r.count())
	for i := range sources {
		sources[i] = string(r.take(r.count()))
	}
	for last := int64(0); len(r.b) > 0 && !r.bad; {
		n := r.number()
		if n>>1 >= uint64(len(sources)) {
			return nil, errEvidence
		}
		source := sources[n>>1]
		if n&plainText != 0 {
			lines = append(lines, source)
			continue
		}
		last += r.signed()
		line := append(strconv.AppendInt(append([]byte(source), ':'), last, 10), ':')
		lines = append(lines, string(hex.AppendEncode(line, r.take(hashSize))))
	}
	if r.bad {
		return nil, errEvidence
	}
	return lines, nil
}

// evidenceReader reads from the front; bad says that something was missing.
type evidenceReader struct {
	b   []byte
	bad bool
}

func (r *evidenceReader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	r.skip(n)
	return v
}

func (r *evidenceReader) signed() int64 {
	v, n := binary.Varint(r.b)
	r.skip(n)
	return v
}

func (r *evidenceReader) skip(n int) {
	if n <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}

// count is a number of things that are still to come.
func (r *evidenceReader) count() int {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *evidenceReader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}
