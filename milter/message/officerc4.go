package message

import (
	"bytes"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"encoding/binary"
	"hash"
	"io"
	"strconv"
)

// rc4Lock is the encryption of doc, xls and ppt (MS-OFFCRYPTO 2.3.5 and 2.3.6): RC4 with a new key
// for each block. All its forms are weak; what a password of the mail opens is read.
type rc4Lock struct {
	name                     string // RC4-40 …
	api                      bool   // the newer form, by way of CryptoAPI
	bits                     int
	salt, verifier, verified []byte
}

// parseRC4 reads an encryption header from its version on.
func parseRC4(p []byte) *rc4Lock {
	l := &rc4Lock{name: "RC4"}
	if len(p) < 4 {
		return l
	}
	le := binary.LittleEndian
	major, minor := le.Uint16(p), le.Uint16(p[2:])
	switch {
	case major == 1:
		l.bits, l.name = 40, "RC4-40"
		if len(p) >= 52 {
			l.salt, l.verifier, l.verified = p[4:20], p[20:36], p[36:52]
		}
	case minor == 2 && len(p) >= 32:
		l.api = true
		if l.bits = int(le.Uint32(p[28:])); l.bits == 0 {
			l.bits = 40
		}
		if l.bits < 8 || l.bits > 128 {
			return l
		}
		l.name = "RC4-" + strconv.Itoa(l.bits)
		size := int64(le.Uint32(p[8:]))
		if size > int64(len(p))-12-60 {
			return l
		}
		p = p[12+size:]
		l.salt, l.verifier, l.verified = p[4:20], p[20:36], p[40:60]
	}
	return l
}

// rc4Key gives the key stream of a document block by block.
type rc4Key struct {
	hash  func() hash.Hash
	base  []byte // what the keys of blocks are derived from
	bytes int    // of the hash, that make a key
	pad   bool   // 40 bits are filled up with zeros
	size  int64  // of a block

	n    int64 // block whose stream is held
	held []byte
}

// key derives from a password the keys of blocks of that size.
func (l *rc4Lock) key(password string, size int64) *rc4Key {
	var pw []byte
	for _, u := range utf16Of(password) {
		pw = append(pw, byte(u), byte(u>>8))
	}
	if l.api {
		sum := sha1.Sum(append(append([]byte(nil), l.salt...), pw...))
		return &rc4Key{hash: sha1.New, base: sum[:], bytes: l.bits / 8, pad: l.bits == 40, size: size, n: -1}
	}
	first := md5.Sum(pw)
	second := md5.Sum(bytes.Repeat(append(first[:5:5], l.salt...), 16))
	return &rc4Key{hash: md5.New, base: second[:5], bytes: 16, size: size, n: -1}
}

// fits says whether the password is the right one.
func (l *rc4Lock) fits(password string) bool {
	if len(l.salt) != 16 {
		return false
	}
	k := l.key(password, 64)
	input, want := append([]byte(nil), l.verifier...), append([]byte(nil), l.verified...)
	k.xor(input, 0)
	k.xor(want, int64(len(input)))
	h := k.hash()
	h.Write(input)
	return bytes.Equal(h.Sum(nil), want)
}

// xor decrypts in place what stands at off.
func (k *rc4Key) xor(p []byte, off int64) {
	for len(p) > 0 {
		k.block(off / k.size)
		from := k.held[off%k.size:]
		n := min(len(p), len(from))
		for i := range p[:n] {
			p[i] ^= from[i]
		}
		p, off = p[n:], off+int64(n)
	}
}

// block makes the key stream of block n.
func (k *rc4Key) block(n int64) {
	if n == k.n {
		return
	}
	h := k.hash()
	h.Write(k.base)
	var le [4]byte
	binary.LittleEndian.PutUint32(le[:], uint32(n))
	h.Write(le[:])
	key := h.Sum(nil)[:k.bytes]
	if k.pad {
		key = append(key[:5:5], make([]byte, 11)...)
	}
	if k.held == nil {
		k.held = make([]byte, k.size)
	}
	clear(k.held)
	k.n = n
	if c, err := rc4.NewCipher(key); err == nil { // of 1 to 16 bytes, so it is
		c.XORKeyStream(k.held, k.held)
	}
}

// section gives a stream decrypted, but for its first bytes, which are never encrypted.
func (k *rc4Key) section(s *io.SectionReader, plain int64) *io.SectionReader {
	if k == nil {
		return s
	}
	return io.NewSectionReader(&rc4Section{k, s, plain}, 0, s.Size())
}

type rc4Section struct {
	k     *rc4Key
	s     *io.SectionReader
	plain int64
}

// ReadAt implements io.ReaderAt.
func (r *rc4Section) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.s.ReadAt(p, off)
	skip := min(max(r.plain-off, 0), int64(n))
	r.k.xor(p[skip:n], off+skip)
	return n, err
}
