package dashboards

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// IndexPattern is what the data view reads.
const IndexPattern = "postvagt-transmissions-*"

// NotesIndex holds what is to be known beside transmissions, see event.Note.
const NotesIndex = "postvagt-notes"

// Languages are those in which dashboards are made.
func Languages() []string { return []string{"da", "en"} }

// SavedObjects are Kibana's dashboards in a language with all that they need, one JSON object a line, for Kibana 8.9 and
// later. Ids depend on names alone, so that importing again replaces. Without ranking nothing compares senders with each other.
func SavedObjects(lang string, ranking bool) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, o := range objects(lang, ranking) {
		if err := enc.Encode(o); err != nil {
			return nil, fmt.Errorf("saved object %v: %w", o["id"], err)
		}
	}
	return out.Bytes(), nil
}

func objects(lang string, ranking bool) []object {
	b := &builder{lang: lang}
	all := []object{
		saved("index-pattern", b.viewID(), "8.0.0", object{"title": IndexPattern, "name": Text{DA: "Postvagt: forsendelser", EN: "Postvagt: transmissions"}.In(lang), "timeFieldName": "@timestamp",
			"fields": "[]", "fieldAttrs": "{}", "fieldFormatMap": `{"postvagt.size":{"id":"bytes"}}`, "runtimeFieldMap": "{}", "sourceFilters": "[]", "typeMeta": "{}"}, nil),
		saved("index-pattern", b.notesID(), "8.0.0", object{"title": NotesIndex + "*", "name": Text{DA: "Postvagt: tiltag og oplyste tal", EN: "Postvagt: measures and reported figures"}.In(lang), "timeFieldName": "@timestamp",
			"fields": "[]", "fieldAttrs": "{}", "fieldFormatMap": "{}", "runtimeFieldMap": "{}", "sourceFilters": "[]", "typeMeta": "{}"}, nil),
		saved("tag", b.tagID(), "8.0.0", object{"name": "Postvagt", "description": Text{DA: "Hvad der blev af hver mail", EN: "What became of every mail"}.In(lang), "color": colourYes}, nil),
		saved("search", b.searchID(), "7.9.3", object{"title": b.title(Text{DA: "Forsendelser", EN: "Transmissions"}), "description": "",
			"columns": []string{"postvagt.department", fLevel, fKinds, fCopyDirection, fCopyOutcome, fCopyProtected, fTransport, fToDomain, fSender, fRecipient, "postvagt.queue_id"},
			"sort":    [][]string{{"@timestamp", "desc"}}, "grid": object{}, "hideChart": false, "isTextBasedQuery": false, "timeRestore": false,
			"kibanaSavedObjectMeta": object{"searchSourceJSON": text(object{"query": object{"query": "", "language": "kuery"}, "filter": []object{}, "highlightAll": true, "version": true,
				"indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index"})}},
			[]object{{"type": "index-pattern", "id": b.viewID(), "name": "kibanaSavedObjectMeta.searchSourceJSON.index"}}),
	}
	for _, board := range Boards() {
		b := &builder{lang: lang, board: board}
		all = append(all, b.dashboard(ranking))
	}
	list := &builder{lang: lang, board: Board{ID: "transmissions", Title: Text{DA: "Forsendelser bag tallene", EN: "Transmissions behind the figures"},
		Help: Text{DA: "Listen følger søgningen, perioden og valgene ovenfor.", EN: "The list follows the query, the time and the choices above."}, From: "now-90d"}}
	list.list(24)
	return append(all, list.object())
}

// builder puts a dashboard together.
type builder struct {
	lang            string
	board           Board
	panels          []object
	references      []object
	x, y, rowHeight int
}

// aboutNotes says on a dashboard with what was told beside the transmissions how to read it.
func aboutNotes(board string) Text {
	all := Text{DA: "Afdeling, niveau og art, valgt ovenfor, deler ikke det, der står om dem: det gælder hele huset.",
		EN: "Department, level and kind, chosen above, do not divide what is said of them: it is of the whole house."}
	switch board {
	case Ombudsman:
		return Text{DA: "Streger på kurverne er tiltag, for eksempel en ny instruks. Sikre postkasser, der findes, tiltag og oplyste tal kommer fra registre og lister. " + all.DA,
			EN: "Marks on the trends are measures, such as a new instruction. Secure mailboxes in stock, measures and reported figures come from registers and lists. " + all.EN}
	case Repeated:
		return Text{DA: "Nye og kendte afsendere og modtagere tælles måned for måned. " + all.DA, EN: "New and known senders and recipients are counted month by month. " + all.EN}
	case Operations:
		return Text{DA: "Efterslæb, tabte og ikke forståede linjer fortæller agenten selv. " + all.DA, EN: "Lag, lost lines and those not understood are told by the agent itself. " + all.EN}
	}
	return Text{}
}

