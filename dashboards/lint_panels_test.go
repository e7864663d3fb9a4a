package dashboards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

type lintPanel struct {
	Type             string
	PanelIndex       string
	PanelRefName     string
	Title            string
	GridData         lintGrid
	EmbeddableConfig struct {
		Attributes lintLens
		SavedVis   struct {
			Type   string
			Params struct{ Markdown string }
		}
	}
}

type lintGrid struct {
	X, Y, W, H int
	I          string
}

type lintLens struct {
	VisualizationType string
	References        []lintReference
	State             struct {
		Query            struct{ Query string }
		Filters          []any
		DatasourceStates struct {
			FormBased struct{ Layers map[string]lintLayer }
		}
		Visualization map[string]any
	}
}

type lintLayer struct {
	ColumnOrder []string
	Columns     map[string]lintColumn
}

type lintColumn struct {
	Label         string
	OperationType string
	SourceField   string
	DataType      string
	Scale         string
	IsBucketed    *bool
	Filter        *struct{ Query string }
	Params        map[string]any
	References    []string
}

func (l *linter) dashboard(o *lintObject, needed map[string]string) {
	if restore, _ := o.Attributes["timeRestore"].(bool); restore && (o.Attributes["timeFrom"] == nil || o.Attributes["timeTo"] == nil) {
		l.fault(o.name(), "timeRestore without timeFrom and timeTo")
	}
	var options map[string]any
	l.embedded(o, "optionsJSON", o.Attributes["optionsJSON"], &options)
	l.source(o, needed)
	l.controls(o, needed)
	tagged := false
	for _, r := range o.References {
		if strings.HasPrefix(r.Name, "tag-ref-") {
			needed[r.Name], tagged = "tag", true
		}
	}
	if !tagged {
		l.fault(o.name(), "bears no tag")
	}
	var panels []lintPanel
	if !l.embedded(o, "panelsJSON", o.Attributes["panelsJSON"], &panels) {
		return
	}
	for i, p := range panels {
		l.grid(o, p, panels[:i])
		l.panel(o, p, needed)
	}
}

func (l *linter) controls(o *lintObject, needed map[string]string) {
	group, _ := o.Attributes["controlGroupInput"].(map[string]any)
	var ignore map[string]any
	l.embedded(o, "ignoreParentSettingsJSON", group["ignoreParentSettingsJSON"], &ignore)
	var controls map[string]struct {
		Type          string
		ExplicitInput struct{ ID, FieldName string }
	}
	if !l.embedded(o, "controls", group["panelsJSON"], &controls) {
		return
	}
	for id, c := range controls {
		if c.Type != "optionsListControl" || c.ExplicitInput.ID != id {
			l.fault(o.name(), "control %s is of type %q with the id %q", id, c.Type, c.ExplicitInput.ID)
		}
		l.field(o.name()+" control", c.ExplicitInput.FieldName, "control", l.types)
		needed["controlGroup_"+id+":optionsListDataView"] = "index-pattern"
	}
}

func (l *linter) grid(o *lintObject, p lintPanel, before []lintPanel) {
	g := p.GridData
	if g.I != p.PanelIndex || p.PanelIndex == "" {
		l.fault(o.name(), "panel %q lies in the grid as %q", p.PanelIndex, g.I)
	}
	if l.panels[p.PanelIndex] {
		l.fault(o.name(), "panel %s stands twice", p.PanelIndex)
	}
	l.panels[p.PanelIndex] = true
	if g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 48 {
		l.fault(o.name(), "panel %q lies outside the 48 columns", p.Title)
	}
	for _, other := range before {
		if h := other.GridData; g.X < h.X+h.W && h.X < g.X+g.W && g.Y < h.Y+h.H && h.Y < g.Y+g.H {
			l.fault(o.name(), "panels %q and %q overlap", other.Title, p.Title)
		}
	}
}

var linkForm = regexp.MustCompile(`\]\(#/view/([^?)]+)`)

