package message

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"strconv"
	"strings"
)

// odfManifest is the list of the entries of an OpenDocument file and of how they are encrypted
// (ODF 1.3 part 2, section 4).
type odfManifest struct {
	locked    bool
	algorithm string
	locks     map[string]*odfLock
	path      string // of the entry being read
}

// odfLock is the encryption of one entry.
type odfLock struct {
	iv, salt, checksum []byte
	checksumType       string
	start              func() hash.Hash // makes the start key of the password
	derivation         string
	rounds, bytes      int
	cbc                bool
}

// odfLocks bounds the entries whose encryption is remembered.
const odfLocks = 1000

// manifest reads the manifest; without one nothing is encrypted.
func (z *zipFile) manifest() *odfManifest {
	m := &odfManifest{locks: map[string]*odfLock{}}
	for _, e := range z.entries {
		if e.name == "META-INF/manifest.xml" {
			_ = z.xml(e, m) // what was read before it broke counts
		}
	}
	return m
}

func (m *odfManifest) start(name []byte, attrs xmlAttrs) {
	switch string(name) {
	case "file-entry":
		m.path = attrs.get("full-path")
		return
	case "encryption-data":
		m.locked = m.locked || m.path == "content.xml" || m.path == "encrypted-package"
		if len(m.locks) < odfLocks {
			m.locks[m.path] = &odfLock{checksum: odfBytes(attrs, "checksum"), checksumType: attrs.get("checksum-type"), start: sha1.New, bytes: 16}
		}
		return
	}
	l := m.locks[m.path]
	if l == nil {
		return
	}
	switch string(name) {
	case "algorithm":
		m.cipher(l, attrs.get("algorithm-name"))
		l.iv = odfBytes(attrs, "initialisation-vector")
	case "key-derivation":
		l.derivation, l.salt = attrs.get("key-derivation-name"), odfBytes(attrs, "salt")
		l.rounds, _ = strconv.Atoi(attrs.get("iteration-count"))
		if n, err := strconv.Atoi(attrs.get("key-size")); err == nil {
			l.bytes = n
		}
	case "start-key-generation":
		if strings.HasSuffix(attrs.get("start-key-generation-name"), "sha256") {
			l.start = sha256.New
		}
	}
}
func (m *odfManifest) end([]byte)   {}
func (m *odfManifest) chars([]byte) {}

func odfBytes(attrs xmlAttrs, name string) []byte {
	p, _ := base64.StdEncoding.DecodeString(attrs.get(name))
	return p
}

// cipher names the algorithm.
func (m *odfManifest) cipher(l *odfLock, name string) {
	for _, mode := range []string{"CBC", "GCM"} {
		for _, bits := range []string{"128", "192", "256"} {
			if strings.HasSuffix(name, "aes"+bits+"-"+strings.ToLower(mode)) {
				m.algorithm = "AES-" + bits + "-" + mode
				l.cbc = mode == "CBC"
			}
		}
	}
	if strings.Contains(name, "Blowfish") {
		m.algorithm = "Blowfish"
	}
}

// usable says whether a password can be tried: AES in CBC mode with a key by PBKDF2, as most programs write.
func (l *odfLock) usable() bool {
	return l != nil && l.cbc && strings.HasSuffix(l.derivation, "PBKDF2") && len(l.iv) == aes.BlockSize && len(l.salt) > 0 &&
		l.rounds > 0 && l.rounds <= spinMax && (l.bytes == 16 || l.bytes == 24 || l.bytes == 32)
}

// cost is what one try takes, in milliseconds.
func (m *odfManifest) cost() int {
	if l := m.locks["content.xml"]; l.usable() {
		return 1 + l.rounds/1200
	}
	return 1
}

// decrypt puts the cipher before r; its content is compressed still.
func (l *odfLock) decrypt(r io.Reader, password string) (io.Reader, error) {
	h := l.start()
	io.WriteString(h, password)
	key, err := pbkdf2.Key(sha1.New, string(h.Sum(nil)), l.salt, l.rounds, l.bytes)
	if err != nil {
		return nil, damaged
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, damaged
	}
	return &cbcReader{r: r, mode: cipher.NewCBCDecrypter(block, l.iv)}, nil
}

// fitsODF says whether the password opens the content: a checksum of its first kilobyte tells.
func (z *zipFile) fitsODF(m *odfManifest, password string) bool {
	l := m.locks["content.xml"]
	if !l.usable() || !strings.HasSuffix(l.checksumType, "1k") {
		return false
	}
	for _, e := range z.entries {
		if e.name != "content.xml" {
			continue
		}
		raw, err := zipRaw(z.data, e)
		if err != nil {
			return false
		}
		r, err := l.decrypt(io.LimitReader(raw, 1024), password)
		if err != nil {
			return false
		}
		p, _ := io.ReadAll(r)
		sum := sha1.New()
		if strings.HasSuffix(l.checksumType, "sha256-1k") {
			sum = sha256.New()
		}
		sum.Write(odfUnpad(p, raw.Size() <= 1024))
		return bytes.Equal(sum.Sum(nil), l.checksum)
	}
	return false
}

// odfUnpad takes the padding off, where the end of the entry is: its last byte says how long it is.
func odfUnpad(p []byte, end bool) []byte {
	if !end || len(p) == 0 {
		return p
	}
	return p[:max(len(p)-int(p[len(p)-1]), 0)]
}

// odfKeys opens the entries of a file whose password is known.
type odfKeys struct {
	manifest *odfManifest
	password string
	rounds   int // spent so far: every entry has a key of its own
}

// lock is that of an entry, nil for one that is not encrypted.
func (k *odfKeys) lock(name string) *odfLock {
	if k == nil {
		return nil
	}
	return k.manifest.locks[name]
}

// open decrypts and decompresses an entry.
func (k *odfKeys) open(o *opener, l *odfLock, raw *io.SectionReader) (io.Reader, error) {
	if !l.usable() {
		return nil, encrypted
	}
	if k.rounds += l.rounds; k.rounds > 3*spinMax {
		return nil, errLimit
	}
	r, err := l.decrypt(raw, k.password)
	if err != nil {
		return nil, err
	}
	return o.inflate(r, 8, raw.Size())
}
