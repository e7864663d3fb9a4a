package message

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"strings"
)

// rpmsgMagic begins message.rpmsg, a mail under rights management (MS-OXORMMS 2.1.3).
const rpmsgMagic = "\x76\xe8\x04\x60\xc4\x11\xe3\x86"

// rightsManaged names the encryption of rights management in the list of algorithms.
const rightsManaged = "RMS"

// openRPMSG unpacks message.rpmsg: blocks of zlib that make a compound file, whose content is encrypted.
func openRPMSG(o *opener, d doc, data *io.SectionReader) error {
	s, err := o.fill(&rpmsgReader{o: o, data: data, off: int64(len(rpmsgMagic))})
	defer s.close()
	if err != nil {
		return err
	}
	c, err := readCFB(s.section())
	if err != nil {
		return damaged
	}
	if !c.rightsManaged() {
		return openOLE(o, d, s.section())
	}
	o.locked(d, "office", rightsManaged)
	return encrypted
}

// rightsManaged says whether the compound file is a document or mail whose key a rights server holds
// (MS-OFFCRYPTO 2.2): its content stands beside the transform that names the server.
func (c *cfb) rightsManaged() bool {
	content, transform := false, false
	for i := range c.entries {
		e := &c.entries[i]
		switch {
		case e.stream && (e.name == "\x09DRMContent" || e.name == "EncryptedPackage"):
			var first [256]byte
			n, _ := c.open(e).ReadAt(first[:], 0)
			content = content || n >= 16 && !looksPlain(first[:n]) && !bytes.Contains(first[:n], []byte("PK\x03\x04"))
		case strings.Contains(e.path, "TransformInfo/"):
			transform = transform || strings.Contains(e.path, "DRM") || strings.Contains(e.path, "IRM")
		}
	}
	return content && transform
}

// rpmsgReader gives the bytes that the blocks hold: a check, the sizes before and after compression, zlib.
type rpmsgReader struct {
	o    *opener
	data *io.SectionReader
	off  int64
	cur  io.Reader
}

func (r *rpmsgReader) Read(p []byte) (int, error) {
	for {
		if r.cur != nil {
			n, err := r.cur.Read(p)
			if n > 0 {
				return n, nil
			}
			if err != io.EOF {
				return 0, err
			}
			r.cur = nil
		}
		if err := r.block(); err != nil {
			return 0, err
		}
	}
}

// block begins the next block.
func (r *rpmsgReader) block() error {
	var h [12]byte
	n, _ := r.data.ReadAt(h[:], r.off)
	if n == 0 {
		return io.EOF
	}
	le := binary.LittleEndian
	size := int64(le.Uint32(h[8:]))
	if n < 12 || le.Uint32(h[:]) != 0x0fa0 || !r.o.budget.takeStep() {
		return damaged
	}
	z, err := zlib.NewReader(io.NewSectionReader(r.data, r.off+12, size))
	if err != nil {
		return damaged
	}
	r.off += 12 + size
	r.cur = &meter{&r.o.budget, z}
	return nil
}
