package dashboards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// lint finds in saved objects what Kibana takes at import and then shows broken or empty. types are the fields of
// the index with their types.
func lint(ndjson []byte, types map[string]string) error {
	l := &linter{types: types, notes: noteTypes(), there: map[string]bool{}, panels: map[string]bool{}}
	if !bytes.HasSuffix(ndjson, []byte("\n")) {
		l.fault("file", "does not end with a new line")
	}
	var all []lintObject
	for i, line := range bytes.Split(bytes.TrimSuffix(ndjson, []byte("\n")), []byte("\n")) {
		var o lintObject
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&o); err != nil {
			l.fault(fmt.Sprintf("line %d", i+1), "%v", err)
			continue
		}
		if l.there[o.Type+" "+o.ID] {
			l.fault(o.name(), "stands twice")
		}
		l.there[o.Type+" "+o.ID] = true
		all = append(all, o)
	}
	for i := range all {
		l.object(&all[i])
	}
	return errors.Join(l.faults...)
}

type linter struct {
	types  map[string]string
	notes  map[string]string // the fields of notes
	there  map[string]bool   // "type id"
	panels map[string]bool   // ids
	faults []error
}

type lintObject struct {
	Type                 string
	ID                   string
	Attributes           map[string]any
	References           []lintReference
	CoreMigrationVersion string
	TypeMigrationVersion string
	Managed              bool
}

type lintReference struct{ Type, ID, Name string }

func (o *lintObject) name() string { return o.Type + " " + o.ID }

func (l *linter) fault(where, format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// form is what an object of a type looks like in Kibana 8.9.
type form struct {
	version    string
	attributes []string
	required   []string
}

func formOf(kind string) (form, bool) {
	f, ok := map[string]form{
		"index-pattern": {"8.0.0", []string{"title", "name", "timeFieldName", "fields", "fieldAttrs", "fieldFormatMap", "runtimeFieldMap", "sourceFilters", "typeMeta"}, []string{"title", "timeFieldName"}},
		"tag":           {"8.0.0", []string{"name", "description", "color"}, []string{"name", "color"}},
		"search":        {"7.9.3", []string{"title", "description", "columns", "sort", "grid", "hideChart", "isTextBasedQuery", "timeRestore", "kibanaSavedObjectMeta"}, []string{"title", "columns", "kibanaSavedObjectMeta"}},
		"dashboard": {"8.9.0", []string{"title", "description", "hits", "version", "timeRestore", "timeFrom", "timeTo", "refreshInterval", "optionsJSON", "panelsJSON", "controlGroupInput", "kibanaSavedObjectMeta"},
			[]string{"title", "optionsJSON", "panelsJSON", "kibanaSavedObjectMeta"}},
	}[kind]
	return f, ok
}

var idForm = regexp.MustCompile(`^(postvagt-[a-z]+-[a-z]{2}|[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$`)

func (l *linter) object(o *lintObject) {
	f, ok := formOf(o.Type)
	if !ok {
		l.fault(o.name(), "this type is not used")
		return
	}
	if !idForm.MatchString(o.ID) {
		l.fault(o.name(), "the id is no name of ours")
	}
	if o.CoreMigrationVersion != "8.8.0" || o.TypeMigrationVersion != f.version {
		l.fault(o.name(), "versions %q and %q, not 8.8.0 and %s", o.CoreMigrationVersion, o.TypeMigrationVersion, f.version)
	}
	for name := range o.Attributes {
		if !slices.Contains(f.attributes, name) {
			l.fault(o.name(), "unknown attribute %s", name)
		}
	}
	for _, name := range f.required {
		if v, ok := o.Attributes[name]; !ok || v == "" {
			l.fault(o.name(), "lacks %s", name)
		}
	}
	if title, ok := o.Attributes["title"].(string); ok && o.Type != "index-pattern" && !strings.HasPrefix(title, "[Postvagt] ") {
		l.fault(o.name(), "the title does not begin with [Postvagt]")
	}
	if colour, ok := o.Attributes["color"].(string); ok && !slices.Contains(colours(), colour) {
		l.fault(o.name(), "colour %q is none of ours", colour)
	}
	needed := map[string]string{}
	switch o.Type {
	case "search":
		l.search(o, needed)
	case "dashboard":
		l.dashboard(o, needed)
	}
	l.references(o, needed)
}

func colours() []string { return []string{colourYes, colourNo, colourBar} }

// viewed are the fields of the data view that a reference leads to.
func (l *linter) viewed(r lintReference) map[string]string {
	if strings.HasPrefix(r.ID, "postvagt-notes-") {
		return l.notes
	}
	return l.types
}

// references are those that are needed (name -> type), each once, and all lead somewhere.
func (l *linter) references(o *lintObject, needed map[string]string) {
	seen := map[string]bool{}
	for _, r := range o.References {
		switch {
		case seen[r.Name]:
			l.fault(o.name(), "reference %s stands twice", r.Name)
		case needed[r.Name] != r.Type:
			l.fault(o.name(), "reference %s to a %s is not needed", r.Name, r.Type)
		case !l.there[r.Type+" "+r.ID]:
			l.fault(o.name(), "reference %s leads to %s %s, which is not in the file", r.Name, r.Type, r.ID)
		}
		seen[r.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		if !seen[name] {
			l.fault(o.name(), "reference %s is missing", name)
		}
	}
}

// embedded decodes JSON that stands in a string.
func (l *linter) embedded(o *lintObject, where string, value any, into any) bool {
	s, ok := value.(string)
	if !ok {
		l.fault(o.name(), "%s is no string", where)
		return false
	}
	if err := json.Unmarshal([]byte(s), into); err != nil {
		l.fault(o.name(), "%s: %v", where, err)
		return false
	}
	return true
}

func (l *linter) search(o *lintObject, needed map[string]string) {
	columns, _ := o.Attributes["columns"].([]any)
	for _, c := range columns {
		l.field(o.name(), fmt.Sprint(c), "", l.types)
	}
	l.source(o, needed)
}

// source reads kibanaSavedObjectMeta.
func (l *linter) source(o *lintObject, needed map[string]string) {
	meta, _ := o.Attributes["kibanaSavedObjectMeta"].(map[string]any)
	var source struct {
		Query        struct{ Query string }
		IndexRefName string
	}
	if !l.embedded(o, "searchSourceJSON", meta["searchSourceJSON"], &source) {
		return
	}
	l.kql(o.name(), source.Query.Query, l.types)
	if source.IndexRefName != "" {
		needed[source.IndexRefName] = "index-pattern"
	} else if o.Type == "search" {
		l.fault(o.name(), "the search names no data view")
	}
}

// kql parses a query and looks up its fields.
func (l *linter) kql(where, text string, types map[string]string) {
	q, err := ParseKQL(text)
	if err != nil {
		l.fault(where, "%v", err)
		return
	}
	for _, f := range q.Fields() {
		l.field(where, f, "", types)
	}
}

// field requires that a field is in the index, and of a type that an operation can use.
func (l *linter) field(where, name, operation string, types map[string]string) {
	kind, ok := types[name]
	if !ok {
		l.fault(where, "there is no field %s", name)
		return
	}
	fits := map[string][]string{"terms": {"keyword", "boolean"}, "date_histogram": {"date"}, "sum": {"long"}, "unique_count": {"keyword"}, "control": {"keyword", "boolean"}}
	if want, named := fits[operation]; named && !slices.Contains(want, kind) {
		l.fault(where, "%s of %s, which is a %s", operation, name, kind)
	}
}
