package message

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

var pdfPad = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// opens says whether the user password opens the file; the empty one does when only an owner password is set.
func (l *pdfLock) opens(password string) bool {
	if !l.standard || len(l.u) < 32 {
		return false
	}
	if l.r >= 5 {
		if len(l.u) < 48 {
			return false
		}
		pw := []byte(password)[:min(len(password), 127)]
		if l.r == 5 {
			h := sha256.Sum256(append(append([]byte(nil), pw...), l.u[32:40]...))
			return bytes.Equal(h[:], l.u[:32])
		}
		return bytes.Equal(pdfHash(pw, l.u[32:40]), l.u[:32])
	}
	return l.opensRC4(password)
}

// opensRC4 is algorithms 4 to 6 of the standard security handler, revisions 2 to 4.
func (l *pdfLock) opensRC4(password string) bool {
	pw := append([]byte(password)[:min(len(password), 32)], pdfPad...)[:32]
	h := md5.New()
	h.Write(pw)
	h.Write(l.o[:min(len(l.o), 32)])
	var p [4]byte
	binary.LittleEndian.PutUint32(p[:], uint32(l.p))
	h.Write(p[:])
	h.Write(l.id)
	if l.r >= 4 && l.plainMeta {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	n := 5
	if l.r >= 3 {
		n = min(max(l.length/8, 5), 16)
		if l.v == 4 {
			n = 16
		}
		for i := 0; i < 50; i++ {
			s := md5.Sum(key[:n])
			key = s[:]
		}
	}
	key = key[:n]
	if l.r == 2 {
		out := append([]byte(nil), pdfPad...)
		rc4Over(key, out)
		return bytes.Equal(out, l.u[:32])
	}
	s := md5.Sum(append(append([]byte(nil), pdfPad...), l.id...))
	out := s[:]
	for i := 0; i < 20; i++ {
		k := make([]byte, n)
		for j := range k {
			k[j] = key[j] ^ byte(i)
		}
		rc4Over(k, out)
	}
	return bytes.Equal(out, l.u[:16])
}

func rc4Over(key, p []byte) {
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(p, p)
	}
}

// pdfHash is algorithm 2.B of ISO 32000-2.
func pdfHash(pw, salt []byte) []byte {
	first := sha256.Sum256(append(append([]byte(nil), pw...), salt...))
	k := first[:]
	for i := 0; ; i++ {
		one := append(append([]byte(nil), pw...), k...)
		k1 := bytes.Repeat(one, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(k1, k1)
		sum := 0
		for _, b := range k1[:16] {
			sum += int(b)
		}
		switch sum % 3 {
		case 0:
			s := sha256.Sum256(k1)
			k = s[:]
		case 1:
			s := sha512.Sum384(k1)
			k = s[:]
		default:
			s := sha512.Sum512(k1)
			k = s[:]
		}
		if i >= 63 && int(k1[len(k1)-1]) <= i-31 {
			return k[:32]
		}
	}
}
