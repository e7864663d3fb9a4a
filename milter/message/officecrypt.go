package message

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"io"
	"strconv"
	"unicode/utf16"
)

// velvet is the password with which Excel locks a workbook that asks for none (MS-OFFCRYPTO 2.4.2.3).
const velvet = "VelvetSweatshop"

// officeLock is an EncryptionInfo stream (MS-OFFCRYPTO 2.3.4).
type officeLock struct {
	agile    bool
	password bool // it can be opened by a password
	cipher   string
	keyBits  int
	chaining string

	// of the password
	hash                     func() hash.Hash
	spin                     int
	salt, verifier, verified []byte
	encryptedKey             []byte
	pwBits, pwHashSize       int

	// of the package
	dataSalt []byte
	dataHash func() hash.Hash
	flags    uint32
}

// openPackage opens an encrypted OOXML document.
func openPackage(o *opener, d doc, c *cfb, info, pkg *cfbEntry) error {
	raw := make([]byte, min(info.size, 64<<10))
	n, _ := c.open(info).ReadAt(raw, 0)
	l := parseOfficeLock(raw[:n])
	data := c.open(pkg)
	if string(readFull(data, make([]byte, 4), 8)) == zipLocal { // only said to be encrypted
		o.stream(l.inner(d), io.NewSectionReader(data, 8, data.Size()-8))
		return nil
	}
	o.locked(d, "office", l.algorithm())
	o.tryLater(attempt{d: d, kind: kindOffice, cost: 1 + l.spin/1500, fits: l.fits, open: func(password string) error {
		return l.open(o, d, data, password)
	}})
	return encrypted
}

// parseOfficeLock reads the stream; what it does not know stays without an algorithm.
func parseOfficeLock(p []byte) *officeLock {
	l := &officeLock{}
	if len(p) < 8 {
		return l
	}
	le := binary.LittleEndian
	major, minor := le.Uint16(p), le.Uint16(p[2:])
	switch {
	case major == 4 && minor == 4:
		l.agile = true
		_ = scanXML(&opener{budget: newBudget(Limits{})}, bytes.NewReader(p[8:]), &agileXML{l: l})
	case minor == 2:
		l.standard(p[4:])
	}
	return l
}

// standard reads the binary form (2.3.4.5).
func (l *officeLock) standard(p []byte) {
	le := binary.LittleEndian
	if len(p) < 8 {
		return
	}
	l.flags = le.Uint32(p)
	size := int(le.Uint32(p[4:]))
	p = p[8:]
	if size < 32 || len(p) < size {
		return
	}
	l.keyBits = int(le.Uint32(p[16:]))
	switch le.Uint32(p[8:]) {
	case 0x6801:
		l.cipher = "RC4"
	case 0x660e, 0x660f, 0x6610:
		l.cipher, l.chaining = "AES", "ECB"
		l.keyBits = map[uint32]int{0x660e: 128, 0x660f: 192, 0x6610: 256}[le.Uint32(p[8:])]
	}
	p = p[size:]
	if len(p) < 72 || l.cipher != "AES" {
		return
	}
	l.password = true
	l.salt, l.verifier, l.verified = p[4:20], p[20:36], p[40:72]
	l.hash, l.spin = sha1.New, 50000
}

// agileXML reads the XML form (2.3.4.10).
type agileXML struct{ l *officeLock }

func (x *agileXML) start(name []byte, a xmlAttrs) {
	b64 := func(n string) []byte {
		p, _ := base64.StdEncoding.DecodeString(a.get(n))
		return p
	}
	num := func(n string) int {
		v, _ := strconv.Atoi(a.get(n))
		return v
	}
	l := x.l
	switch string(name) {
	case "keyData":
		l.cipher, l.keyBits = a.get("cipherAlgorithm"), num("keyBits")
		l.chaining = map[string]string{"ChainingModeCBC": "CBC", "ChainingModeCFB": "CFB"}[a.get("cipherChaining")]
		l.dataSalt, l.dataHash = b64("saltValue"), officeHash(a.get("hashAlgorithm"))
	case "encryptedKey":
		if len(a.get("encryptedVerifierHashInput")) == 0 {
			return // by certificate
		}
		l.password = a.get("cipherAlgorithm") == "AES" && l.cipher == "AES" && l.chaining == "CBC"
		l.spin, l.salt, l.hash = num("spinCount"), b64("saltValue"), officeHash(a.get("hashAlgorithm"))
		l.verifier, l.verified, l.encryptedKey = b64("encryptedVerifierHashInput"), b64("encryptedVerifierHashValue"), b64("encryptedKeyValue")
		l.pwBits, l.pwHashSize = num("keyBits"), num("hashSize")
	}
}
func (x *agileXML) end([]byte)   {}
func (x *agileXML) chars([]byte) {}

