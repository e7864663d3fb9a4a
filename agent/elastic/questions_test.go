package elastic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"postvagt/agent/store"
	"postvagt/dashboards"
)

// transmissions is how many are in both stores when the questions are compared: make soak asks for 200,000.
func transmissions(t testing.TB) int {
	text := os.Getenv("POSTVAGT_TRANSMISSIONS")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		t.Fatalf("POSTVAGT_TRANSMISSIONS is %q, no number from 1000 on", text)
	}
	return n
}

// Each panel of each dashboard, read from the saved objects and asked as Kibana asks, says what SQLite says.
func TestBothStoresGiveTheSameNumbers(t *testing.T) {
	h := newHouse(t)
	h.round()
	n := transmissions(t)
	g := newGenerator("questions", month(2010, 1), 120)
	for left := n; left > 0; left -= 10_000 {
		h.commit(g.some(min(left, 10_000))...)
	}
	h.putNotes(newTeller(month(2010, 1), 120).told())
	if sum := h.all(); sum.Done != n || sum.Refused+sum.Dropped != 0 {
		t.Fatalf("%+v", sum)
	}
	settled(t)
	panels := lensPanels(t)
	for _, board := range dashboards.Boards() {
		for _, q := range dashboards.On(board.ID) {
			p, ok := panels[dashboards.PanelID("en", board.ID, q.ID)]
			if !ok {
				t.Errorf("%s is not on %s", q.ID, board.ID)
				continue
			}
			want, err := h.Ask(t.Context(), q, everything, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.compare(t, h, q, want)
			if q.Measure.Kind == dashboards.Distinct && q.Split.By == "" {
				if got := h.distinct(q); got != want[0].Count {
					t.Errorf("%s: %d different values by paging, %d in SQLite", q.ID, got, want[0].Count)
				}
			}
		}
	}
}

// panel is a Lens panel, as far as it asks something.
type panel struct {
	PanelIndex, Type string
	EmbeddableConfig struct {
		Attributes struct {
			VisualizationType string
			State             struct {
				DatasourceStates struct {
					FormBased struct{ Layers map[string]lensLayer }
				}
			}
		}
	}
}

type lensLayer struct {
	ColumnOrder []string
	Columns     map[string]lensColumn
}

type lensColumn struct {
	OperationType, SourceField string
	Filter                     struct{ Query string }
	References                 []string
	Params                     struct {
		Size     int
		Interval string
		OrderBy  struct{ ColumnID string }
		Filters  []struct {
			Input struct{ Query string }
			Label string
		}
		TinymathAst struct {
			Name string
			Args []string
		}
	}
}

func lensPanels(t testing.TB) map[string]panel { return lensPanelsIn(t, "en") }

func lensPanelsIn(t testing.TB, lang string) map[string]panel {
	t.Helper()
	objects, err := dashboards.SavedObjects(lang, true)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]panel{}
	for line := range bytes.Lines(objects) {
		var o struct {
			Attributes struct{ PanelsJSON string }
		}
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		if o.Attributes.PanelsJSON == "" {
			continue
		}
		var panels []panel
		if err := json.Unmarshal([]byte(o.Attributes.PanelsJSON), &panels); err != nil {
			t.Fatal(err)
		}
		for _, p := range panels {
			all[p.PanelIndex] = p
		}
	}
	return all
}

// kql is a query of Kibana's language for Elasticsearch.
func kql(t testing.TB, text string) object {
	t.Helper()
	q, err := dashboards.ParseKQL(text)
	if err != nil {
		t.Fatal(err)
	}
	return q.DSL()
}

// numbers are the aggregations of a layer's columns.
func (l lensLayer) numbers(t testing.TB) object {
	aggs := object{}
	for id, c := range l.Columns {
		one := object{"filter": kql(t, c.Filter.Query)}
		switch c.OperationType {
		case "count":
		case "sum":
			one["aggs"] = object{"of": object{"sum": object{"field": c.SourceField}}}
		case "unique_count":
			one["aggs"] = object{"of": object{"cardinality": object{"field": c.SourceField}}}
		default:
			continue
		}
		aggs[id] = one
	}
	return aggs
}

// index is what the layer's data view reads.
func (l lensLayer) index() string {
	for _, c := range l.Columns {
		if strings.HasPrefix(c.Filter.Query, "postvagt.note :") {
			return dashboards.NotesIndex
		}
	}
	return allIndices
}

