package dashboards

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"postvagt/agent/event"
)

// panel is a question on a dashboard.
func (b *builder) panel(q Question) {
	c := &columns{lang: b.lang, all: object{}}
	value := c.measure(q)
	sortBy := value
	if q.Measure.Kind == Ratio {
		sortBy = "whole"
	}
	if q.Split.By != "" {
		c.split(q, sortBy)
	}
	id := b.id(b.board.ID, q.ID)
	layer := b.id(b.board.ID, q.ID, "layer")
	view := b.viewID()
	if q.Notes {
		view = b.notesID()
	}
	references := []object{{"type": "index-pattern", "id": view, "name": "indexpattern-datasource-layer-" + layer}}
	kind, state, w, h := "", object(nil), 24, 12
	switch {
	case q.Split.By == "":
		kind, w, h = "lnsMetric", 12, 6
		state = object{"layerId": layer, "layerType": "data", "metricAccessor": value, "color": colourOf(q)}
		if q.Measure.Kind == Ratio {
			state["secondaryMetricAccessor"], state["secondaryPrefix"] = "whole", Text{DA: "af", EN: "of"}.In(b.lang)
		}
	case q.Split.By == ByTime:
		kind, state = "lnsXY", xy(layer, "line", value, colourOf(q))
		if b.board.ID == Ombudsman {
			marks := b.id(b.board.ID, q.ID, "marks")
			state["layers"] = append(state["layers"].([]object), b.marks(marks))
			references = append(references, object{"type": "index-pattern", "id": b.notesID(), "name": "xy-visualization-layer-" + marks})
		}
	case q.Chart == Bar:
		kind, state = "lnsXY", xy(layer, "bar_horizontal", value, colourOf(q))
	default:
		kind, state = "lnsDatatable", table(layer, q, value)
	}
	b.place(id, w, h, object{"type": "lens", "title": q.Title.In(b.lang), "embeddableConfig": object{
		"attributes": object{"title": q.Title.In(b.lang), "description": q.Help.In(b.lang) + " (" + q.Source + ")", "visualizationType": kind, "type": "lens",
			"references": references,
			"state": object{"query": object{"language": "kuery", "query": ""}, "filters": []object{}, "internalReferences": []object{}, "adHocDataViews": object{},
				"datasourceStates": object{"formBased": object{"layers": object{layer: object{"columnOrder": c.order, "columns": c.all,
					"incompleteColumns": object{}, "ignoreGlobalFilters": q.Notes, "sampling": 1}}}},
				"visualization": state}},
		"enhancements": object{}}})
	for _, r := range references {
		b.reference(id+":"+r["name"].(string), "index-pattern", r["id"].(string))
	}
}

// marks are the measures on a trend, a line of marks for each kind so that each has its word. Filters do not hide them.
func (b *builder) marks(layer string) object {
	var all []object
	for _, kind := range slices.Sorted(maps.Keys(valueWords["measure"])) {
		all = append(all, object{"type": "query", "id": b.id(layer, kind), "label": Word(b.lang, "measure", kind), "key": object{"type": "point_in_time"}, "color": colourNo, "icon": "flag",
			"timeField": "@timestamp", "filter": object{"type": "kibana_query", "language": "kuery", "query": noted(event.NoteMeasure, Is(fWhat, kind)).KQL()}, "extraFields": []string{fDepartment}})
	}
	return object{"layerId": layer, "layerType": "annotations", "ignoreGlobalFilters": true, "annotations": all}
}

// colourOf is that of the built-in pages: what left unprotected stands out.
func colourOf(q Question) string {
	switch {
	case strings.HasPrefix(q.ID, "open-") || strings.HasPrefix(q.ID, "plaintext") || strings.HasPrefix(q.ID, "released-open") || strings.HasPrefix(q.ID, "repeat-"):
		return colourNo
	case q.Measure.Kind == Ratio:
		return colourYes
	}
	return colourBar
}

func xy(layer, series, value, colour string) object {
	return object{"legend": object{"isVisible": false, "position": "right"}, "valueLabels": "hide", "fittingFunction": "None", "preferredSeriesType": series,
		"layers": []object{{"layerId": layer, "layerType": "data", "seriesType": series, "accessors": []string{value}, "xAccessor": "split",
			"yConfig": []object{{"forAccessor": value, "color": colour}}}}}
}

func table(layer string, q Question, value string) object {
	shown, sortBy := []object{{"columnId": "split"}}, value
	if q.Measure.Kind == Ratio {
		shown, sortBy = append(shown, object{"columnId": "part", "alignment": "right"}, object{"columnId": "whole", "alignment": "right"}), "whole"
	}
	shown = append(shown, object{"columnId": value, "alignment": "right"})
	return object{"layerId": layer, "layerType": "data", "columns": shown, "paging": object{"enabled": true, "size": 10}, "sorting": object{"columnId": sortBy, "direction": "desc"}}
}

// heading is a text over the panels that follow.
func (b *builder) heading(name string, h int, text string) {
	b.place(b.id(b.board.ID, name), 48, h, object{"type": "visualization", "title": "", "embeddableConfig": object{"hidePanelTitles": true, "enhancements": object{},
		"savedVis": object{"id": "", "title": "", "description": "", "type": "markdown", "params": object{"markdown": text, "fontSize": 12, "openLinksInNewTab": false},
			"uiState": object{}, "data": object{"aggs": []object{}, "searchSource": object{"query": object{"language": "kuery", "query": ""}, "filter": []object{}}}}}})
}

// behind are links from the figures to the transmissions that they count.
func (b *builder) behind(figures []Question) string {
	lines := []string{"**" + Text{DA: "Bag tallene", EN: "Behind the figures"}.In(b.lang) + "**"}
	for _, q := range figures {
		lines = append(lines, fmt.Sprintf("[%s](%s)", q.Title.In(b.lang), b.link(q.Measure.Of)))
	}
	return strings.Join(lines, " · ")
}

// link is the address of the transmissions that match a filter, for the time that is shown.
func (b *builder) link(f Filter) string {
	kql := strings.NewReplacer("!", "!!", "'", "!'").Replace(f.KQL()) // Rison
	return "#/view/" + b.listID() + "?_a=" + strings.ReplaceAll(url.QueryEscape("(query:(language:kuery,query:'"+kql+"'))"), "+", "%20")
}

// list is the table of transmissions.
func (b *builder) list(h int) {
	id := b.id(b.board.ID, "list")
	b.place(id, 48, h, object{"type": "search", "title": Text{DA: "Forsendelser", EN: "Transmissions"}.In(b.lang), "panelRefName": "panel_" + id, "embeddableConfig": object{"enhancements": object{}}})
	b.reference(id+":panel_"+id, "search", b.searchID())
}

// place puts a panel right of the last one, or into a new row.
func (b *builder) place(id string, w, h int, panel object) {
	if b.x+w > 48 || h != b.rowHeight {
		b.y, b.x = b.y+b.rowHeight, 0
	}
	b.rowHeight = h
	panel["panelIndex"], panel["gridData"] = id, object{"x": b.x, "y": b.y, "w": w, "h": h, "i": id}
	b.panels = append(b.panels, panel)
	b.x += w
}

func (b *builder) reference(name, kind, id string) {
	b.references = append(b.references, object{"type": kind, "id": id, "name": name})
}
