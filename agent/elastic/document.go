package elastic

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// Fields that documents bear beside those of package event.
const (
	fieldHash       = "postvagt.hash"
	fieldAgent      = "postvagt.agent"
	fieldGeneration = "postvagt.generation"
	fieldArchive    = "postvagt.archive"
	fieldECS        = "ecs.version"
)

const ecsVersion = "8.11.0"

// stays are the columns that never leave the agent: they may name a person.
func stays(column string) bool { return column == "message_id" || column == "client" }

// pseudonymous are the columns whose addresses leave as pseudonyms only.
func pseudonymous(column string) bool {
	switch column {
	case "sender", "recipient", "user", "secure_mailbox":
		return true
	}
	return false
}

// pseudonymMark begins each pseudonym.
const pseudonymMark = "~"

// encoder writes documents as JSON.
type encoder struct {
	pseudonym func(address string) string
	agent     string
	fields    []encoded
}

type encoded struct {
	event.Field
	name   string // ,"name":
	hidden bool   // an address
}

func newEncoder(pseudonym func(string) string, agent string) *encoder {
	e := &encoder{pseudonym: pseudonym, agent: agent}
	for _, f := range event.Fields {
		if !stays(f.Column) && f.Column != "revision" {
			e.fields = append(e.fields, encoded{f, `,"` + f.Name + `":`, pseudonymous(f.Column)})
		}
	}
	return e
}

// document returns the JSON of a row as it is shipped, and the hash of its content.
func (e *encoder) document(r *event.Row, generation int64) (body []byte, hash string) {
	b := make([]byte, 1, 2048)
	b[0] = '{'
	for i := range e.fields {
		b = e.field(b, &e.fields[i], &r.Document)
	}
	b = strconv.AppendBool(append(b, `,"`+fieldArchive+`":`...), r.Archive)
	b[1] = ' ' // the first comma
	sum := sha256.Sum256(b)
	hash = hex.EncodeToString(sum[:16])
	b = append(append(append(b, `,"`+fieldHash+`":"`...), hash...), `","`+fieldAgent+`":"`...)
	b = append(append(b, e.agent...), `","`+fieldGeneration+`":`...)
	b = append(strconv.AppendInt(b, generation, 10), `,"postvagt.revision":`...)
	b = append(strconv.AppendInt(b, r.Document.Revision, 10), `,"`+fieldECS+`":"`+ecsVersion+`"}`...)
	return b, hash
}

// field appends a field that has a value. An empty keyword is left out, but for the department: mails of none are
// chosen by name.
func (e *encoder) field(b []byte, f *encoded, d *event.Document) []byte {
	switch at := f.At(d).(type) {
	case *string:
		v := *at
		switch {
		case v == "" && f.Column == "department":
			v = dashboards.NoDepartment
		case v == "":
			return b
		case f.hidden && !strings.HasPrefix(v, pseudonymMark):
			v = e.pseudonym(v)
		}
		return appendString(append(b, f.name...), v)
	case *bool:
		return strconv.AppendBool(append(b, f.name...), *at)
	case *int:
		return strconv.AppendInt(append(b, f.name...), int64(*at), 10)
	case *int64:
		return strconv.AppendInt(append(b, f.name...), *at, 10)
	case *time.Time:
		if at.IsZero() {
			return b
		}
		return append(at.UTC().AppendFormat(append(append(b, f.name...), '"'), "2006-01-02T15:04:05.000000Z"), '"')
	case *[]string:
		return appendList(b, f.name, *at)
	}
	return b
}

// appendList appends a field of several strings where it has any.
func appendList(b []byte, name string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(b, name...), '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			var buf bytes.Buffer
			enc := json.NewEncoder(&buf)
			enc.SetEscapeHTML(false)
			if enc.Encode(s) != nil {
				return append(b, `""`...) // no string fails
			}
			return append(b, bytes.TrimRight(buf.Bytes(), "\n")...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// version is the external version of a revision.
func version(generation, revision int64) int64 { return generation<<40 + revision }

// Names of indices.
const (
	indexPrefix = "postvagt-transmissions-"
	copyPrefix  = "postvagt-store-" // of indices that were brought to a new schema
	allIndices  = indexPrefix + "*"

	notesCopyPrefix = copyPrefix + "notes-s"                   // of copies of the notes, by their schema
	shippedIndices  = allIndices + "," + dashboards.NotesIndex // that we ship; the notes may be missing
)
