package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"postvagt/agent/event"
)

// row is a document as it is stored.
type row struct {
	key       any
	day, time int64  // local days and microseconds since 1970
	signature []byte // of its facet; stands until the next row is made
	document  *event.Document
	own       []any  // in the order of layout.own; the revision is set at the end
	filled    uint64 // bit i: own[i] is not the column's default
	hash      []byte
	sums      [3]int64
	entities  [1]string

	facet   int64 // given by the writer
	archive bool
}

// encoder makes rows; what it keeps between them spares the next one.
type encoder struct {
	zone     *time.Location
	day      int64 // the last local day, [from, to) in microseconds
	from, to int64
	content  []byte
	texts    []any // by position in layout.own: the last text, as many rows have the same
}

// row encodes a document; its revision is not part of its content.
func (e *encoder) row(d *event.Document) (r row, err error) {
	if d.Key == "" || d.Time.IsZero() {
		return r, fmt.Errorf("a document of queue id %q has no key or no time", d.QueueID)
	}
	r.document, r.own = d, make([]any, len(layout.own))
	if e.texts == nil {
		e.texts = make([]any, len(layout.own))
	}
	for i := range layout.own {
		f := &layout.own[i]
		if at, ok := f.At(d).(*string); ok && i != atKey {
			if r.own[i] = e.text(i, *at); *at != "" {
				r.filled |= 1 << i
			}
			continue
		}
		v, isDefault, err := value(f, d)
		if err != nil {
			return r, err
		}
		if r.own[i] = v; !isDefault {
			r.filled |= 1 << i
		}
	}
	b, err := appendShared(e.content[:0], d)
	if err != nil {
		return r, err
	}
	signed := len(b)
	for i, v := range r.own {
		if i != atRevision {
			b = appendValue(b, v)
		}
	}
	hash := sha256.Sum256(b)
	e.content, r.hash = b, hash[:16]
	r.signature = b[:signed]
	r.key, r.time = r.own[atKey], d.Time.UnixMicro()
	r.day = e.dayOf(r.time)
	r.sums = [3]int64{int64(d.Persons), int64(d.Recipients), d.Size}
	r.entities = [1]string{d.SecureMailbox}
	return r, nil
}

// text is a text as a value, which is not made anew where the row before had the same.
func (e *encoder) text(i int, s string) any {
	if last, ok := e.texts[i].(string); !ok || last != s {
		e.texts[i] = s
	}
	return e.texts[i]
}

func (e *encoder) dayOf(us int64) int64 {
	if us < e.from || us >= e.to {
		e.day = dayOf(time.UnixMicro(us), e.zone)
		e.from, e.to = dateOf(e.day, e.zone).UnixMicro(), dateOf(e.day+1, e.zone).UnixMicro()
	}
	return e.day
}

// value returns what SQLite stores for a field of a document, and whether that is the column's default.
func value(f *event.Field, d *event.Document) (v any, isDefault bool, err error) {
	switch at := f.At(d).(type) {
	case *string:
		if f.Column == "key" {
			return keyValue(*at), false, nil
		}
		return *at, *at == "", nil
	case *bool:
		if *at {
			return int64(1), false, nil
		}
		return int64(0), true, nil
	case *int:
		return int64(*at), *at == 0, nil
	case *int64:
		return *at, *at == 0, nil
	case *time.Time:
		if at.IsZero() {
			return nil, true, nil
		}
		return at.UnixMicro(), false, nil
	case *[]string:
		if f.Column == "evidence" && len(*at) > 0 {
			return packEvidence(*at), false, nil
		}
		v, err := arrayValue(*at)
		return v, len(*at) == 0, err
	default:
		return nil, false, fmt.Errorf("field %s: type %T cannot be stored", f.Name, at)
	}
}

func arrayValue(v []string) (string, error) {
	if len(v) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// keyValue stores a hex SHA-256 as its 32 bytes, which halves table and index, and any other key as it is.
func keyValue(key string) any {
	if len(key) != 2*sha256.Size {
		return key
	}
	for i := range len(key) {
		if c := key[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return key
		}
	}
	b, err := hex.DecodeString(key)
	if err != nil {
		return key
	}
	return b
}

// shared returns the values of a document's facet.
func shared(d *event.Document) ([]any, error) {
	all := make([]any, len(layout.shared))
	for i := range layout.shared {
		v, _, err := value(&layout.shared[i], d)
		if err != nil {
			return nil, err
		}
		all[i] = v
	}
	return all, nil
}

// appendShared encodes a document's facet as signatureOf encodes its stored values.
func appendShared(b []byte, d *event.Document) ([]byte, error) {
	for i := range layout.shared {
		switch at := layout.shared[i].At(d).(type) {
		case *string:
			b = appendText(b, *at)
		case *bool:
			n := int64(0)
			if *at {
				n = 1
			}
			b = appendNumber(b, n)
		case *int:
			b = appendNumber(b, int64(*at))
		case *[]string:
			v, err := arrayValue(*at)
			if err != nil {
				return nil, err
			}
			b = appendText(b, v)
		default:
			return nil, fmt.Errorf("field %s: type %T cannot be shared", layout.shared[i].Name, at)
		}
	}
	return b, nil
}

// appendValue encodes a value so that different lists of values never look alike.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 'n')
	case int64:
		return appendNumber(b, v)
	case string:
		return appendText(b, v)
	case []byte:
		return append(binary.AppendUvarint(append(b, 'b'), uint64(len(v))), v...)
	}
	return append(b, '?')
}

func appendNumber(b []byte, n int64) []byte { return binary.AppendVarint(append(b, 'i'), n) }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(append(b, 's'), uint64(len(s))), s...)
}

func signatureOf(shared []any) string {
	var b []byte
	for _, v := range shared {
		b = appendValue(b, v)
	}
	return string(b)
}

func ownIndex(column string) int {
	return slices.IndexFunc(layout.own, func(f event.Field) bool { return f.Column == column })
}
