package message

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// oleStreams gives the streams of that name of the golden compound files.
func oleStreams(f testing.TB, mails, name string) (out [][]byte) {
	for _, p := range attachments(f, mails) {
		c, err := readCFB(io.NewSectionReader(bytes.NewReader(p), 0, int64(len(p))))
		if err != nil {
			continue
		}
		for i := range c.entries {
			if e := &c.entries[i]; e.stream && e.name == name {
				b, _ := io.ReadAll(c.open(e))
				out = append(out, b)
			}
		}
	}
	return out
}

func FuzzXLS(f *testing.F) {
	fuzzExtractor(f, openXLS, append(oleStreams(f, "xls", "Workbook"), oleStreams(f, "xls", "Book")...)...)
}

func FuzzPPT(f *testing.F) {
	record := func(mark, typ uint16, body []byte) []byte {
		h := binary.LittleEndian.AppendUint16(nil, mark)
		h = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(h, typ), uint32(len(body)))
		return append(h, body...)
	}
	fuzzExtractor(f, readPPT, record(15, 0x03e8, append(record(0, pptTextBytes, []byte("hej")), record(0, pptTextChars, []byte("h\x00"))...)),
		record(0, pptTagData, record(15, 0x2ee0, record(0, pptCString, []byte("B\x00")))))
}

// FuzzDoc reads a main stream and, behind it, a table stream; the last bytes say where the second begins.
func FuzzDoc(f *testing.F) {
	var seeds [][]byte
	main, table := oleStreams(f, "doc", "WordDocument"), oleStreams(f, "doc", "1Table")
	for i := range min(len(main), len(table)) {
		seeds = append(seeds, binary.LittleEndian.AppendUint32(append(main[i], table[i]...), uint32(len(main[i]))))
	}
	fuzzExtractor(f, func(o *opener, d doc, data *io.SectionReader) error {
		at := int64(binary.LittleEndian.Uint32(append(readFull(data, make([]byte, 4), max(data.Size()-4, 0)), 0, 0, 0, 0)))
		if at > data.Size() {
			return damaged
		}
		var fib [0x1aa]byte
		readFull(data, fib[:], 0)
		w := &docText{l: o.layout(d, kindDoc), hid: o.aside(d, kindDoc)}
		defer w.close()
		return w.document(io.NewSectionReader(data, 0, at), io.NewSectionReader(data, at, data.Size()-at), fib[:])
	}, seeds...)
}

func FuzzProperties(f *testing.F) {
	fuzzExtractor(f, func(o *opener, d doc, data *io.SectionReader) error {
		o.properties(d, data)
		return nil
	}, append(oleStreams(f, "11", "\x05SummaryInformation"), oleStreams(f, "11", "\x05DocumentSummaryInformation")...)...)
}

// FuzzOfficeLock reads encryption headers and tries a password.
func FuzzOfficeLock(f *testing.F) {
	fuzzExtractor(f, func(o *opener, d doc, data *io.SectionReader) error {
		p := readFull(data, make([]byte, min(data.Size(), 64<<10)), 0)
		if l := parseRC4(p); l.fits("x") {
			l.key("x", docBlock).xor(p, 3)
		}
		if l := parseOfficeLock(p); l.spin < 1000 && l.fits("x") {
			return l.open(o, d, data, "x")
		}
		return nil
	}, append(oleStreams(f, "office", "EncryptionInfo"), oleStreams(f, "112", "1Table")...)...)
}