// rows asks the cluster for an agent's documents and returns, for each row's key, the values of the columns.
func (l lensLayer) rows(t testing.TB, agent string) map[string]map[string]float64 {
	t.Helper()
	aggs, split := l.numbers(t), l.Columns["split"]
	switch split.OperationType {
	case "terms":
		order := split.Params.OrderBy.ColumnID
		if l.Columns[order].OperationType != "count" {
			order += ">of"
		}
		aggs = object{"split": object{"terms": object{"field": split.SourceField, "size": split.Params.Size, "shard_size": 1000, "order": object{order: "desc"}}, "aggs": aggs}}
	case "filters":
		filters := object{}
		for _, f := range split.Params.Filters {
			filters[f.Label] = kql(t, f.Input.Query)
		}
		aggs = object{"split": object{"filters": object{"filters": filters}, "aggs": aggs}}
	case "date_histogram":
		aggs = object{"split": object{"date_histogram": object{"field": split.SourceField, "calendar_interval": split.Params.Interval, "time_zone": "UTC"}, "aggs": aggs}}
	}
	query, err := json.Marshal(object{"query": object{"term": object{fieldAgent: agent}}, "aggs": aggs})
	if err != nil {
		t.Fatal(err)
	}
	said := ask(t, http.MethodPost, "/"+l.index()+"/_search?size=0", string(query))["aggregations"].(map[string]any)
	rows := map[string]map[string]float64{}
	divided, is := said["split"].(map[string]any)
	if !is {
		rows[""] = l.values(said)
		return rows
	}
	switch buckets := divided["buckets"].(type) {
	case map[string]any:
		for label, b := range buckets {
			rows[label] = l.values(b.(map[string]any))
		}
	case []any:
		for _, b := range buckets {
			bucket := b.(map[string]any)
			key := fmt.Sprint(bucket["key"])
			if at, ok := bucket["key"].(float64); ok && split.OperationType == "date_histogram" {
				key = time.UnixMilli(int64(at)).UTC().Format(time.DateOnly)
			}
			rows[key] = l.values(bucket)
		}
	}
	return rows
}

// values computes the columns of a bucket, formulas too.
func (l lensLayer) values(bucket map[string]any) map[string]float64 {
	all := map[string]float64{}
	for id := range l.Columns {
		b, ok := bucket[id].(map[string]any)
		if !ok {
			continue
		}
		all[id], _ = b["doc_count"].(float64)
		if of, ok := b["of"].(map[string]any); ok {
			all[id], _ = of["value"].(float64)
		}
	}
	for id, c := range l.Columns {
		if c.OperationType == "math" && c.Params.TinymathAst.Name == "divide" {
			all[id] = all[c.Params.TinymathAst.Args[0]] / all[c.Params.TinymathAst.Args[1]]
		}
	}
	for id, c := range l.Columns {
		if c.OperationType == "formula" {
			all[id] = all[c.References[0]]
		}
	}
	return all
}

func (p panel) compare(t *testing.T, h *house, q dashboards.Question, rows []dashboards.Row) {
	t.Helper()
	for _, layer := range p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
		got := layer.rows(t, h.ship.agent.Agent)
		want := map[string]dashboards.Row{}
		for _, r := range rows {
			key := labelIn("en", layer, q, r.Key)
			w := want[key]
			want[key] = dashboards.Row{Count: w.Count + r.Count, N: w.N + r.N}
		}
		if q.Split.Top > 0 || layer.Columns["split"].OperationType == "terms" && q.Split.By != "postvagt.department" {
			delete(want, "") // a table of names has no row for those without one
		}
		filled := 0
		for key, w := range want {
			value, there := got[key]
			if !there {
				if w.Count != 0 || w.N != 0 {
					t.Errorf("%s: %q is not in Elasticsearch's rows %v", q.ID, key, maps.Keys(got))
				}
				continue
			}
			if w.Count != 0 || w.N != 0 {
				filled++
			}
			check(t, q, key, value, w)
		}
		for key, value := range got {
			if _, known := want[key]; !known && value["value"] > 0 && q.Split.Top == 0 {
				t.Errorf("%s: %q is %v in Elasticsearch and not in SQLite", q.ID, key, value["value"])
			}
		}
		if filled == 0 {
			t.Errorf("%s: all buckets are empty", q.ID)
		}
	}
}

func check(t *testing.T, q dashboards.Question, key string, got map[string]float64, want dashboards.Row) {
	t.Helper()
	if q.Measure.Kind == dashboards.Ratio {
		share := float64(want.Count) / float64(want.N)
		if int64(got["part"]) != want.Count && q.Split.By != "" || int64(got["whole"]) != want.N || want.N > 0 && got["value"] != share {
			t.Errorf("%s %q: %v, in SQLite %d of %d", q.ID, key, got, want.Count, want.N)
		}
		return
	}
	if int64(got["value"]) != want.Count {
		t.Errorf("%s %q: %v, in SQLite %d", q.ID, key, got["value"], want.Count)
	}
}

// distinct counts different values exactly, page by page.
func (h *house) distinct(q dashboards.Question) (n int64) {
	h.t.Helper()
	var after any
	for {
		composite := object{"size": 1000, "sources": []object{{"v": object{"terms": object{"field": q.Measure.Field}}}}}
		if after != nil {
			composite["after"] = after
		}
		query, err := json.Marshal(object{"query": object{"bool": object{"filter": []object{kqlOf(h.t, q.Measure.Of), {"term": object{fieldAgent: h.ship.agent.Agent}}}}},
			"aggs": object{"pages": object{"composite": composite}}})
		if err != nil {
			h.t.Fatal(err)
		}
		index := allIndices
		if q.Notes {
			index = dashboards.NotesIndex
		}
		said := ask(h.t, http.MethodPost, "/"+index+"/_search?size=0", string(query))
		page := said["aggregations"].(map[string]any)["pages"].(map[string]any)
		n += int64(len(page["buckets"].([]any)))
		if after = page["after_key"]; after == nil {
			return n
		}
	}
}

func kqlOf(t testing.TB, f dashboards.Filter) object {
	q, err := dashboards.ParseKQL(f.KQL())
	if err != nil {
		t.Fatal(err)
	}
	return q.DSL()
}

var _ Store = (*store.Store)(nil)