func (l *linter) panel(o *lintObject, p lintPanel, needed map[string]string) {
	switch p.Type {
	case "lens":
		l.lens(o, p, needed)
	case "search":
		if p.PanelRefName != "panel_"+p.PanelIndex {
			l.fault(o.name(), "panel %q names the reference %q", p.Title, p.PanelRefName)
		}
		needed[p.PanelIndex+":"+p.PanelRefName] = "search"
	case "visualization":
		if p.EmbeddableConfig.SavedVis.Type != "markdown" {
			l.fault(o.name(), "panel %q is a %q", p.Title, p.EmbeddableConfig.SavedVis.Type)
		}
		for _, link := range linkForm.FindAllStringSubmatch(p.EmbeddableConfig.SavedVis.Params.Markdown, -1) {
			if !l.there["dashboard "+link[1]] {
				l.fault(o.name(), "a link leads to %s, which is not in the file", link[1])
			}
		}
	default:
		l.fault(o.name(), "panel %q is of type %q", p.Title, p.Type)
	}
}

func (l *linter) lens(o *lintObject, p lintPanel, needed map[string]string) {
	where, lens := o.name()+", panel "+fmt.Sprintf("%q", p.Title), p.EmbeddableConfig.Attributes
	if p.Title == "" {
		l.fault(where, "has no title")
	}
	if !slices.Contains([]string{"lnsMetric", "lnsXY", "lnsDatatable"}, lens.VisualizationType) {
		l.fault(where, "visualizationType %q", lens.VisualizationType)
	}
	if lens.State.Filters == nil {
		l.fault(where, "state.filters is missing")
	}
	l.kql(where, lens.State.Query.Query, l.types)
	inner, outer := map[string]lintReference{}, map[string]string{}
	for _, r := range lens.References {
		inner[r.Name] = r
	}
	for _, r := range o.References {
		outer[r.Name] = r.ID
	}
	use := func(name string) map[string]string {
		r, ok := inner[name]
		if !ok {
			l.fault(where, "the panel's reference %s is missing", name)
		}
		if id := outer[p.PanelIndex+":"+name]; ok && id != r.ID && id != "" {
			l.fault(where, "the reference %s is %s on the panel and %s on the dashboard", name, r.ID, id)
		}
		delete(inner, name)
		needed[p.PanelIndex+":"+name] = "index-pattern"
		return l.viewed(r)
	}
	for id, layer := range lens.State.DatasourceStates.FormBased.Layers {
		l.layer(where, layer, use("indexpattern-datasource-layer-"+id))
	}
	for _, marks := range annotations(lens) {
		id, _ := marks["layerId"].(string)
		l.marks(where, marks, use("xy-visualization-layer-"+id))
	}
	for name := range inner {
		l.fault(where, "the panel's reference %s is not needed", name)
	}
	l.visualization(where, lens)
}

// annotations are the layers of marks.
func annotations(lens lintLens) (all []map[string]any) {
	list, _ := lens.State.Visualization["layers"].([]any)
	for _, one := range list {
		if layer := one.(map[string]any); layer["layerType"] == "annotations" {
			all = append(all, layer)
		}
	}
	return all
}

// marks requires of each mark what Kibana 8.9 needs to draw it.
func (l *linter) marks(where string, layer map[string]any, types map[string]string) {
	list, _ := layer["annotations"].([]any)
	if len(list) == 0 {
		l.fault(where, "has no marks")
	}
	seen := map[any]bool{}
	for _, one := range list {
		mark := one.(map[string]any)
		id, _ := mark["id"].(string)
		if seen[id] || id == "" {
			l.fault(where, "the mark %q stands twice", id)
		}
		seen[id] = true
		key, _ := mark["key"].(map[string]any)
		filter, _ := mark["filter"].(map[string]any)
		if mark["type"] != "query" || key["type"] != "point_in_time" || filter["type"] != "kibana_query" || filter["language"] != "kuery" {
			l.fault(where, "the mark %q is no query for points in time", mark["label"])
		}
		if label, _ := mark["label"].(string); label == "" {
			l.fault(where, "the mark %q has no label", id)
		}
		query, _ := filter["query"].(string)
		l.kql(where, query, types)
		at, _ := mark["timeField"].(string)
		l.field(where, at, "date_histogram", types)
		extra, _ := mark["extraFields"].([]any)
		for _, f := range extra {
			l.field(where, fmt.Sprint(f), "", types)
		}
		l.colour(where, mark["color"])
	}
}

