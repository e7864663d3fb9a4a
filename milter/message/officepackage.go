package message

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"io"
)

// open decrypts the package and opens what is inside.
func (l *officeLock) open(o *opener, d doc, data *io.SectionReader, password string) error {
	var size [8]byte
	if n, _ := data.ReadAt(size[:], 0); n < 8 {
		return damaged
	}
	left := int64(binary.LittleEndian.Uint64(size[:]))
	r := &packageReader{l: l, raw: io.NewSectionReader(data, 8, data.Size()-8)}
	spun := l.spun(password)
	if l.agile {
		r.key = cbc(l.key(spun, keyValue), l.salt[:16], l.encryptedKey)
		if len(r.key) < l.keyBits/8 {
			return damaged
		}
		r.key = r.key[:l.keyBits/8]
	} else {
		r.key = l.standardKey(spun)
	}
	o.stream(l.inner(d), io.LimitReader(r, left))
	return nil
}

// inner is the document that takes the place of d.
func (l *officeLock) inner(d doc) doc {
	return doc{path: d.path, depth: d.depth + 1, quoted: d.quoted, hidden: d.hidden, attached: true}
}

// packageReader decrypts an EncryptedPackage in segments of 4096 bytes (2.3.4.15).
type packageReader struct {
	l   *officeLock
	raw io.Reader
	key []byte
	n   uint32
	out []byte
}

func (r *packageReader) Read(p []byte) (int, error) {
	if len(r.out) == 0 {
		buf := make([]byte, 4096)
		k, _ := io.ReadFull(r.raw, buf) // what is cut short ends here
		if k &^= 15; k == 0 {
			return 0, io.EOF
		}
		if !r.l.agile {
			r.out = ecb(r.key, buf[:k])
		} else {
			h := r.l.dataHash()
			h.Write(r.l.dataSalt)
			var n [4]byte
			binary.LittleEndian.PutUint32(n[:], r.n)
			h.Write(n[:])
			r.out = cbc(r.key, h.Sum(nil)[:16], buf[:k])
		}
		r.n++
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

func cbc(key, iv, data []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	return out
}

func ecb(key, data []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return make([]byte, len(data))
	}
	out := make([]byte, len(data))
	for i := 0; i+16 <= len(data); i += 16 {
		block.Decrypt(out[i:], data[i:])
	}
	return out
}
