package message

import (
	"bufio"
	"compress/bzip2"
	"compress/flate"
	"hash/crc32"
	"io"
	"strings"
)

// zipRatio and zipFree bound what an entry may decompress to: more is a bomb and not a document.
const (
	zipRatio = 256
	zipFree  = 8 << 20
)

// zipFile is an archive being opened.
type zipFile struct {
	o       *opener
	d       doc
	data    *io.SectionReader
	entries []zipEntry
	broken  bool
	odfKeys *odfKeys // of an OpenDocument file whose password is known
}

// zipHeld bounds the entries that are remembered; the names of all are read.
const zipHeld = 5000

// openZip opens a zip archive, or the office document that it is.
func openZip(o *opener, d doc, data *io.SectionReader) error {
	z := &zipFile{o: o, d: d, data: data}
	total := 0
	z.broken = !o.zipEntries(data, func(e zipEntry) bool {
		if total++; total <= zipHeld {
			z.entries = append(z.entries, e)
		}
		return true
	})
	if k := z.kind(); k != kindZip {
		return z.office(k)
	}
	z.names(total)
	return z.open()
}

// names hands over the names of all entries: they are readable even where the content is not.
func (z *zipFile) names(total int) {
	w := z.o.text("filename "+z.d.path+" zip", z.d.quoted, z.d.hidden)
	say := func(e zipEntry) {
		w.writeString(e.name + "\n")
		if e.comment != "" {
			w.writeString(e.comment + "\n")
		}
	}
	for _, e := range z.entries {
		say(e)
	}
	if total > zipHeld {
		n := 0
		z.o.zipEntries(z.data, func(e zipEntry) bool {
			if n++; n > zipHeld {
				say(e)
			}
			return true
		})
	}
	w.close()
}

// kind tells which document the archive is, by its entries.
func (z *zipFile) kind() kind {
	for _, e := range z.entries {
		switch {
		case e.encrypted():
		case e.name == "word/document.xml" || e.name == "word/document2.xml" || e.name == "word/document.bin":
			return kindDocx
		case e.name == "xl/workbook.xml" || e.name == "xl/workbook.bin":
			return kindXlsx
		case e.name == "ppt/presentation.xml":
			return kindPptx
		case e.name == "content.xml":
			return kindODF
		}
	}
	return kindZip
}

// open opens the entries one after the other.
func (z *zipFile) open() error {
	var locked []zipEntry
	files := 0
	for i, e := range z.entries {
		if e.dir() {
			continue
		}
		files++
		if e.encrypted() && !z.onlyFlagged(e) {
			locked = append(locked, e)
			continue
		}
		if !z.o.budget.takePart() {
			return errLimit
		}
		c := z.d.child(i+1, e.name)
		r, err := z.reader(e)
		if err != nil {
			z.o.unopened(c.path, err.Error())
			continue
		}
		z.o.stream(c, r)
	}
	if len(locked) > 0 {
		return z.lock(locked, len(locked) < files)
	}
	if z.broken {
		return damaged
	}
	if len(z.entries) == zipHeld {
		return errLimit
	}
	return nil
}

// onlyFlagged says whether an entry bears the flag of encryption and is none: its bytes unpack to what
// its checksum says.
func (z *zipFile) onlyFlagged(e zipEntry) bool {
	if e.method == 99 || e.size > zipTestMax {
		return false
	}
	r, err := z.reader(e)
	if err != nil {
		return false
	}
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, io.LimitReader(r, e.size+1))
	return err == nil && n == e.size && n > 0 && sum.Sum32() == e.crc
}

// lock records encrypted entries. When some entries are open the archive is no protection.
func (z *zipFile) lock(locked []zipEntry, partial bool) error {
	alg := ""
	for _, e := range locked {
		a := e.algorithm()
		if alg == "" || a == "ZipCrypto" {
			alg = a
		}
	}
	z.o.locked(z.d, "zip", alg)
	z.o.locks[len(z.o.locks)-1].Partial = partial
	z.tryEntries(locked)
	return encrypted
}

func (e *zipEntry) algorithm() string {
	switch {
	case e.method == 99 && e.aes >= 1 && e.aes <= 3:
		return []string{"AES-128", "AES-192", "AES-256"}[e.aes-1]
	case e.flags&0x40 != 0:
		return "PKWARE"
	}
	return "ZipCrypto"
}

// reader gives the decompressed bytes of an open entry, metered.
func (z *zipFile) reader(e zipEntry) (io.Reader, error) {
	raw, err := zipRaw(z.data, e)
	if err != nil {
		return nil, err
	}
	if lock := z.odfKeys.lock(e.name); lock != nil {
		return z.odfKeys.open(z.o, lock, raw)
	}
	return z.o.inflate(raw, e.method, raw.Size())
}

// inflate decompresses by a method of zip.
func (o *opener) inflate(raw io.Reader, method uint16, packed int64) (io.Reader, error) {
	switch method {
	case 0:
	case 8:
		raw = flate.NewReader(bufio.NewReaderSize(raw, 16<<10))
	case 12:
		raw = bzip2.NewReader(raw)
	default:
		return nil, reason("unknown compression")
	}
	return &meter{&o.budget, &capped{raw, packed*zipRatio + zipFree}}, nil
}

// capped ends with errLimit where io.LimitReader would end as if all were read.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLimit
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	return n, err
}

// baseName is the last element of an entry's name.
func baseName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
