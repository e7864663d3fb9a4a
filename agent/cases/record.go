package cases

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// KeySize is the length of a subject's key in bytes.
const KeySize = 32

// Record is an entry as it is kept. Sealed is nil once it was erased; Digest is of what it was.
type Record struct {
	N       int64
	At      time.Time // UTC, microseconds
	Subject string
	Kind    string
	Sealed  []byte // nonce ‖ AES-256-GCM of the JSON of {by, body}; bound to N, At, Subject and Kind
	Digest  [sha256.Size]byte
	Link    [sha256.Size]byte
}

// Erased is the kind of the record which says that a subject's key was destroyed. It has no body.
const Erased = "erased"

// body is what is sealed: also who said it is gone with the key.
type body struct {
	By   string          `json:"by"`
	Said json.RawMessage `json:"said"`
}

// Seal makes the record of an entry that comes behind the last one (the zero Record for the first). nonces gives
// random bytes, 12 for each record. Errors: of the key's length, of nonces.
func Seal(last Record, e Entry, key []byte, nonces io.Reader) (Record, error) {
	r := Record{N: last.N + 1, At: e.At.UTC().Truncate(time.Microsecond), Subject: e.Subject, Kind: e.Change.kind()}
	said, err := json.Marshal(e.Change)
	if err != nil {
		return Record{}, fmt.Errorf("seal %s: %w", r.Kind, err)
	}
	plain, err := json.Marshal(body{By: e.By, Said: said})
	if err != nil {
		return Record{}, fmt.Errorf("seal %s: %w", r.Kind, err)
	}
	box, err := newBox(key)
	if err != nil {
		return Record{}, err
	}
	nonce := make([]byte, box.NonceSize())
	if _, err := io.ReadFull(nonces, nonce); err != nil {
		return Record{}, fmt.Errorf("seal: %w", err)
	}
	r.Sealed = box.Seal(nonce, nonce, plain, r.head())
	return r.linked(last), nil
}

// Erasure makes the record which says that the subject's key is destroyed.
func Erasure(last Record, subject string, at time.Time) Record {
	r := Record{N: last.N + 1, At: at.UTC().Truncate(time.Microsecond), Subject: subject, Kind: Erased}
	return r.linked(last)
}

func (r Record) linked(last Record) Record {
	r.Digest = sha256.Sum256(r.Sealed)
	r.Link = r.link(last.Link)
	return r
}

func newBox(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a key of %d bytes, not %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// head is what a record says in the clear; lengths go before texts, so that no two records have the same.
func (r Record) head() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(r.N))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMicro()))
	for _, s := range []string{r.Subject, r.Kind} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

func (r Record) link(before [sha256.Size]byte) [sha256.Size]byte {
	return sha256.Sum256(append(append(before[:], r.head()...), r.Digest[:]...))
}

// ErrSealed says that a record cannot be opened with this key: it is another's, or the record was changed.
var ErrSealed = errors.New("the record cannot be opened with this key")

// ErrErased says that what a record held was deleted when its time of keeping was over.
var ErrErased = errors.New("the record was deleted after its time of keeping")

// Open opens a record.
func (r Record) Open(key []byte) (Entry, error) {
	if key == nil || r.Sealed == nil {
		return Entry{}, fmt.Errorf("record %d: %w", r.N, ErrErased)
	}
	box, err := newBox(key)
	if err != nil {
		return Entry{}, err
	}
	if len(r.Sealed) < box.NonceSize() {
		return Entry{}, fmt.Errorf("record %d: %w", r.N, ErrSealed)
	}
	plain, err := box.Open(nil, r.Sealed[:box.NonceSize()], r.Sealed[box.NonceSize():], r.head())
	if err != nil {
		return Entry{}, fmt.Errorf("record %d: %w", r.N, ErrSealed)
	}
	var b body
	if err := json.Unmarshal(plain, &b); err != nil {
		return Entry{}, fmt.Errorf("record %d: %w", r.N, err)
	}
	change, err := decode(r.Kind, b.Said)
	if err != nil {
		return Entry{}, fmt.Errorf("record %d: %w", r.N, err)
	}
	return Entry{Said: Said{N: r.N, At: r.At, By: b.By}, Subject: r.Subject, Change: change}, nil
}

// Fault is a place where the chain does not hold.
type Fault struct {
	N      int64 // the number at which it shows
	Reason string
}

func (f *Fault) Error() string { return fmt.Sprintf("record %d: %s", f.N, f.Reason) }

// Verifier walks the chain from its first record. Its zero value begins.
type Verifier struct{ last Record }

// Next checks the record that comes next. Errors: *Fault.
func (v *Verifier) Next(r Record) error {
	switch {
	case r.N != v.last.N+1:
		return &Fault{N: v.last.N + 1, Reason: fmt.Sprintf("missing: %d comes next", r.N)}
	case r.Sealed != nil && sha256.Sum256(r.Sealed) != r.Digest:
		return &Fault{N: r.N, Reason: "its body was changed"}
	case r.link(v.last.Link) != r.Link:
		return &Fault{N: r.N, Reason: "it does not follow the record before it: one of the two was changed"}
	}
	v.last = r
	return nil
}

// Last is the newest record that was checked. Its link, kept elsewhere, proves later that nothing before it was changed.
func (v *Verifier) Last() Record { return v.last }

func decode(kind string, data []byte) (Change, error) {
	for _, c := range [...]func([]byte) (Change, error){
		as[Opening], as[Gathering], as[Awareness], as[Assessment], as[Exemption], as[Involvement], as[Order], as[Statement],
		as[Report], as[Notice], as[Informed], as[Attachment], as[Comment], as[Closing], as[Reopening], as[Triage], as[Contract], as[Explanation], as[Typing],
	} {
		change, err := c(nil)
		if err == nil && change.kind() == kind {
			return c(data)
		}
	}
	return nil, fmt.Errorf("kind %q is not known to this version", kind)
}

// as reads a change of one type; without data it is the type's zero value.
func as[T Change](data []byte) (Change, error) {
	var c T
	if data == nil {
		return c, nil
	}
	err := json.Unmarshal(data, &c)
	return c, err
}