func (l *linter) layer(where string, layer lintLayer, types map[string]string) {
	if len(layer.ColumnOrder) != len(layer.Columns) {
		l.fault(where, "columnOrder lists %d of %d columns", len(layer.ColumnOrder), len(layer.Columns))
	}
	numbers := false
	for _, id := range layer.ColumnOrder {
		c, ok := layer.Columns[id]
		if !ok {
			l.fault(where, "columnOrder names %s, which is no column", id)
			continue
		}
		bucketed := c.IsBucketed != nil && *c.IsBucketed
		if bucketed && numbers {
			l.fault(where, "column %s divides, and stands after numbers", id)
		}
		numbers = numbers || !bucketed
		if c.IsBucketed == nil || c.Scale == "" || c.DataType == "" || c.Label == "" {
			l.fault(where, "column %s lacks label, dataType, scale or isBucketed", id)
		}
		l.column(where, id, c, layer, types)
	}
}

func (l *linter) column(where, id string, c lintColumn, layer lintLayer, types map[string]string) {
	if c.Filter != nil {
		l.kql(where, c.Filter.Query, types)
	}
	for _, r := range c.References {
		if _, ok := layer.Columns[r]; !ok {
			l.fault(where, "column %s refers to %s, which is no column", id, r)
		}
	}
	switch c.OperationType {
	case "count":
		if c.SourceField != "___records___" {
			l.fault(where, "count of %s", c.SourceField)
		}
	case "sum", "unique_count", "date_histogram":
		l.field(where, c.SourceField, c.OperationType, types)
	case "terms":
		l.field(where, c.SourceField, "terms", types)
		order, _ := c.Params["orderBy"].(map[string]any)
		by, _ := order["columnId"].(string)
		if _, ok := layer.Columns[by]; !ok {
			l.fault(where, "column %s is ordered by %q, which is no column", id, by)
		}
	case "filters":
		list, _ := c.Params["filters"].([]any)
		if len(list) == 0 {
			l.fault(where, "column %s has no filters", id)
		}
		for _, f := range list {
			input, _ := f.(map[string]any)["input"].(map[string]any)
			l.kql(where, fmt.Sprint(input["query"]), types)
		}
	case "formula", "math":
		if len(c.References) == 0 {
			l.fault(where, "column %s is a %s without the columns it is made of", id, c.OperationType)
		}
	default:
		l.fault(where, "column %s has the operation %q", id, c.OperationType)
	}
}

// visualization requires that what is shown is there.
func (l *linter) visualization(where string, lens lintLens) {
	layers, shown := lens.State.DatasourceStates.FormBased.Layers, map[string]bool{}
	use := func(layer any, keys map[string]any) {
		id, _ := layer.(string)
		if _, ok := layers[id]; !ok {
			l.fault(where, "shows the layer %q, which is not there", id)
			return
		}
		shown[id] = true
		for key, v := range keys {
			if name, ok := v.(string); ok {
				if _, ok := layers[id].Columns[name]; !ok {
					l.fault(where, "%s names %q, which is no column", key, name)
				}
			}
		}
	}
	v := lens.State.Visualization
	switch lens.VisualizationType {
	case "lnsMetric":
		use(v["layerId"], map[string]any{"metricAccessor": orNone(v["metricAccessor"]), "secondaryMetricAccessor": v["secondaryMetricAccessor"]})
		l.colour(where, v["color"])
	case "lnsDatatable":
		columns, _ := v["columns"].([]any)
		for _, c := range columns {
			use(v["layerId"], map[string]any{"columnId": orNone(c.(map[string]any)["columnId"])})
		}
		if len(columns) == 0 {
			l.fault(where, "has no columns")
		}
	case "lnsXY":
		if v["legend"] == nil {
			l.fault(where, "the legend is missing")
		}
		list, _ := v["layers"].([]any)
		for _, one := range list {
			layer := one.(map[string]any)
			if layer["layerType"] == "annotations" {
				continue
			}
			accessors, _ := layer["accessors"].([]any)
			for _, a := range append(accessors, orNone(layer["xAccessor"])) {
				use(layer["layerId"], map[string]any{"accessor": a, "splitAccessor": layer["splitAccessor"]})
			}
			colours, _ := layer["yConfig"].([]any)
			for _, c := range colours {
				l.colour(where, c.(map[string]any)["color"])
			}
		}
	}
	for id := range layers {
		if !shown[id] {
			l.fault(where, "layer %s is not shown", id)
		}
	}
}

func orNone(v any) any {
	if v == nil {
		return ""
	}
	return v
}

func (l *linter) colour(where string, v any) {
	if c, _ := v.(string); !slices.Contains(colours(), c) {
		l.fault(where, "colour %v is none of ours", v)
	}
}
