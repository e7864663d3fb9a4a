package elastic

import (
	"maps"
	"slices"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// kibanaPlan is what browser/kibana.mjs opens and compares.
type kibanaPlan struct {
	URL           string       `json:"url"`
	Authorization string       `json:"authorization"` // header, "" for none
	Username      string       `json:"username"`
	Password      string       `json:"password"`
	OwnAuthority  bool         `json:"ownAuthority"`
	From          string       `json:"from"` // ISO 8601
	To            string       `json:"to"`
	Timeout       int64        `json:"timeout"` // of drawing a dashboard, in milliseconds
	Boards        []knownBoard `json:"boards"`
}

type knownBoard struct {
	ID     string       `json:"id"`
	Panels []knownPanel `json:"panels"`
}

type knownPanel struct {
	ID       string     `json:"id"`
	Question string     `json:"question"`
	Title    string     `json:"title"`
	Chart    string     `json:"chart"` // figure, table, line, bar
	Rows     []knownRow `json:"rows"`
}

// knownRow is a row as it stands on the panel: a share is its part, its whole and its quotient in a table, the whole and the
// quotient in a figure, the quotient in a chart. What nothing is known of is null.
type knownRow struct {
	Key    string     `json:"key"`
	Values []*float64 `json:"values"`
}

// knownBoards is what the dashboards of a language show of what happened.
func knownBoards(t testing.TB, lang string, golden *truth) (all []knownBoard) {
	panels := lensPanelsIn(t, lang)
	for _, board := range dashboards.Boards() {
		b := knownBoard{ID: "postvagt-" + board.ID + "-" + lang}
		for _, q := range dashboards.On(board.ID) {
			id := dashboards.PanelID(lang, board.ID, q.ID)
			p := knownPanel{ID: id, Question: q.ID, Title: q.Title.In(lang), Chart: "figure"}
			var layer lensLayer
			for _, layer = range panels[id].EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
			}
			switch {
			case q.Split.By == dashboards.ByTime:
				p.Chart = "line"
			case q.Split.By != "" && q.Chart == dashboards.Bar:
				p.Chart = "bar"
			case q.Split.By != "":
				p.Chart = "table"
			}
			p.Rows = knownRows(q, layer, lang, p.Chart, golden)
			b.Panels = append(b.Panels, p)
		}
		all = append(all, b)
	}
	return all
}

func knownRows(q dashboards.Question, layer lensLayer, lang, chart string, golden *truth) (all []knownRow) {
	sums := map[string]dashboards.Row{}
	for key, r := range golden.rows[q.ID] {
		label := labelIn(lang, layer, q, key)
		if key == "" && q.Split.By != "" && label == "" {
			continue // a table of names has no row for those without one
		}
		s := sums[label]
		sums[label] = dashboards.Row{Count: s.Count + r.Count, N: s.N + r.N}
	}
	if layer.Columns["split"].OperationType == "filters" {
		for _, f := range layer.Columns["split"].Params.Filters {
			if _, counted := sums[f.Label]; !counted {
				sums[f.Label] = dashboards.Row{} // rows that nothing falls into are shown too
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, knownRow{key, valuesOf(q, chart, sums[key])})
	}
	return all
}

func valuesOf(q dashboards.Question, chart string, r dashboards.Row) []*float64 {
	count, n := float64(r.Count), float64(r.N)
	if q.Measure.Kind != dashboards.Ratio {
		return []*float64{&count}
	}
	var share *float64
	if r.N > 0 {
		quotient := count / n
		share = &quotient
	}
	switch chart {
	case "table":
		return []*float64{&count, &n, share}
	case "figure":
		return []*float64{share, &n}
	}
	return []*float64{share}
}

// labelIn is SQLite's key as a panel of a language shows it.
func labelIn(lang string, l lensLayer, q dashboards.Question, key string) string {
	switch {
	case l.Columns["split"].OperationType == "filters":
		return dashboards.LabelOf(lang, q.Split.By, key)
	case q.Split.By == "postvagt.department" && key == "":
		return dashboards.NoDepartment
	}
	return key
}

// The check has a month of its own, long before any mail log, which no dashboard shows unless it is asked for.
var knownFrom = time.Date(1999, 1, 4, 0, 0, 0, 0, time.UTC) // a Monday

const (
	knownDays  = 21
	knownMails = 700
)

// known tells the mails of the check, and counts them.
func known() (all []mail, notes []event.Note, golden *truth) {
	g, golden := newTeller(knownFrom, knownDays), newTruth()
	for range knownMails {
		m := g.mail()
		golden.mail(&m)
		all = append(all, m)
	}
	notes = append(g.told(), g.opened()...)
	for i := range notes {
		golden.note(&notes[i])
	}
	return all, notes, golden
}
