package store

import (
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
	shared []event.Field // in facet
	own    []event.Field // in transmission
}

var layout = layOut()

func layOut() (t tables) {
	for _, f := range event.Fields {
		if slices.Contains(dimensions, f.Column) {
			t.shared = append(t.shared, f)
		} else {
			t.own = append(t.own, f)
		}
	}
	return t
}

// columns returns the qualified columns of fields, as a SELECT lists them.
func columns(fields []event.Field) string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = column(f)
	}
	return strings.Join(all, ", ")
}

// column returns the qualified column: f is table facet, t is transmission.
func column(f event.Field) string {
	if slices.Contains(dimensions, f.Column) {
		return "f." + f.Column
	}
	return "t." + f.Column
}

// fill sets the field of a document that at points to from what SQLite returned.
func fill(f *event.Field, at, v any) (err error) {
	switch at := at.(type) {
	case *string:
		*at = textOf(v)
	case *bool:
		n, _ := v.(int64)
		*at = n != 0
	case *int:
		n, _ := v.(int64)
		*at = int(n)
	case *int64:
		*at, _ = v.(int64)
	case *time.Time:
		if n, ok := v.(int64); ok {
			*at = time.UnixMicro(n).UTC()
		}
	case *[]string:
		*at, err = listOf(f, v)
	}
	return err
}

func listOf(f *event.Field, v any) (list []string, err error) {
	if b, ok := v.([]byte); ok && f.Column == "evidence" {
		return unpackEvidence(b)
	}
	text := textOf(v)
	if text == "[]" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("field %s: %w", f.Name, err)
	}
	return list, nil
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