func officeHash(name string) func() hash.Hash {
	switch name {
	case "SHA1", "SHA-1":
		return sha1.New
	case "SHA256", "SHA-256":
		return sha256.New
	case "SHA384", "SHA-384":
		return sha512.New384
	case "SHA512", "SHA-512":
		return sha512.New
	}
	return nil
}

// algorithm names cipher and key length.
func (l *officeLock) algorithm() string {
	if l.cipher == "" {
		return ""
	}
	name := l.cipher + "-" + strconv.Itoa(l.keyBits)
	if l.cipher == "AES" && l.chaining == "CBC" {
		name += "-CBC"
	}
	return name
}

// spinMax bounds the work that a document may ask for before a password is tried.
const spinMax = 1_000_000

// spun is the hash of the password, spun (2.3.4.7, 2.3.4.11).
func (l *officeLock) spun(password string) []byte {
	h := l.hash()
	h.Write(l.salt)
	for _, u := range utf16.Encode([]rune(password)) {
		h.Write([]byte{byte(u), byte(u >> 8)})
	}
	sum := h.Sum(nil)
	var n [4]byte
	for i := 0; i < l.spin; i++ {
		binary.LittleEndian.PutUint32(n[:], uint32(i))
		h.Reset()
		h.Write(n[:])
		h.Write(sum)
		sum = h.Sum(sum[:0])
	}
	return sum
}

// key derives a key of the agile form for one purpose.
func (l *officeLock) key(spun, purpose []byte) []byte {
	h := l.hash()
	h.Write(spun)
	h.Write(purpose)
	k := h.Sum(nil)
	for len(k) < l.pwBits/8 {
		k = append(k, 0x36)
	}
	return k[:l.pwBits/8]
}

// Purposes of keys (2.3.4.13).
var (
	keyVerifier = []byte{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79}
	keyVerified = []byte{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e}
	keyValue    = []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}
)

// usable says whether the numbers of the lock allow a try.
func (l *officeLock) usable() bool {
	if !l.password || l.hash == nil || l.spin < 0 || l.spin > spinMax || len(l.salt) == 0 {
		return false
	}
	if !l.agile {
		return len(l.verifier) == 16 && len(l.verified) >= 32
	}
	aesBits := func(n int) bool { return n == 128 || n == 192 || n == 256 }
	whole := func(p []byte) bool { return len(p) > 0 && len(p)%16 == 0 && len(p) <= 1024 }
	return aesBits(l.pwBits) && aesBits(l.keyBits) && len(l.salt) >= 16 && len(l.dataSalt) >= 16 && l.dataHash != nil &&
		whole(l.verifier) && whole(l.verified) && whole(l.encryptedKey)
}

// fits says whether the password is the right one.
func (l *officeLock) fits(password string) bool {
	if !l.usable() {
		return false
	}
	spun := l.spun(password)
	if !l.agile {
		return l.fitsStandard(l.standardKey(spun))
	}
	input := cbc(l.key(spun, keyVerifier), l.salt[:16], l.verifier)
	want := cbc(l.key(spun, keyVerified), l.salt[:16], l.verified)
	h := l.hash()
	h.Write(input[:min(len(input), len(l.salt))])
	sum := h.Sum(nil)
	return len(want) >= len(sum) && bytes.Equal(sum, want[:len(sum)])
}

func (l *officeLock) standardKey(spun []byte) []byte {
	h := sha1.New()
	h.Write(spun)
	h.Write([]byte{0, 0, 0, 0})
	sum := h.Sum(nil)
	var out []byte
	for _, x := range []byte{0x36, 0x5c} {
		pad := bytes.Repeat([]byte{x}, 64)
		for i := range sum {
			pad[i] ^= sum[i]
		}
		s := sha1.Sum(pad)
		out = append(out, s[:]...)
	}
	return out[:l.keyBits/8]
}

func (l *officeLock) fitsStandard(key []byte) bool {
	input, want := ecb(key, l.verifier), ecb(key, l.verified)
	sum := sha1.Sum(input)
	return bytes.Equal(sum[:], want[:20])
}
