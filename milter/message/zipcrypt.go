package message

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/subtle"
	"hash"
	"hash/crc32"
	"io"
)

// zipTestMax bounds an entry that is decrypted whole to test a password of ZipCrypto.
const zipTestMax = 4 << 20

// tryEntries asks for passwords for the locked entries.
func (z *zipFile) tryEntries(locked []zipEntry) {
	least := locked[0]
	for _, e := range locked {
		if e.packed < least.packed && e.packed > 12 {
			least = e
		}
	}
	z.o.tryLater(attempt{d: z.d, kind: kindZip, cost: 2,
		fits: func(pw string) bool { return z.fits(least, pw) },
		open: func(pw string) error { return z.openLocked(locked, pw) },
	})
}

// fits says whether the password is that of the entry.
func (z *zipFile) fits(e zipEntry, password string) bool {
	r, err := z.decrypt(e, password)
	if err != nil {
		return false
	}
	if e.packed > zipTestMax {
		return true // AES has two bytes of proof, ZipCrypto one; reading it will tell
	}
	sum := crc32.NewIEEE()
	_, err = io.Copy(sum, io.LimitReader(r, zipTestMax*16))
	return err == nil && (sum.Sum32() == e.crc || e.aes != 0 && e.aesVer == 2)
}

// openLocked reads the entries that the password opens.
func (z *zipFile) openLocked(locked []zipEntry, password string) error {
	for i, e := range locked {
		if !z.o.budget.takePart() {
			return errLimit
		}
		r, err := z.decrypt(e, password)
		if err != nil {
			return encrypted // another password
		}
		c := z.d.child(i+1, e.name)
		z.o.stream(c, r)
	}
	return nil
}

// decrypt gives the decompressed content of an encrypted entry.
func (z *zipFile) decrypt(e zipEntry, password string) (io.Reader, error) {
	raw, err := zipRaw(z.data, e)
	if err != nil {
		return nil, err
	}
	if e.method == 99 {
		plain, size, err := decryptAES(raw, e, password)
		if err != nil {
			return nil, err
		}
		return z.o.inflate(plain, e.inner, size)
	}
	check := byte(e.crc >> 24)
	if e.flags&8 != 0 {
		check = byte(e.modTime >> 8)
	}
	c := newZipCrypto(password)
	var head [12]byte
	if _, err := io.ReadFull(raw, head[:]); err != nil {
		return nil, damaged
	}
	c.decrypt(head[:])
	if head[11] != check {
		return nil, encrypted
	}
	return z.o.inflate(&zipCryptoReader{raw, c}, e.method, raw.Size()-12)
}

// decryptAES opens WinZip AES (AE-1, AE-2): salt, two bytes of proof, content in counter mode, HMAC.
func decryptAES(raw *io.SectionReader, e zipEntry, password string) (io.Reader, int64, error) {
	if e.aes < 1 || e.aes > 3 {
		return nil, 0, reason("unknown encryption")
	}
	keyLen := 8 * (int(e.aes) + 1)
	head := make([]byte, keyLen/2+2)
	if _, err := io.ReadFull(raw, head); err != nil {
		return nil, 0, damaged
	}
	salt, proof := head[:keyLen/2], head[keyLen/2:]
	key, err := pbkdf2.Key(sha1.New, password, salt, 1000, 2*keyLen+2)
	if err != nil || subtle.ConstantTimeCompare(key[2*keyLen:], proof) != 1 {
		return nil, 0, encrypted
	}
	block, err := aes.NewCipher(key[:keyLen])
	if err != nil {
		return nil, 0, err
	}
	size := raw.Size() - int64(len(head)) - 10
	if size < 0 {
		return nil, 0, damaged
	}
	r := &aesReader{block: block, mac: hmac.New(sha1.New, key[keyLen:2*keyLen]), raw: raw, left: size}
	return r, size, nil
}

// aesReader decrypts with a little-endian counter and proves the authentication code at the end.
type aesReader struct {
	block cipher.Block
	mac   hash.Hash
	raw   io.Reader
	left  int64
	ctr   [16]byte
	key   [16]byte
	used  int // of key; 0 means a new one is due
}

func (a *aesReader) Read(p []byte) (int, error) {
	if a.left == 0 {
		var code [10]byte
		if _, err := io.ReadFull(a.raw, code[:]); err != nil || !bytes.Equal(code[:], a.mac.Sum(nil)[:10]) {
			return 0, damaged
		}
		a.left = -1
	}
	if a.left < 0 {
		return 0, io.EOF
	}
	n, err := a.raw.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	a.mac.Write(p[:n])
	for i := range p[:n] {
		if a.used == 0 {
			for k := range a.ctr {
				if a.ctr[k]++; a.ctr[k] != 0 {
					break
				}
			}
			a.block.Encrypt(a.key[:], a.ctr[:])
		}
		p[i] ^= a.key[a.used]
		a.used = (a.used + 1) & 15
	}
	if err == io.EOF && a.left == 0 {
		err = nil
	}
	return n, err
}

// zipCrypto is the traditional cipher of PKWARE (APPNOTE 6.1), broken since 1994.
type zipCrypto struct{ k [3]uint32 }

func newZipCrypto(password string) *zipCrypto {
	c := &zipCrypto{[3]uint32{0x12345678, 0x23456789, 0x34567890}}
	for i := 0; i < len(password); i++ {
		c.update(password[i])
	}
	return c
}

func (c *zipCrypto) update(b byte) {
	c.k[0] = crc32.IEEETable[byte(c.k[0])^b] ^ c.k[0]>>8
	c.k[1] = (c.k[1]+c.k[0]&0xff)*134775813 + 1
	c.k[2] = crc32.IEEETable[byte(c.k[2])^byte(c.k[1]>>24)] ^ c.k[2]>>8
}

func (c *zipCrypto) decrypt(p []byte) {
	for i := range p {
		t := uint16(c.k[2] | 2)
		p[i] ^= byte(t * (t ^ 1) >> 8)
		c.update(p[i])
	}
}

type zipCryptoReader struct {
	r io.Reader
	c *zipCrypto
}

func (z *zipCryptoReader) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	z.c.decrypt(p[:n])
	return n, err
}