// helpOf is what a dashboard is for, in Kibana.
func helpOf(b Board) Text {
	if b.ID == Operations {
		return Text{DA: "Om alt bliver set, og hvor hurtigt.", EN: "Whether everything is seen, and how fast."}
	}
	return b.Help
}

// dashboard shows figures first, then trends and divisions, then the transmissions.
func (b *builder) dashboard(ranking bool) object {
	head, h := "### "+b.board.Title.In(b.lang)+"\n"+helpOf(b.board).In(b.lang), 4
	if note := aboutNotes(b.board.ID).In(b.lang); note != "" {
		head, h = head+"\n\n"+note, 6
	}
	b.heading("heading", h, head)
	var figures, rest []Question
	for _, q := range On(b.board.ID) {
		switch {
		case q.Split.By == "":
			figures = append(figures, q)
		case ranking || !q.Ranks():
			rest = append(rest, q)
		}
	}
	for _, q := range figures {
		b.panel(q)
	}
	b.heading("behind", 5, b.behind(slices.DeleteFunc(figures, func(q Question) bool { return q.Notes })))
	for _, q := range rest {
		b.panel(q)
	}
	b.list(18)
	return b.object()
}

func (b *builder) object() object {
	controls := b.controls()
	b.reference("tag-ref-"+b.tagID(), "tag", b.tagID())
	attributes := object{"title": b.title(b.board.Title), "description": helpOf(b.board).In(b.lang), "hits": 0, "version": 1,
		"timeRestore": true, "timeFrom": b.board.From, "timeTo": "now", "refreshInterval": object{"pause": true, "value": 60000},
		"optionsJSON": text(object{"useMargins": true, "syncColors": true, "syncCursor": true, "syncTooltips": false, "hidePanelTitles": false}),
		"panelsJSON":  text(b.panels),
		"controlGroupInput": object{"controlStyle": "oneLine", "chainingSystem": "HIERARCHICAL", "panelsJSON": text(controls),
			"ignoreParentSettingsJSON": text(object{"ignoreFilters": false, "ignoreQuery": false, "ignoreTimerange": false, "ignoreValidations": false})},
		"kibanaSavedObjectMeta": object{"searchSourceJSON": text(object{"query": object{"language": "kuery", "query": ""}, "filter": []object{}})}}
	if b.board.ID == "transmissions" { // it is opened for the time of the dashboard that leads to it
		attributes["timeRestore"] = false
		delete(attributes, "timeFrom")
		delete(attributes, "timeTo")
		delete(attributes, "refreshInterval")
	}
	return saved("dashboard", b.boardID(b.board.ID), "8.9.0", attributes, b.references)
}

// controls choose department, level and kind.
func (b *builder) controls() object {
	all := object{}
	for i, field := range []string{fDepartment, fLevel, fKinds} {
		id := b.id(b.board.ID, "control", field)
		all[id] = object{"order": i, "width": "medium", "grow": true, "type": "optionsListControl", "explicitInput": object{"id": id, "fieldName": field, "title": fieldWord(b.lang, field),
			"searchTechnique": "prefix", "selectedOptions": []string{}, "enhancements": object{}}}
		b.reference("controlGroup_"+id+":optionsListDataView", "index-pattern", b.viewID())
	}
	return all
}

func (b *builder) title(t Text) string { return "[Postvagt] " + t.In(b.lang) }

// Ids that stand in addresses are names; the others are UUIDs of names.
func (b *builder) viewID() string           { return "postvagt-view-" + b.lang }
func (b *builder) notesID() string          { return "postvagt-notes-" + b.lang }
func (b *builder) tagID() string            { return "postvagt-tag-" + b.lang }
func (b *builder) searchID() string         { return "postvagt-search-" + b.lang }
func (b *builder) listID() string           { return b.boardID("transmissions") }
func (b *builder) boardID(id string) string { return "postvagt-" + id + "-" + b.lang }

func (b *builder) id(parts ...string) string { return PanelID(b.lang, parts...) }

// PanelID is the id of a question's panel on a dashboard: a UUID of version 5 (RFC 9562) of the names.
func PanelID(lang string, parts ...string) string {
	space := []byte{0x6b, 0xa7, 0xb8, 0x12, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8} // of OIDs
	sum := sha1.Sum(append(space, "postvagt/"+lang+"/"+strings.Join(parts, "/")...))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func saved(kind, id, version string, attributes object, references []object) object {
	if references == nil {
		references = []object{}
	}
	return object{"type": kind, "id": id, "attributes": attributes, "references": references, "coreMigrationVersion": "8.8.0", "typeMigrationVersion": version, "managed": false}
}

// text is JSON in a string, as Kibana keeps it.
func text(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return "" // maps of strings and numbers never fail
	}
	return strings.TrimSuffix(b.String(), "\n")
}
