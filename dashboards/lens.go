package dashboards

import (
	"fmt"
	"maps"
	"slices"

	"postvagt/agent/event"
)

// The forms of Kibana's objects are those of 8.9, which every later one brings up to date itself.

type object = map[string]any

// Colours of the built-in pages; they can be told apart by the colour-blind.
const (
	colourYes = "#17687c"
	colourNo  = "#b9481f"
	colourBar = "#4d8494"
)

// wordsOf names the words for the values of a field, "" where its values are names.
func wordsOf(field string) string {
	switch field {
	case fOutcome, fCopyOutcome:
		return "outcome"
	case fProtected, fCopyProtected:
		return "protected"
	case fKinds:
		return "kind"
	case fDelay, fCheck:
		return "time"
	case fWhat:
		return "measure"
	case fLevel, fTransport, fPromise, fFinding:
		f, _ := Field(field)
		return f.Column
	}
	return ""
}

// columns is one layer of a Lens panel.
type columns struct {
	lang  string
	order []string
	all   object
}

func (c *columns) add(id string, column object) {
	c.order = append(c.order, id)
	c.all[id] = column
}

// metric is a column of numbers.
func metric(label, operation, field string, filter Filter, params object) object {
	m := object{"label": label, "customLabel": true, "dataType": "number", "operationType": operation, "isBucketed": false, "scale": "ratio", "sourceField": field, "params": params}
	if kql := filter.KQL(); kql != "" {
		m["filter"] = object{"language": "kuery", "query": kql}
	}
	return m
}

func counted(label string, filter Filter) object {
	return metric(label, "count", "___records___", filter, object{"emptyAsNull": false})
}

// measure adds the columns of a figure and returns the one that shows it.
func (c *columns) measure(q Question) string {
	label := q.Title.In(c.lang)
	switch m := q.Measure; m.Kind {
	case Ratio:
		c.ratio(label, m)
	case Distinct:
		c.add("value", metric(label, "unique_count", m.Field, m.Of, object{"emptyAsNull": false}))
	case Sum:
		c.add("value", metric(label, "sum", m.Field, m.Of, object{"emptyAsNull": false}))
	default:
		c.add("value", counted(label, m.Of))
	}
	return "value"
}

// ratio adds the formula with what it is compiled to, and both of its numbers.
func (c *columns) ratio(label string, m Measure) {
	part, whole := m.Of.KQL(), m.Over.KQL()
	formula := fmt.Sprintf("count(kql='%s') / count(kql='%s')", part, whole)
	c.add("part", counted(Text{DA: "Antal", EN: "Number"}.In(c.lang), m.Of))
	c.add("whole", counted(Text{DA: "af", EN: "of"}.In(c.lang), m.Over))
	c.add("value", object{"label": label, "customLabel": true, "dataType": "number", "operationType": "formula", "isBucketed": false, "scale": "ratio",
		"params":     object{"formula": formula, "isFormulaBroken": false, "format": object{"id": "percent", "params": object{"decimals": 1}}},
		"references": []string{"valueX2"}})
	c.add("valueX0", counted("Part of "+label, m.Of))
	c.add("valueX1", counted("Part of "+label, m.Over))
	c.add("valueX2", object{"label": "Part of " + label, "customLabel": true, "dataType": "number", "operationType": "math", "isBucketed": false, "scale": "ratio",
		"params": object{"tinymathAst": object{"type": "function", "name": "divide", "args": []string{"valueX0", "valueX1"},
			"location": object{"min": 0, "max": len(formula)}, "text": formula}},
		"references": []string{"valueX0", "valueX1"}})
}

// split adds the column that divides a figure, before all others.
func (c *columns) split(q Question, sortBy string) {
	var column object
	switch words := wordsOf(q.Split.By); {
	case q.Split.By == ByTime:
		column = object{"label": "@timestamp", "dataType": "date", "operationType": "date_histogram", "isBucketed": true, "scale": "interval", "sourceField": "@timestamp",
			"params": object{"interval": map[string]string{"day": "1d", "week": "1w", "month": "1M"}[q.Split.Every], "includeEmptyRows": true, "dropPartials": false}}
	case words != "":
		column = object{"label": fieldWord(c.lang, q.Split.By), "customLabel": true, "dataType": "string", "operationType": "filters", "isBucketed": true, "scale": "ordinal",
			"params": object{"filters": byWords(c.lang, q.Split.By, words)}}
	default:
		top := q.Split.Top
		if top == 0 {
			top = 200
		}
		column = terms(fieldWord(c.lang, q.Split.By), q.Split.By, top, sortBy)
	}
	c.order = append([]string{"split"}, c.order...)
	c.all["split"] = column
}

