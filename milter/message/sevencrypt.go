package message

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// sevenKey is a derived key and what it was derived from: many rounds of SHA-256 are not done twice.
type sevenKey struct {
	from string
	key  []byte
}

// cost is what one try of a password takes, in milliseconds.
func (f *sevenFolder) cost() int {
	for _, c := range f.coders {
		if c.id == sevenAES && len(c.props) > 0 {
			if n := int(c.props[0] & 0x3f); n <= sevenCycles {
				return 1 + 1<<n/16384
			}
		}
	}
	return passwordCost
}

// fits says whether the password unpacks the first file of the folder to what its checksum says. Tries
// leave the budget of the message alone.
func (z *sevenFile) fits(f *sevenFolder, password string) bool {
	left := z.o.budget.expanded
	defer func() { z.o.budget.expanded = left }()
	r, err := z.unpack(f, password)
	if err != nil {
		return false
	}
	want, has, size := f.crc, f.hasCRC, f.size()
	if !has && len(f.subs) > 0 {
		want, has, size = f.subs[0].crc, f.subs[0].hasCRC, f.subs[0].size
	}
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, io.LimitReader(&guarded{r: r}, min(size, zipTestMax)))
	if n == zipTestMax {
		return err == nil // what is no key of it seldom unpacks that far; reading it will tell
	}
	return err == nil && has && n == size && sum.Sum32() == want
}

// reveals says whether the password makes a header of what has no checksum: all of it must make sense.
func (z *sevenFile) reveals(f *sevenFolder, password string) bool {
	left := z.o.budget.expanded
	defer func() { z.o.budget.expanded = left }()
	r, err := z.unpack(f, password)
	if err != nil {
		return false
	}
	p, err := io.ReadAll(io.LimitReader(&guarded{r: r}, min(f.size(), zipTestMax)))
	if err != nil {
		return false
	}
	b := &byteReader{p: p}
	switch b.byte() {
	case 0x01:
		return (&sevenFile{o: z.o}).archive(b) == nil
	case 0x17:
		return len(b.streams()) > 0 && !b.bad
	}
	return false
}

// decrypt decrypts AES-256 in CBC mode.
func (z *sevenFile) decrypt(props []byte, r io.Reader, size int64, password string) (io.Reader, error) {
	if len(props) < 2 || password == "" {
		return nil, encrypted
	}
	salt := int(props[0]>>7&1) + int(props[1]>>4)
	iv := int(props[0]>>6&1) + int(props[1]&15)
	if len(props) < 2+salt+iv || iv > 16 {
		return nil, damaged
	}
	var vector [16]byte
	copy(vector[:], props[2+salt:2+salt+iv])
	key, err := z.derive(props[2:2+salt], props[0]&0x3f, password)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, damaged
	}
	return io.LimitReader(&cbcReader{r: r, mode: cipher.NewCBCDecrypter(block, vector[:])}, size), nil
}

// derive makes the key: salt, password and a counter, hashed 2^cycles times in a row.
func (z *sevenFile) derive(salt []byte, cycles byte, password string) ([]byte, error) {
	one := append([]byte(nil), salt...)
	for _, u := range utf16Of(password) {
		one = append(one, byte(u), byte(u>>8))
	}
	from := string(one) + string(rune(cycles))
	if z.key.from == from {
		return z.key.key, nil
	}
	if cycles == 0x3f { // no hash at all
		return append(one, make([]byte, 32)...)[:32], nil
	}
	if cycles > sevenCycles {
		return nil, errLimit
	}
	h := sha256.New()
	k := len(one)
	one = append(one, make([]byte, 8)...)
	block := make([]byte, 0, 64*len(one))
	for i := uint64(0); i < 1<<cycles; i++ {
		binary.LittleEndian.PutUint64(one[k:], i)
		if block = append(block, one...); len(block) == cap(block) {
			h.Write(block)
			block = block[:0]
		}
	}
	h.Write(block)
	z.key = sevenKey{from, h.Sum(nil)}
	return z.key.key, nil
}

// cbcReader decrypts whole blocks.
type cbcReader struct {
	r    io.Reader
	mode cipher.BlockMode
	buf  [4096]byte
	out  []byte
}

func (c *cbcReader) Read(p []byte) (int, error) {
	if len(c.out) == 0 {
		n, err := io.ReadFull(c.r, c.buf[:])
		if n &^= 15; n == 0 {
			if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			return 0, err
		}
		c.mode.CryptBlocks(c.buf[:n], c.buf[:n])
		c.out = c.buf[:n]
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}
