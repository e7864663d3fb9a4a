package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"postvagt/agent/event"
)

// dimensions are the columns that many transmissions share: those that questions ask for. A column with many
// values does not belong here, since each combination of values is one facet.
var dimensions = []string{
	"direction", "level", "kinds", "action", "wanted", "protection", "strong", "unopened",
	"channel", "channel_state", "class", "transport", "outcome", "final", "held", "released", "left_house",
	"protected", "after_objection", "department", "first", "message_left", "message_protected",
	"message_direction", "done_right", "message_outcome", "finding",
}

// entities are the columns whose different values are counted without reading the transmissions.
var entities = []string{"secure_mailbox"}

// sums are the columns of which table rollup keeps the sum.
var sums = []string{"persons", "recipients", "size"}

// tables says in which table each field is stored.
type tables struct {
	shared   []event.Field // in facet
	own      []event.Field // in transmission
	isShared []bool        // by position in event.Fields
}

var layout = layOut()

func layOut() (t tables) {
	for _, f := range event.Fields {
		is := slices.Contains(dimensions, f.Column)
		t.isShared = append(t.isShared, is)
		if is {
			t.shared = append(t.shared, f)
		} else {
			t.own = append(t.own, f)
		}
	}
	return t
}

// selects returns the columns of all fields in the order of event.Fields.
func (t tables) selects() []string {
	columns := make([]string, len(event.Fields))
	for i, f := range event.Fields {
		columns[i] = column(f)
	}
	return columns
}

// column returns the qualified column: f is table facet, t is transmission.
func column(f event.Field) string {
	if slices.Contains(dimensions, f.Column) {
		return "f." + f.Column
	}
	return "t." + f.Column
}

// value returns what SQLite stores for a field of a document.
func value(f event.Field, d *event.Document) (any, error) {
	switch v := f.Get(d).(type) {
	case string:
		if f.Column == "key" {
			return keyValue(v), nil
		}
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		return v.UnixMicro(), nil
	case []string:
		return arrayValue(v)
	default:
		return nil, fmt.Errorf("field %s: type %T cannot be stored", f.Name, v)
	}
}

func arrayValue(v []string) (any, error) {
	if len(v) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// keyValue stores a hex SHA-256 as its 32 bytes, which halves table and index, and any other key as it is.
func keyValue(key string) any {
	if b, err := hex.DecodeString(key); err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == key {
		return b
	}
	return key
}

// fill sets a field of a document from what SQLite returned.
func fill(f event.Field, d *event.Document, v any) error {
	switch was := f.Get(d).(type) {
	case string:
		f.Set(d, textOf(v))
	case bool:
		n, _ := v.(int64)
		f.Set(d, n != 0)
	case int:
		n, _ := v.(int64)
		f.Set(d, int(n))
	case int64:
		n, _ := v.(int64)
		f.Set(d, n)
	case time.Time:
		if n, ok := v.(int64); ok {
			f.Set(d, time.UnixMicro(n).UTC())
		}
	case []string:
		if err := json.Unmarshal([]byte(textOf(v)), &was); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
		if len(was) > 0 {
			f.Set(d, was)
		}
	}
	return nil
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return hex.EncodeToString(v)
	}
	return ""
}

// row is a document as it is stored.
type row struct {
	key       any
	day, time int64  // local days and microseconds since 1970
	signature string // of its facet
	shared    []any
	own       []any // in the order of layout.own; the revision is set at the end
	hash      []byte
	sums      [3]int64
	entities  []string
}

// rowOf encodes a document; its revision is not part of its content.
func rowOf(d *event.Document, zone *time.Location) (r row, err error) {
	if d.Key == "" || d.Time.IsZero() {
		return r, fmt.Errorf("a document of queue id %q has no key or no time", d.QueueID)
	}
	r.shared, r.own = make([]any, 0, len(layout.shared)), make([]any, 0, len(layout.own))
	content := make([]byte, 0, 1024)
	for i, f := range event.Fields {
		v, err := value(f, d)
		if err != nil {
			return r, err
		}
		if f.Column != "revision" {
			content = appendValue(content, v)
		}
		if layout.isShared[i] {
			r.shared = append(r.shared, v)
		} else {
			r.own = append(r.own, v)
		}
	}
	hash := sha256.Sum256(content)
	r.hash = hash[:16]
	r.key, r.day, r.time = keyValue(d.Key), dayOf(d.Time, zone), d.Time.UnixMicro()
	r.signature = signatureOf(r.shared)
	r.sums = [3]int64{int64(d.Persons), int64(d.Recipients), d.Size}
	r.entities = []string{d.SecureMailbox}
	return r, nil
}

// appendValue encodes a value so that different lists of values never look alike.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 'n')
	case int64:
		return binary.AppendVarint(append(b, 'i'), v)
	case string:
		return append(binary.AppendUvarint(append(b, 's'), uint64(len(v))), v...)
	case []byte:
		return append(binary.AppendUvarint(append(b, 'b'), uint64(len(v))), v...)
	}
	return append(b, '?')
}

func signatureOf(shared []any) string {
	var b []byte
	for _, v := range shared {
		b = appendValue(b, v)
	}
	return string(b)
}

// dayOf counts local days since 1970-01-01.
func dayOf(t time.Time, zone *time.Location) int64 {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// dateOf is the first moment of a local day.
func dateOf(day int64, zone *time.Location) time.Time {
	y, m, d := time.Unix(day*86400, 0).UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// zoneName tells zones apart by their offsets, since the zone "Local" keeps its name when it changes.
func (s *Store) zoneName() string {
	var b strings.Builder
	for _, year := range []int{2000, 2010, 2020, 2026} {
		for _, month := range []time.Month{time.January, time.July} {
			b.WriteString(time.Date(year, month, 1, 12, 0, 0, 0, s.zone).Format("-07:00 "))
		}
	}
	return b.String()
}