// terms divides by the most frequent values. Each month is a shard of its own, so accuracy mode asks each of them for 1,000.
func terms(label, field string, size int, sortBy string) object {
	return object{"label": label, "customLabel": true, "dataType": "string", "operationType": "terms", "isBucketed": true, "scale": "ordinal", "sourceField": field,
		"params": object{"size": size, "orderBy": object{"type": "column", "columnId": sortBy}, "orderDirection": "desc", "otherBucket": false, "missingBucket": false, "accuracyMode": true,
			"parentFormat": object{"id": "terms"}, "include": []string{}, "exclude": []string{}, "includeIsRegex": false, "excludeIsRegex": false}}
}

// byWords are the values that have words, values of the same word together, and what has none of them. Kibana tells the
// rows apart by their labels.
func byWords(lang, field, words string) (all []object) {
	f, _ := Field(field) // notes have no arrays
	values := map[string][]string{}
	for value := range valueWords[words] {
		values[Word(lang, words, value)] = append(values[Word(lang, words, value)], value)
	}
	if _, named := valueWords[words][""]; !named && !f.Array {
		values[LabelOf(lang, field, "")] = []string{""}
	}
	add := func(label string, filter Filter) {
		all = append(all, object{"input": object{"language": "kuery", "query": filter.KQL()}, "label": label})
	}
	known := []string{""}
	for _, label := range inOrder(lang, words, slices.Sorted(maps.Keys(values))) {
		slices.Sort(values[label])
		known = append(known, values[label]...)
		add(label, Filter{Is(field, values[label]...)})
	}
	slices.Sort(known)
	add(Text{DA: "andet", EN: "other"}.In(lang), Filter{Not(field, slices.Compact(known)...)})
	return all
}

// inOrder sorts the labels of spans of time by their length; all others stay as they are.
func inOrder(lang, words string, labels []string) []string {
	if words != "time" {
		return labels
	}
	var first []string
	for _, value := range event.Times() {
		first = append(first, Word(lang, words, value))
	}
	return append(first, slices.DeleteFunc(labels, func(l string) bool { return slices.Contains(first, l) })...)
}

// LabelOf is the label of a value where a panel divides by a field that has words.
func LabelOf(lang, field, value string) string {
	words := wordsOf(field)
	if _, named := valueWords[words][value]; !named && value == "" {
		return Text{DA: "ingen", EN: "none"}.In(lang)
	}
	return Word(lang, words, value)
}

// fieldWord is the heading of a column.
func fieldWord(lang, field string) string {
	if t, ok := map[string]Text{
		fDepartment: {DA: "Afdeling (- er ingen)", EN: "Department (- is none)"}, fChannel: {DA: "Kanal", EN: "Channel"}, fRelay: {DA: "Næste led", EN: "Next hop"},
		fToDomain: {DA: "Modtagerens domæne", EN: "Recipient domain"}, fSender: {DA: "Afsender", EN: "Sender"}, fRecipient: {DA: "Modtager", EN: "Recipient"},
		fTLSVersion: {DA: "TLS-version", EN: "TLS version"}, fTLSCipher: {DA: "Krypteringsmetode", EN: "Cipher"}, fHost: {DA: "Server", EN: "Server"},
		fOutcome: {DA: "Udfald", EN: "Outcome"}, fCopyOutcome: {DA: "Udfald", EN: "Outcome"}, fProtected: {DA: "Beskyttelse", EN: "Protection"},
		fKinds: {DA: "Oplysningernes art", EN: "Kind of data"}, fLevel: {DA: "Niveau", EN: "Level"}, fTransport: {DA: "Forbindelse", EN: "Connection"},
		fPromise: {DA: "Ventet", EN: "Expected"}, fFinding: {DA: "Fund", EN: "Finding"}, fDelay: {DA: "Tid", EN: "Time"}, fCheck: {DA: "Tid", EN: "Time"},
		fWhat: {DA: "Art", EN: "Kind"}, fName: {DA: "Kilde", EN: "Source"}, fSource: {DA: "Kilde", EN: "Source"},
	}[field]; ok {
		return t.In(lang)
	}
	return field
}
